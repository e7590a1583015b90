"""Lines in reading order into headings, paragraphs and list items."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.documents.blocks import Block, Run, joined
from ingest.documents.pdf.composing import Vocabulary, composed
from ingest.documents.pdf.lines import Line, spacing_of
from ingest.documents.pdf.tables import PdfTable, table_blocks

_BULLETS = frozenset("•●▪■◦‣·➢✓▶-–—*o◆❖□○►")
_NUMBER = re.compile(r"^(?:\(?\d{1,2}[.)]|\([a-z]\)|[a-z]\)|[a-h]\.|\((?:i|ii|iii|iv|v|vi)\))$")
_SECTION_NUMBER = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?$")
_CAPTION = re.compile(r"^(?:table|tabelle|tableau|tabla|box)\s+[\dA-Z][\w.]*\b.{0,240}$", re.IGNORECASE)
_TERMINAL = (".", "!", "?", ":", ";", ".”", ".)", ".]")
# So many lines above and below show where lines end here.
_NEARBY = 4
# A heading is a line or two.
_HEADING_WORDS = 20
_HEADING_LINES = 3


class Style:
    """What is usual in this document: the size of its text, the sizes of its headings."""

    def __init__(self, lines: Sequence[Line]) -> None:
        letters: Counter[float] = Counter()
        for line in lines:
            letters[round(line.size * 2) / 2] += len(line.text)
        self.body = letters.most_common(1)[0][0] if letters else 10.0
        larger = {round(line.size * 2) / 2 for line in lines if self._larger(line) and _wordy(line)}
        self.sizes = sorted(larger, reverse=True)[:5]
        self.spacing = spacing_of([line for line in lines if abs(line.size - self.body) < 1])
        bold = sum(len(line.text) for line in lines if line.bold)
        self.bold_tells = bold < 0.4 * sum(letters.values())  # where everything is bold, bold says nothing

    def _larger(self, line: Line) -> bool:
        return line.size >= self.body + 0.8

    def heading_level(self, lines: Sequence[Line]) -> int:
        """The level of these lines as a heading; 0: they are none."""
        text = " ".join(line.text for line in lines)
        words = len(text.split())
        if words > _HEADING_WORDS or len(lines) > _HEADING_LINES or not any(c.isalpha() for c in text):
            return 0
        first = lines[0]
        numbered = _SECTION_NUMBER.match(first.words[0].text)
        depth = numbered[1].count(".") + 1 if numbered else 1
        if all(self._larger(line) for line in lines) and not text.endswith((".", ",", ";")):
            size = round(first.size * 2) / 2
            return 1 + sum(1 for other in self.sizes if other > size)
        if self.bold_tells and all(line.bold for line in lines) and not text.endswith((",", ";", ".")):
            if first.words[0].text in _BULLETS or first.size < self.body - 0.6:
                return 0
            return min(6, len(self.sizes) + depth)
        return 0


class Blocks:
    """Blocks of page after page; lists and tables are numbered through, a table knows the one before it."""

    def __init__(self, style: Style, vocabulary: Vocabulary) -> None:
        self.style, self.vocabulary = style, vocabulary
        self.found: list[Block] = []
        self.group = 0
        self.table: PdfTable | None = None

    def add_page(self, groups: Iterable[Sequence[Line]]) -> None:
        """The blocks of one page's groups of lines, in reading order."""
        for group in groups:
            for stretch in _stretches(group, self.style):
                if isinstance(stretch[0], PdfTable):
                    self._table(stretch[0])
                    continue
                block = _block(stretch, self.style, self.vocabulary)
                if block is None:
                    continue
                if block.kind == "item":
                    self.group += 0 if self.found and self.found[-1].kind == "item" else 1
                    block = replace(block, group=self.group)
                self.found.append(block)

    def _table(self, table: PdfTable) -> None:
        last = self.found[-1] if self.found else None
        goes_on = last is not None and last.kind == "row"
        if not goes_on:
            self.group += 1
        if last is not None and last.kind in ("paragraph", "heading") and _CAPTION.match(last.text):
            self.found[-1] = replace(last, kind="caption", group=self.group)
        before = self.table if goes_on else None
        self.found.extend(table_blocks(table, self.vocabulary, group=self.group, before=before))
        self.table = table


