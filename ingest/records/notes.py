"""Clinical text becomes the passages of one patient: headings, sentences, and what they deny."""

import re
from collections.abc import Iterator
from datetime import date

from cds.evidence import Sentence
from cds.sentences import split_sentences
from ingest.records.denial import denied
from knowledge.records.incoming import NewNote, NewPassage

# About 200 tokens: what the default embedder reads whole, and what a physician reads at a glance.
_LONGEST = 900
# A note longer than this is a whole chart in one field; what is beyond it is not indexed but refused by name.
LONGEST_NOTE = 2_000_000
_HEADING = re.compile(r"(?:#{1,6}\s+)?([A-Z][A-Za-z0-9 /&,()'-]{2,60})\s*:?\s*$")
_LABEL = re.compile(r"([A-Z][A-Za-z /&'-]{2,40}):\s")
_MARKDOWN = re.compile(r"#{1,6}\s+(.+?)\s*#*$")


def make_note(
    text: str, *, title: str, written: date | None = None, author: str | None = None, page_starts: tuple[int, ...] = ()
) -> NewNote | None:
    """A note and its passages; None when there is nothing to read in it."""
    text = tidy(text)
    if not text:
        return None
    passages = tuple(_passages(text, page_starts))
    return NewNote(title=title, text=text, passages=passages, author=author, written=written) if passages else None


def tidy(text: str) -> str:
    """Text without carriage returns, controls and trailing space; what it says is not touched."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n").replace("\u00a0", " ")
    text = "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF and c != "\x7f"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n")


def _passages(text: str, page_starts: tuple[int, ...]) -> Iterator[NewPassage]:
    for heading, start, end in _sections(text):
        section = (heading,) if heading else ()
        group: list[Sentence] = []
        for sentence in split_sentences(text[start:end]):
            for piece in _short_enough(sentence):
                if group and piece.end - group[0].start > _LONGEST:
                    yield _passage(text, start, group, section, page_starts)
                    group = []
                group.append(piece)
        if group:
            yield _passage(text, start, group, section, page_starts)


def _passage(
    text: str, offset: int, group: list[Sentence], section: tuple[str, ...], page_starts: tuple[int, ...]
) -> NewPassage:
    first, last = group[0].start, group[-1].end
    sentences = tuple(
        Sentence(number=number, start=s.start - first, end=s.end - first, text=s.text)
        for number, s in enumerate(group, 1)
    )
    named = section
    if not named and (label := _LABEL.match(sentences[0].text)):
        named = (label[1],)
    start = offset + first
    page = sum(1 for begin in page_starts if begin <= start) or None
    return NewPassage(
        start=start,
        end=offset + last,
        section=section,
        sentences=sentences,
        negated=denied(sentences, section=named),
        page=page,
    )


def _short_enough(sentence: Sentence) -> Iterator[Sentence]:
    """A sentence; one without end (a table in one line) in pieces cut at spaces."""
    start = sentence.start
    while sentence.end - start > _LONGEST:
        room = sentence.text[start - sentence.start : start - sentence.start + _LONGEST]
        cut = room.rfind(" ")
        length = cut if cut > _LONGEST // 2 else _LONGEST
        yield Sentence(number=0, start=start, end=start + length, text=room[:length])
        start += length
        while start < sentence.end and sentence.text[start - sentence.start].isspace():
            start += 1
    if start < sentence.end:
        yield Sentence(number=0, start=start, end=sentence.end, text=sentence.text[start - sentence.start :])


def _sections(text: str) -> Iterator[tuple[str | None, int, int]]:
    """The stretches between headings: lines that stand alone and read like one."""
    heading: str | None = None
    begin = position = 0
    lines = text.split("\n")
    for index, line in enumerate(lines):
        found = _heading(line, before=lines[index - 1] if index else "", after=lines[index + 1 : index + 2])
        if found is not None:
            if text[begin:position].strip():
                yield heading, begin, position
            heading, begin = found, position + len(line) + 1
        position += len(line) + 1
    if text[begin:].strip():
        yield heading, begin, len(text)
    elif heading is not None and not text[:begin].strip(f"\n {heading}#:"):
        yield None, 0, len(text)  # a note that is one short line is no heading


def _heading(line: str, *, before: str, after: list[str]) -> str | None:
    line = line.strip()
    if match := _MARKDOWN.match(line):
        return match[1]
    match = _HEADING.match(line)
    if match is None or not after:
        return None
    alone = line.endswith(":") or (line.isupper() and not before.strip())
    return match[1].strip() if alone else None
