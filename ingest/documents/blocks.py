"""What every reader makes of a file: blocks of clean text in reading order, each word with its place if it has one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from knowledge.editions import Flag, WordBox

# identity: what the document says of itself; kept in its text, never evidence
Kind = Literal["heading", "paragraph", "item", "caption", "row", "identity"]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text and where its words are printed."""

    text: str
    words: tuple[WordBox, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a list item, a table's caption or one of its rows."""

    kind: Kind
    run: Run
    level: int = 0  # of a heading from 1; of an item from 0
    page: int | None = None
    group: int = 0  # items of one list and rows of one table share a number

    @property
    def text(self) -> str:
        return self.run.text


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A file as its reader understood it."""

    blocks: tuple[Block, ...]
    properties: Mapping[str, str] = field(default_factory=dict)  # what the format itself says of the document
    front_matter: Mapping[str, object] = field(default_factory=dict)
    pages: int | None = None
    flags: tuple[Flag, ...] = ()


def joined(parts: Iterable[Run | str]) -> Run:
    """One run of several, words moved along."""
    texts: list[str] = []
    words: list[WordBox] = []
    length = 0
    for part in parts:
        text = part if isinstance(part, str) else part.text
        if not isinstance(part, str):
            words.extend(WordBox(word.start + length, word.end + length, word.box) for word in part.words)
        texts.append(text)
        length += len(text)
    return Run("".join(texts), tuple(words))


def between(separator: str, parts: Sequence[Run]) -> Run:
    """One run of several with something between them."""
    mixed: list[Run | str] = []
    for part in parts:
        if mixed:
            mixed.append(separator)
        mixed.append(part)
    return joined(mixed)
