"""Blocks into the one text of the edition, each part of it at its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cds.sentences import split_sentences
from ingest.documents.blocks import Block, joined
from ingest.documents.chunking import MOST_WORDS, Part, passages_of, weight
from ingest.documents.grading import grading_of, only_grading
from knowledge.editions import NewPassage

_BREAK = "\n\n"
_COUNTED = re.compile(r"^\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s")
# A word longer than this is a string of signs; it is cut like any text that will not end.
_LONGEST_WORD = 300


def assemble(
    blocks: Sequence[Block], *, title: str | None = None, population: str | None = None
) -> tuple[str, tuple[NewPassage, ...]]:
    """The text of the edition, and its passages at their places in it."""
    texts: list[str] = []
    parts: list[Part] = []
    headings: list[tuple[int, str]] = []
    length = 0
    before: Block | None = None
    for given in blocks:
        block = replace(given, run=joined(["- ", given.run])) if _bulleted(given) else given
        if before is not None:
            separator = "\n" if block.group and block.group == before.group else _BREAK
            texts.append(separator)
            length += len(separator)
        if block.kind == "heading":
            while headings and headings[-1][0] >= block.level:
                headings.pop()
            headings.append((block.level, block.text))
        section = tuple(name for _, name in headings)
        if section and title is not None and section[0].casefold() == title.casefold():
            section = section[1:]
        parts.extend(_parts(block, length, section))
        texts.append(block.text)
        length += len(block.text)
        before = block
    text = "".join(texts)
    return text, tuple(passages_of(parts, text, population=population))


def _bulleted(block: Block) -> bool:
    return block.kind == "item" and not _COUNTED.match(block.text)


def _parts(block: Block, origin: int, section: tuple[str, ...]) -> Iterator[Part]:
    """The block whole, or cut between sentences where it is too long, or where one recommendation follows another."""
    text = block.text
    if block.kind == "row":
        spans = [(0, len(text))]  # a row is one sentence: its figures must not come apart from their drug
    else:
        spans = [(sentence.start, sentence.end) for sentence in split_sentences(text)]
    spans = [short for span in spans for short in _shortened(text, span)]
    pieces = [piece for one in _by_recommendation(text, spans) for piece in _by_length(text, one)]
    for number, piece in enumerate(pieces):
        left = 0 if number == 0 else piece[0][0]
        right = len(text) if number == len(pieces) - 1 else piece[-1][1]
        yield Part(
            block=block,
            origin=origin,
            start=origin + left,
            end=origin + right,
            section=section,
            text=text[left:right],
            sentences=tuple((origin + one, origin + other) for one, other in piece),
        )


def _by_recommendation(text: str, spans: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Sentences in groups of at most one recommendation, each with the grading that follows it."""
    graded = [any(grading_of(text[left:right])) for left, right in spans]
    if sum(graded) < 2:
        return [spans] if spans else []
    groups: list[list[tuple[int, int]]] = [[]]
    closed = False
    for (left, right), states in zip(spans, graded, strict=True):
        if closed and not only_grading(text[left:right]):
            groups.append([])
            closed = False
        groups[-1].append((left, right))
        closed = closed or states
    return groups


def _by_length(text: str, spans: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    current: list[tuple[int, int]] = []
    count = 0
    for left, right in spans:
        words = weight(text[left:right])
        if current and count + words > MOST_WORDS:
            yield current
            current, count = [], 0
        current.append((left, right))
        count += words
    if current:
        yield current


def _shortened(text: str, span: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """A sentence, or pieces of one that would not fit into a passage by itself."""
    left, right = span
    if weight(text[left:right]) <= MOST_WORDS:
        yield span
        return
    start, count = left, 0
    end = left
    for word in re.finditer(rf"\S{{1,{_LONGEST_WORD}}}", text[left:right]):
        words = weight(word[0])
        if count and count + words > MOST_WORDS:
            yield start, end
            start, count = left + word.start(), 0
        count += words
        end = left + word.end()
    yield start, end
