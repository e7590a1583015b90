"""Segments, fields and components as text; the only home of the hl7 library."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import hl7

from cds.errors import CdsError
from cds.patient import Code
from ingest.records.codes import distinct, system_name

_FRAMES = re.compile(r"[\x0b\x1c]")
_BREAK = re.compile(r"\\\.(?:br|sp\d*|ce)\\", re.IGNORECASE)
_FORMAT = re.compile(r"\\\.(?:fi|nf|in|ti|sk)[+-]?\d*\\", re.IGNORECASE)


class BadMessage(CdsError):
    """A message that the library cannot take apart."""

    code = "bad_message"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields are counted from 1 as HL7 does, MSH included."""

    name: str
    fields: Any

    def all(self, number: int) -> list["Value"]:
        """The repetitions of a field."""
        try:
            field = self.fields[number]
        except IndexError:
            return []
        values = [Value(one) for one in (field if isinstance(field, list) else [field])]
        return [value for value in values if value.whole()]

    def one(self, number: int) -> "Value":
        """The first repetition of a field, empty where there is none."""
        found = self.all(number)
        return found[0] if found else Value("")

    def text(self, number: int, component: int = 1) -> str:
        """A component of the first repetition."""
        return self.one(number).part(component)


@dataclass(frozen=True, slots=True)
class Value:
    """One repetition of a field."""

    raw: Any

    def part(self, component: int, sub: int = 1) -> str:
        """A component, or a sub-component of it; empty where there is none. `""` means deleted, and is empty too."""
        if isinstance(self.raw, str):
            return self._plain(self.raw) if component == 1 and sub == 1 else ""
        try:
            found = self.raw[component - 1]
            if not isinstance(found, str):
                found = found[sub - 1]
            elif sub != 1:
                return ""
        except IndexError:
            return ""
        return self._plain(str(found))

    def whole(self) -> str:
        """The repetition as it stands, with its separators."""
        return self._plain(str(self.raw))

    def _plain(self, text: str) -> str:
        if text == '""':
            return ""
        if "\\" in text:
            text = _FORMAT.sub(" ", _BREAK.sub("\n", text))
            text = _ESCAPE.sub(_unescaped, text)
        return text.strip()


# By hand: the library writes what it cannot decode into its log, and that is patient text.
_ESCAPE = re.compile(r"\\(?:([FSTREHN])|X([0-9A-Fa-f]{2,}))\\")
_ESCAPED = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", "H": "", "N": ""}


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return _ESCAPED[match[1]]
    digits = match[2] if len(match[2]) % 2 == 0 else match[2][:-1]
    return bytes.fromhex(digits).decode("utf-8", errors="replace")


def messages(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each message with the line it begins in: its segments, whatever ends a line, whatever frames them."""
    lines = re.split(r"\r\n|\r|\n", _FRAMES.sub("\r", text).replace("\r\n", "\n"))
    begin, current = 0, list[str]()
    for number, line in enumerate(lines, 1):
        line = line.lstrip("\ufeff ")
        if line.startswith("MSH"):
            if current:
                yield begin, current
            begin, current = number, [line]
        elif line[:3] in ("FHS", "BHS", "BTS", "FTS"):
            continue
        elif line.strip():
            if not current:
                begin = number
            current.append(line)
    if current:
        yield begin, current


def parsed(lines: list[str]) -> list[Segment]:
    """The segments of one message."""
    if not lines[0].startswith("MSH") or len(lines[0]) < 8:
        raise BadMessage("It does not begin with an MSH segment.")
    try:
        message = hl7.parse("\r".join(_joined(lines)) + "\r")
    except (hl7.HL7Exception, ValueError, IndexError, KeyError, AssertionError):
        raise BadMessage("It cannot be taken apart: its separators or segments are damaged.") from None
    return [Segment(str(segment[0]), segment) for segment in message]


def coded(value: Value) -> tuple[tuple[Code, ...], str | None]:
    """The codes of a CE or CWE (its own and the alternate) and what it says in words."""
    found = [
        Code(system_name(value.part(at + 2)), value.part(at), value.part(at + 1) or None)
        for at in (1, 4)
        if value.part(at)
    ]
    said = value.part(9) or value.part(2) or value.part(5) or value.part(1) or value.part(4)
    return distinct(code for code in found if code.system), said or None


def _joined(lines: list[str]) -> list[str]:
    """Text that ran over a line's end belongs to the segment before."""
    joined: list[str] = []
    for line in lines:
        if re.match(r"[A-Z][A-Z0-9]{2}(?:\W|$)", line) or not joined:
            joined.append(line)
        else:
            joined[-1] += "\\.br\\" + line
    return joined
