"""Words into lines: what stands side by side without a gap is one line of one column."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from ingest.documents.pdf.words import Word

# Words further apart than this share of their size stand in different columns or cells.
WIDE_GAP = 1.6
# In a table cells stand closer together; there the alignment of many rows tells.
CELL_GAP = 0.8
# Words whose middles differ by less than this, in points, may stand on one line.
_LEVEL = 6.0
# So do words that the file does not draw one after the other, when more than a plain space lies between.
_JUMP_GAP = 0.55


@dataclass(frozen=True)
class Line:
    """Words on one baseline that are read as one."""

    words: tuple[Word, ...]

    @cached_property
    def left(self) -> float:
        return min(word.box.left for word in self.words)

    @cached_property
    def right(self) -> float:
        return max(word.box.right for word in self.words)

    @cached_property
    def bottom(self) -> float:
        return min(word.low for word in self.words)

    @cached_property
    def top(self) -> float:
        return max(word.high for word in self.words)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @cached_property
    def size(self) -> float:
        """The size most of its letters have."""
        return median([word.look.size for word in self.words for _ in word.text])

    @cached_property
    def bold(self) -> bool:
        letters = sum(len(word.text) for word in self.words)
        return sum(len(word.text) for word in self.words if word.look.bold) > 0.8 * letters

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def page(self) -> int:
        return self.words[0].box.page


def rows_of(words: Sequence[Word]) -> list[list[Word]]:
    """Words by baseline from the top down, each row from left to right, whatever columns it crosses."""
    rows: list[list[Word]] = []
    edges: list[tuple[float, float]] = []
    # Large before small: a raised figure finds the line it belongs to.
    for word in sorted(words, key=lambda one: (-round(one.middle / _LEVEL), -one.look.size, one.box.left)):
        place = None
        for at in range(len(rows) - 1, max(-1, len(rows) - 6), -1):
            bottom, top = edges[at]
            shared = min(top, word.high) - max(bottom, word.low)
            if shared > 0.5 * min(top - bottom, max(word.high - word.low, 0.1)):
                place = at
                break
        if place is None:
            rows.append([word])
            edges.append((word.low, word.high))
        else:
            rows[place].append(word)
            bottom, top = edges[place]
            # A raised figure or a large bracket does not make the row any taller.
            if word.high - word.low <= 1.3 * (top - bottom):
                edges[place] = (min(bottom, word.low), max(top, word.high))
    ordered = sorted(zip(edges, rows, strict=True), key=lambda one: -sum(one[0]))
    return [sorted(row, key=lambda one: one.box.left) for _, row in ordered]


def lines_of(words: Sequence[Word], *, wide: float = WIDE_GAP) -> list[Line]:
    """The rows cut where a gap says that another column or cell begins."""
    lines: list[Line] = []
    for row in rows_of(words):
        current = [row[0]]
        for word in row[1:]:
            last = current[-1]
            gap = word.box.left - last.box.right
            size = max(word.look.size, last.look.size, 1.0)
            jumps = not 0 < word.order - last.order <= 2
            if gap > wide * size or (jumps and gap > _JUMP_GAP * size):
                lines.append(Line(tuple(current)))
                current = [word]
            else:
                current.append(word)
        lines.append(Line(tuple(current)))
    return lines


def spacing_of(lines: Sequence[Line]) -> float:
    """The usual distance from one baseline to the next."""
    steps = []
    for one, other in pairwise(lines):
        step = one.bottom - other.bottom
        if 0 < step < 4 * max(one.size, 1):
            steps.append(step)
    return median(steps) if steps else 1.2 * (median([line.size for line in lines]) if lines else 10)


def fill_their_column(lines: Sequence[Line]) -> bool:
    """Whether most of these lines run the width of their column, as text does and cells do not."""
    width = max(line.right for line in lines) - min(line.left for line in lines)
    near = max(line.right for line in lines) - 0.3 * width
    full = [line for line in lines if line.right >= near and len(line.words) >= 3]
    return width > 60 and len(full) >= 0.4 * len(lines)
