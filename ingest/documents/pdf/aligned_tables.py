"""Tables without any rule: rows of short pieces that stand under each other."""

from collections.abc import Sequence

from ingest.documents.pdf.lines import CELL_GAP, Line, fill_their_column, lines_of, rows_of
from ingest.documents.pdf.ruled_tables import put, rows_by_words
from ingest.documents.pdf.tables import PdfTable, WordCell, with_headings_marked
from ingest.documents.pdf.words import Word

# Pieces that begin within this many points of each other stand under each other.
_ALIGNED = 7.0
# Two pieces side by side are two columns of text as often as a table, unless headings in bold stand above; three short
# ones are a table.
_COLUMNS, _HEADED_COLUMNS = 3, 2
_FEW_ROWS = 3
# Fewer lines than this are not known for text.
_LINES_OF_PROSE = 6
# Cells hold some words; columns of text hold lines of eight and more.
_WORDS_A_CELL = 7.0


def aligned_tables(words: Sequence[Word]) -> tuple[list[PdfTable], list[Word]]:
    """The tables among these words, and the words of none."""
    rows = [lines_of(row, wide=CELL_GAP) for row in rows_of(words)]
    found: list[PdfTable] = []
    taken: set[int] = set()
    at = 0
    while at < len(rows):
        end = _end_of_table(rows, at)
        table = _table([line for row in rows[at:end] for line in row]) if end > at else None
        if table is not None:
            found.append(table)
            taken.update(word.order for word in table.words)
        at = max(end, at + 1)  # what looked like a table and is text is looked at once
    return found, [word for word in words if word.order not in taken]


def _end_of_table(rows: Sequence[Sequence[Line]], start: int) -> int:
    """Where the table that begins with this row ends; the row itself when none does."""
    head = rows[start]
    needed = _needed(rows, start)
    if len(head) < needed or not _short(head):
        return start
    lefts = [line.left for line in head]
    full = 1
    end = start + 1
    for at in range(start + 1, len(rows)):
        row = rows[at]
        gap = min(line.bottom for line in rows[at - 1]) - max(line.top for line in row)
        if gap > 2.5 * max(row[0].size, 1) or not _under(row, lefts, head[-1].right, needed):
            break
        if needed == _HEADED_COLUMNS and any(line.bold for line in row[1:]):
            break
        if len(row) >= needed:
            full += 1
        elif len(row) == 1 and row[0].right - row[0].left > 0.6 * (head[-1].right - head[0].left):
            break  # a line of text below the table
        end = at + 1
    while end > start + 1 and len(rows[end - 1]) == 1 and len(rows[end - 1][0].words) > 2 * _WORDS_A_CELL:
        end -= 1
    return end if full >= _FEW_ROWS else start


def _needed(rows: Sequence[Sequence[Line]], start: int) -> int:
    """How many columns a table that begins here must have."""
    below = rows[start + 1] if start + 1 < len(rows) else ()
    headed = all(line.bold for line in rows[start]) and not any(line.bold for line in below[1:])
    return _HEADED_COLUMNS if headed else _COLUMNS


def _short(row: Sequence[Line]) -> bool:
    return sum(len(line.words) for line in row) / len(row) <= _WORDS_A_CELL


def _under(row: Sequence[Line], lefts: Sequence[float], right: float, needed: int) -> bool:
    """Whether every piece of a row begins where a column does."""
    if not _short(row) and len(row) >= needed:
        return False
    return all(any(abs(line.left - left) <= _ALIGNED for left in lefts) for line in row) and row[-1].left < right


def _table(lines: Sequence[Line]) -> PdfTable | None:
    words = tuple(word for line in lines for word in line.words)
    widest = max((lines_of(row, wide=CELL_GAP) for row in rows_of(words)), key=len)
    edges = [widest[0].left - 1, *(line.left - 2 for line in widest[1:]), max(line.right for line in lines) + 1]
    if _is_prose(lines, edges):
        return None
    rows = rows_by_words(words, edges, ())
    if len(rows) < 2 or len(edges) < _HEADED_COLUMNS + 1:
        return None
    grid = [[WordCell() for _ in edges[1:]] for _ in rows]
    for made, (_, _, inside) in zip(grid, rows, strict=True):
        held = {word.order for word in inside}
        for line in lines:
            if line.words[0].order in held:
                put(line, made, edges, framed=False)
    return PdfTable(words, tuple(tuple(row) for row in with_headings_marked(grid)), tuple(edges))


def _is_prose(lines: Sequence[Line], edges: Sequence[float]) -> bool:
    """Whether these are columns of running text: lines that fill at least two of the columns."""
    columns: list[list[Line]] = [[] for _ in edges[1:]]
    for line in lines:
        columns[max(0, sum(1 for edge in edges[1:-1] if line.left + 1 >= edge))].append(line)
    return sum(1 for column in columns if len(column) >= _LINES_OF_PROSE and fill_their_column(column)) >= 2
