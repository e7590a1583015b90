"""Lines into reading order: column by column, between what crosses them."""

from collections.abc import Sequence

from ingest.documents.pdf.lines import Line, fill_their_column, spacing_of
from ingest.documents.pdf.tables import PdfTable

# A gutter narrower than this is a gap between words.
_NARROWEST = 7.0
# Figures, formulas and stray lines may cross a gutter; more lines than this share cannot.
_MAY_CROSS = 0.2
# Fewer lines than this beside each other do not make columns.
_FEW = 4
_STEP = 2.0


def in_reading_order(lines: Sequence[Line]) -> list[list[Line]]:
    """Groups of lines in the order they are read; each group is a stretch of one column."""
    if not lines:
        return []
    gutters = gutters_of([line for line in lines if not isinstance(line, PdfTable)])
    if not gutters:
        return [_from_top(lines)]
    groups: list[list[Line]] = []
    band: list[Line] = []
    for line in _from_top(lines):
        if any(line.left < gutter < line.right for gutter in gutters):
            columns, below = _parted(_columns(band, gutters))
            groups.extend(columns)
            band = []
            crossing = below or not groups or not _crosses(groups[-1][-1], gutters)
            if crossing:
                groups.append([*below, line])
            else:
                groups[-1].append(line)
        else:
            band.append(line)
    groups.extend(_columns(band, gutters))
    return groups


def _crosses(line: Line, gutters: Sequence[float]) -> bool:
    return any(line.left < gutter < line.right for gutter in gutters)


def _parted(columns: list[list[Line]]) -> tuple[list[list[Line]], list[Line]]:
    """Columns above something that crosses them, and what in the longest belongs below them all.

    The heading of a full-width part is short: it stands in the first column, though all columns come before it."""
    if len(columns) < 2:
        return columns, []
    longest = min(columns, key=lambda column: column[-1].bottom)
    floor = min(line.bottom for column in columns if column is not longest for line in column)
    usual = spacing_of(longest)
    for at in range(1, len(longest)):
        line, before = longest[at], longest[at - 1]
        apart = before.bottom - line.bottom > 1.3 * usual
        if line.top <= floor and (apart or abs(line.size - before.size) > 1 or line.bold != before.bold):
            return [column[:at] if column is longest else column for column in columns], longest[at:]
    return columns, []


def gutters_of(lines: Sequence[Line]) -> list[float]:
    """The middles of the empty strips that part columns of text."""
    if len(lines) < 2 * _FEW:
        return []
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    width = right - left
    if width < 100:
        return []
    steps = int(width / _STEP) + 1
    covered = [0] * steps
    for line in lines:
        for at in range(int((line.left - left) / _STEP), min(steps, int((line.right - left) / _STEP) + 1)):
            covered[at] += 1
    limit = max(covered) * _MAY_CROSS
    found = []
    start: int | None = None
    for at in [*range(steps), -1]:
        low = at >= 0 and covered[at] <= limit
        if low and start is None:
            start = at
        elif not low and start is not None:
            end = at if at >= 0 else steps
            if (end - start) * _STEP >= _NARROWEST and start > 0 and at >= 0:
                found.append((left + start * _STEP, left + end * _STEP))
            start = None
    return _between_text(lines, found, left, right)


def _between_text(
    lines: Sequence[Line], strips: Sequence[tuple[float, float]], left: float, right: float
) -> list[float]:
    """The middles of those strips that have running text on both sides, up to the next strip."""
    middles = [(a + b) / 2 for a, b in strips]
    kept: list[float] = []
    for at, gutter in enumerate(middles):
        start = kept[-1] if kept else left - 1
        end = middles[at + 1] if at + 1 < len(middles) else right + 1
        before = [line for line in lines if start <= line.left and line.right <= gutter]
        after = [line for line in lines if gutter <= line.left and line.right <= end]
        if _side_by_side(before, after):
            kept.append(gutter)
    return kept


def _side_by_side(before: Sequence[Line], after: Sequence[Line]) -> bool:
    """Whether both are columns of running text: lines that fill their column, many of them side by side."""
    if len(before) < _FEW or len(after) < _FEW:
        return False
    beside = sum(1 for line in before if any(line.bottom < other.top and other.bottom < line.top for other in after))
    return beside >= _FEW and fill_their_column(before) and fill_their_column(after)


def _columns(band: Sequence[Line], gutters: Sequence[float]) -> list[list[Line]]:
    columns: list[list[Line]] = [[] for _ in range(len(gutters) + 1)]
    for line in band:
        columns[sum(1 for gutter in gutters if line.left >= gutter)].append(line)
    return [_from_top(column) for column in columns if column]


def _from_top(lines: Sequence[Line]) -> list[Line]:
    """Lines from the top down; those on one row from left to right."""
    ordered = sorted(lines, key=lambda line: -line.middle)
    rows: list[list[Line]] = []
    for line in ordered:
        if rows and line.middle > rows[-1][0].bottom and line.top > rows[-1][0].middle:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda one: one.left)]