def _stretches(lines: Sequence[Line], style: Style) -> list[list[Line]]:
    """Lines that belong to one paragraph, heading or item."""
    found: list[list[Line]] = []
    left = min((line.left for line in lines), default=0.0)
    for at, line in enumerate(lines):
        # The edge of the lines nearby: beside a picture text is narrower than its column.
        right = max(near.right for near in lines[max(0, at - _NEARBY) : at + _NEARBY + 1])
        if found and not _begins(line, found[-1], style, left=left, right=right):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _begins(line: Line, current: Sequence[Line], style: Style, *, left: float, right: float) -> bool:
    """Whether a new block begins with this line."""
    last = current[-1]
    if isinstance(line, PdfTable) or isinstance(last, PdfTable):
        return True
    step = last.bottom - line.bottom
    if line.page != last.page or step < 0.3 * min(line.size, last.size):
        # Side by side in one column: cells of a table that has not shown itself as one.
        return not (line.page == last.page and abs(step) <= 0.3 * min(line.size, last.size))
    if step > 1.45 * max(style.spacing * line.size / max(style.body, 1), line.size):
        return True
    if abs(line.size - last.size) > 0.8 or line.bold != last.bold:
        return line.bold != last.bold or not _close_in_size(line, last)
    if _marked(line) and not _closes_a_bracket(line, current):
        return True
    ended = last.text.endswith(_TERMINAL)
    first = line.words[0]
    fits = right - last.right > 1.5 * (first.box.right - first.box.left) + line.size
    if fits and not line.bold and line.size < style.body + 0.8 and not first.text[0].islower():
        return True
    if ended and last.right < right - 0.2 * (right - left):
        return True
    indented = line.left > left + 0.8 * line.size and last.left < line.left - 0.8 * line.size
    return ended and indented and not _marked(current[0])


def _close_in_size(line: Line, last: Line) -> bool:
    return abs(line.size - last.size) <= 1.5 and not line.bold


def _marked(line: Line) -> bool:
    """Whether the line begins like an item of a list."""
    first = line.words[0].text
    if len(line.words) < 2:
        return False
    return (first in _BULLETS and (first not in "-–—" or line.words[1].text[0].isalpha())) or bool(_NUMBER.match(first))


def _closes_a_bracket(line: Line, current: Sequence[Line]) -> bool:
    """Whether what looks like an item's number ends a remark: "(see recommendation / 5) and …"."""
    text = " ".join(one.text for one in current)
    return line.words[0].text.endswith(")") and text.count("(") > text.count(")")


def _block(lines: Sequence[Line], style: Style, vocabulary: Vocabulary) -> Block | None:
    level = style.heading_level(lines)
    first = lines[0].words[0].text
    if level:
        return _made(Block("heading", composed(lines, vocabulary), level=level, page=lines[0].page))
    if _marked(lines[0]):
        if first in _BULLETS:
            return _made(Block("item", composed(lines, vocabulary, skip=1), page=lines[0].page))
        return _made(Block("item", composed(lines, vocabulary), page=lines[0].page))
    return _made(Block("paragraph", composed(lines, vocabulary), page=lines[0].page))


def _made(block: Block) -> Block | None:
    return block if block.text.strip() else None


def _wordy(line: Line) -> bool:
    return any(character.isalpha() for character in line.text)


def rejoined(blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs that a column or a page cut in two, put together again."""
    found: list[Block] = []
    for block in blocks:
        last = found[-1] if found else None
        if (
            last is not None
            and block.kind == "paragraph"
            and last.kind in ("paragraph", "item")
            and not last.text.endswith(_TERMINAL)
            and block.text[:1].islower()
        ):
            found[-1] = replace(last, run=_sewn(last.run, block.run))
        else:
            found.append(block)
    return found


def _sewn(one: Run, other: Run) -> Run:
    if one.text.endswith("-") and len(one.text) > 1 and one.text[-2].isalpha():
        cut = Run(one.text[:-1], tuple(replace(word, end=min(word.end, len(one.text) - 1)) for word in one.words))
        return joined([cut, other])
    return joined([one, " ", other])
