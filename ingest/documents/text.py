"""Plain text: paragraphs by blank lines, headings by how they are set."""

import re
from collections import Counter

from ingest.documents.blocks import Block, Kind, ReadDocument, Run
from ingest.documents.characters import tidy_lines
from ingest.documents.front_matter import split_front_matter
from ingest.documents.refusals import Refused
from ingest.documents.report import dropped_flags

_ITEM = re.compile(r"^(\s*)(?:[-*•–]|\(?(?:\d{1,2}|[a-z])[.)])\s+(?=\S)")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+[A-Z]")
_UNDERLINE = re.compile(r"^(=+|-+|~+)$")
_TERMINAL = (".", "!", "?", ":", ";", ",")


def read_text(content: bytes) -> ReadDocument:
    """Blocks of a plain text file."""
    dropped: Counter[str] = Counter()
    front, body = split_front_matter(tidy_lines(decode(content), dropped))
    blocks: list[Block] = []
    group = 0
    for chunk in re.split(r"\n[ \t]*\n", body.replace("\f", "\n\n")):
        lines = [line for line in chunk.split("\n") if line.strip()]
        group += 1
        if not lines:
            continue
        heading = _heading(lines)
        if heading is not None:
            level, used = heading
            blocks.append(Block("heading", Run(lines[0].strip()), level=level))
            lines = lines[used:]
        blocks.extend(_paragraphs(lines, group))
    return ReadDocument(tuple(blocks), front_matter=front, flags=dropped_flags(dropped))


def decode(content: bytes) -> str:
    """Text from bytes: as its byte order mark says, else UTF-8, else Windows' western one."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                raise Refused("unreadable") from None
    if b"\x00" in content:
        raise Refused("unreadable", "It holds binary data, not text.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").replace("\ufffd", "")


def _heading(lines: list[str]) -> tuple[int, int] | None:
    """The level of the heading this chunk begins with, and how many lines it takes."""
    first = lines[0].strip()
    if len(lines) > 1 and _UNDERLINE.match(lines[1].strip()) and len(lines[1].strip()) >= 3:
        return (1 if lines[1].strip()[0] == "=" else 2), 2
    if len(first) > 100 or first.endswith(_TERMINAL) or (_ITEM.match(lines[0]) and not _NUMBERED.match(first)):
        return None
    numbered = _NUMBERED.match(first)
    if numbered and len(lines) == 1:
        return min(6, numbered[1].count(".") + 1), 1
    letters = [character for character in first if character.isalpha()]
    if len(letters) >= 4 and first.upper() == first and len(lines) <= 2:
        return 1, 1
    if len(lines) == 1 and len(first.split()) <= 8 and first[0].isupper():
        return 2, 1
    return None


def _paragraphs(lines: list[str], group: int) -> list[Block]:
    blocks: list[Block] = []
    kind: Kind = "paragraph"
    level = 0
    current: list[str] = []

    def flush() -> None:
        if current:
            text = " ".join(" ".join(current).split())
            blocks.append(Block(kind, Run(text), level=level, group=group if kind == "item" else 0))
            current.clear()

    for line in lines:
        item = _ITEM.match(line)
        if item:
            flush()
            kind, level = "item", len(item[1]) // 2
            marker = line[: item.end()].strip()
            current.append(line[item.end() :] if marker in "-*•–" else f"{marker} {line[item.end() :]}")
        elif current and kind == "item" and not line.startswith((" ", "\t")) and current[-1].endswith("."):
            flush()
            kind, level = "paragraph", 0
            current.append(line)
        else:
            current.append(line)
    flush()
    return blocks
