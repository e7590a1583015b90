"""Tables on a page: found by their rules or by how their words are aligned, read cell by cell."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.documents.blocks import Block
from ingest.documents.pdf.composing import Vocabulary, composed
from ingest.documents.pdf.lines import Line, rows_of
from ingest.documents.pdf.words import Word
from ingest.documents.tables import Cell, Grid, header_depth, row_texts

# A table continues on the next page where its columns stand within this many points of where they stood.
_ALIGNED = 8.0


@dataclass(eq=False, slots=True)
class WordCell:
    """The words of one cell, standing at every place of the grid that the cell covers."""

    words: list[Word] = field(default_factory=list)
    header: bool = False


@dataclass(frozen=True)
class PdfTable(Line):
    """A table among the lines of its page: as wide and high as its words."""

    grid: tuple[tuple[WordCell, ...], ...] = ()
    edges: tuple[float, ...] = ()  # of its columns, from the left


def table_blocks(table: PdfTable, vocabulary: Vocabulary, *, group: int, before: "PdfTable | None") -> list[Block]:
    """A table's rows as text; one that continues `before` takes over its headings."""
    grid = _composed(table, vocabulary)
    depth = header_depth(grid)
    if before is not None and continues(before, table):
        above = _composed(before, vocabulary)
        heads = above[: header_depth(above)]
        if heads and not _same_words(heads[-1], grid[0]):
            grid, depth = [*heads, *grid], len(heads)
    return [
        Block("row", row.run, page=row.page or table.page, group=group)
        for row in row_texts(grid, depth=depth)
        if row.run
    ]


def continues(before: PdfTable, table: PdfTable) -> bool:
    """Whether a table goes on with the columns of the one on the page before."""
    return (
        table.page == before.page + 1
        and len(table.edges) == len(before.edges)
        and all(abs(one - other) <= _ALIGNED for one, other in zip(table.edges, before.edges, strict=True))
    )


def _composed(table: PdfTable, vocabulary: Vocabulary) -> Grid:
    made: dict[int, Cell] = {}
    grid: Grid = []
    for row in table.grid:
        line: list[Cell | None] = []
        for cell in row:
            if id(cell) not in made:
                lines = [Line(tuple(words)) for words in rows_of(cell.words)]
                page = cell.words[0].box.page if cell.words else None
                made[id(cell)] = Cell(composed(lines, vocabulary), header=cell.header, page=page)
            line.append(made[id(cell)])
        grid.append(line)
    return grid


def _same_words(one: Sequence[Cell | None], other: Sequence[Cell | None]) -> bool:
    return [cell.run.text.casefold() if cell else "" for cell in one] == [
        cell.run.text.casefold() if cell else "" for cell in other
    ]


def with_headings_marked(grid: list[list[WordCell]]) -> list[list[WordCell]]:
    """The grid, its first rows marked as headings where they are set in bold and the others are not."""
    bold = [_bold(row) for row in grid]
    if not bold or not bold[0] or all(bold):
        return grid
    for row, is_bold in zip(grid, bold, strict=True):
        if not is_bold:
            break
        for cell in row:
            cell.header = True
    return grid


def _bold(row: Sequence[WordCell]) -> bool:
    words = [word for cell in row for word in cell.words]
    return bool(words) and all(word.look.bold for word in words if any(c.isalpha() for c in word.text))
