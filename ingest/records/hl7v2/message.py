"""HL7 v2 files: one message after the other, each whole or refused."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from cds.errors import CdsError
from cds.patient import Source
from ingest.records.codes import system_name
from ingest.records.dates import precision, read_date, read_moment, version_rank
from ingest.records.fhir.people import strength
from ingest.records.files import read_bytes
from ingest.records.hl7v2.facts import READERS, Place
from ingest.records.hl7v2.reports import read_reports
from ingest.records.hl7v2.segments import Segment, Value, messages, parsed
from ingest.records.texts import decoded
from knowledge.records.incoming import Identifier, Item, Person, Read, Refusal, Unread, alias_of

# Segments that frame the others and state nothing themselves.
_FRAME = frozenset(
    {"MSH", "PID", "OBR", "OBX", "NTE", "EVN", "PV1", "PV2", "ORC", "PD1", "SFT", "MSA", "ERR", "TXA", "UAC"}
)
# The sender says that this corrects what it said of the person.
_CORRECTIONS = frozenset({"A08", "A31"})
_MERGES = frozenset({"A18", "A30", "A34", "A35", "A36", "A39", "A40", "A41", "A42", "A43", "A44", "A45", "A47", "A49"})
_SSN = "http://hl7.org/fhir/sid/us-ssn"


def read_messages(path: Path, *, file: str, source: str) -> Iterator[Read]:
    """Everything in a file of messages; a damaged one costs itself."""
    content = read_bytes(path)
    text = decoded(content)
    begun = 0
    for line, lines in messages(text):
        begun += 1
        try:
            yield from _message(parsed(lines), file=file, line=line, source=source)
        except CdsError as error:
            yield Refusal(error.code, error.message, path=file, line=line)
    if begun == 0:
        yield Refusal("bad_message", "There is no HL7 message in this file.", path=file)
    if text.count("\x0b") > text.count("\x1c"):
        yield Refusal("truncated", "The last message has no end mark; what came before was kept.", path=file)


def _message(segments: list[Segment], *, file: str, line: int, source: str) -> Iterator[Read]:
    head = segments[0]
    kind, event = head.text(9), head.text(9, 2)
    if not kind:
        yield Refusal("bad_message", "Its header names no message type (MSH-9).", path=file, line=line)
        return
    if kind == "ADT" and event in _MERGES:
        yield Refusal("merge_message", "It merges or moves records; do that by hand.", path=file, line=line)
        return
    if kind not in ("ADT", "ORU", "VXU", "MDM", "PPR", "OUL"):
        yield Unread(f"{kind or '?'} message")
        return
    pid = next((segment for segment in segments if segment.name == "PID"), None)
    sent = read_moment(head.text(7))
    person = None if pid is None else _person(pid, head, file=file, sent=sent, source=source)
    if person is None or not person.identifiers:
        yield Refusal("no_patient", "The message names no patient by number (PID-3).", path=file, line=line)
        return
    if sum(1 for segment in segments if segment.name == "PID") > 1:
        yield Refusal("many_patients", "A message is of exactly one patient.", path=file, line=line)
        return
    subject = alias_of(f"{file}:{line}")
    yield replace(person, alias=subject, correction=kind == "ADT" and event in _CORRECTIONS)
    place = Place(
        subject=subject,
        file=file,
        sent=sent,
        rank=version_rank(sent, None),
        number=head.text(10) or str(line),
    )
    yield from _items(segments, place)


def _items(segments: list[Segment], place: Place) -> Iterator[Read]:
    seen: Counter[str] = Counter()
    for item in read_reports(segments, place):
        yield _distinct(item, seen)
    for segment in segments:
        if segment.name in READERS:
            yield _distinct(READERS[segment.name](segment, place), seen)
        elif segment.name not in _FRAME:
            yield Unread(f"{segment.name} segment")


def _distinct(read: Item | Unread, seen: Counter[str]) -> Item | Unread:
    """What has the same key twice in one message is two things."""
    if isinstance(read, Unread):
        return read
    seen[read.key] += 1
    return read if seen[read.key] == 1 else replace(read, key=f"{read.key}/{seen[read.key]}")


def _person(pid: Segment, head: Segment, *, file: str, sent: datetime | None, source: str) -> Person:
    facility = source or head.text(4) or head.text(3) or "unnamed"
    identifiers = [found for value in pid.all(3) if (found := _identifier(value, facility)) is not None]
    if not identifiers and (old := pid.text(2)):
        identifiers.append(Identifier(f"hl7:{facility}", old))
    if number := pid.text(19):
        identifiers.append(Identifier(_SSN, number, strength(_SSN, number, frozenset({"SS"}))))
    identifiers.sort(key=lambda one: ("own", "shared", "weak").index(one.strength))
    born = pid.text(7)
    first = f"{identifiers[0].system}|{identifiers[0].value}" if identifiers else file
    return Person(
        key=f"PID/{first}",
        identifiers=tuple(dict.fromkeys(identifiers)),
        source=Source("PID", None, sent, file),
        rank=version_rank(sent, None),
        name=_name(pid),
        birth_date=read_date(born),
        birth_precision=precision(born),
        sex=_SEXES.get(pid.text(8).upper(), "unknown"),
        language=pid.text(15) or None,
        deceased={"Y": True, "N": False}.get(pid.text(30).upper()),
        extracted=sent,
    )


_SEXES: dict[str, Literal["female", "male", "other", "unknown"]] = {
    "F": "female",
    "M": "male",
    "O": "other",
    "A": "other",
}


def _identifier(value: Value, facility: str) -> Identifier | None:
    """CX: the number, who gave it (by OID where it says so), and what kind of number it is."""
    number = value.part(1)
    if not number:
        return None
    universal, namespace, kind = value.part(4, 2), value.part(4, 1), value.part(5)
    system = system_name(universal) if universal else f"hl7:{namespace or facility}"
    system = _SSN if kind == "SS" and not universal else system
    return Identifier(system, number, strength(system, number, frozenset({kind}) if kind else frozenset()))


def _name(pid: Segment) -> str | None:
    value = pid.one(5)
    return " ".join(part for part in (value.part(2), value.part(3), value.part(1)) if part) or None
