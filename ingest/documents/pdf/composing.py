"""Lines into text whose every word knows its place: hyphens mended, raised figures kept or dropped."""

import re
from collections.abc import Iterable, Sequence

from ingest.documents.blocks import Run
from ingest.documents.characters import raised
from ingest.documents.pdf.lines import Line
from ingest.documents.pdf.words import Word
from knowledge.editions import WordBox

# Words that keep their hyphen when a line happens to end there.
_COMPOUND = frozenset(
    """
    anti beta alpha gamma co community cross double end evidence first follow full half health high hospital intra inter
    long low mid multi near non once one patient point post pre pro re risk second self semi short side single step sub
    three time twice two up well x
    """.split()  # noqa: SIM905 one to a line would hide the list
)
# "Low- and high-dose": the hyphen stands for the word that follows later.
_CONTINUES = frozenset({"and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "o"})
_LETTERS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class Vocabulary:
    """The words of this document, by which a hyphen at a line's end is judged."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.words: set[str] = set()
        for line in lines:
            for word in line.words[:-1]:
                self.words.update(found.casefold() for found in _LETTERS.findall(word.text))

    def keeps_hyphen(self, left: str, right: str) -> bool:
        before = _LETTERS.findall(left)
        after = _LETTERS.match(right)
        if not before or after is None or not right[0].islower():
            return True
        one, other = before[-1].casefold(), after[0].casefold()
        if one + other in self.words:
            return False
        return f"{one}-{other}" in self.words or one in _COMPOUND or "-" in one


def composed(lines: Sequence[Line], vocabulary: Vocabulary, *, skip: int = 0) -> Run:
    """The lines as one run; the first `skip` words (a bullet) are left out."""
    text = ""
    boxes: list[WordBox] = []
    words = [(word, line, at == 0) for line in lines for at, word in enumerate(line.words)][skip:]
    before: Word | None = None
    for word, line, first in words:
        piece = word.text
        separator = "" if word.glued and not first else " "
        if before is not None and first and (before.hyphen or _ends_cut(before)):
            text, separator = _mended(text, piece, before, vocabulary)
            if boxes and boxes[-1].end > len(text):
                boxes[-1] = WordBox(boxes[-1].start, len(text), boxes[-1].box)
        elif word.glued and not first and _is_raised(word, line):
            piece = raised(text, piece)
        elif before is not None and before.hyphen and not first:
            text += "-"
        elif before is not None and _ends_cut(before) and piece[:1].islower() and piece.lower() not in _CONTINUES:
            separator = ""  # text that was once set in other lines: "low- income"
        if not piece:
            continue
        if text:
            text += separator
        boxes.append(WordBox(len(text), len(text) + len(piece), word.box))
        text += piece
        before = word
    return Run(text, tuple(boxes))


def _ends_cut(word: Word) -> bool:
    return len(word.text) > 1 and word.text.endswith("-") and word.text[-2].isalpha()


def _mended(text: str, piece: str, before: Word, vocabulary: Vocabulary) -> tuple[str, str]:
    bare = text.removesuffix("-")
    keep = vocabulary.keeps_hyphen(bare.rsplit(" ", 1)[-1], piece)
    if piece.lower() in _CONTINUES:
        return bare + "-", " "  # "low- and high-dose"
    return (bare + "-" if keep else bare), ""


def _is_raised(word: Word, line: Line) -> bool:
    return word.look.size < 0.85 * line.size and word.middle > line.middle
