"""Tables as text: every row says its column headings, so that a dose cannot come apart from its drug."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.documents.blocks import Run, between, joined

Grid = list[list["Cell | None"]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, standing at every place of the grid that it covers."""

    run: Run
    header: bool = False
    page: int | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as text."""

    run: Run
    page: int | None = None


def place(rows: Sequence[Sequence[tuple[Cell, int, int]]], *, most: int = 200_000) -> Grid:
    """Cells with their column and row spans laid out on a grid; a table that pretends to be huge is cut short."""
    grid: Grid = [[] for _ in rows]
    for number, row in enumerate(rows):
        column = 0
        for cell, across, down in row:
            while column < len(grid[number]) and grid[number][column] is not None:
                column += 1
            across = max(1, min(across, most // max(1, len(rows))))
            for below in range(number, min(number + max(1, down), len(rows))):
                line = grid[below]
                line.extend([None] * (column + across - len(line)))
                for at in range(column, column + across):
                    if line[at] is None:
                        line[at] = cell
            column += across
    return padded(grid)


def padded(grid: Grid) -> Grid:
    """The grid with all its rows as long as the longest."""
    width = max((len(line) for line in grid), default=0)
    return [line + [None] * (width - len(line)) for line in grid]


def header_depth(grid: Grid) -> int:
    """How many rows at the top are headings: those marked, else the first when it looks like one."""
    marked = 0
    for line in grid:
        cells = [cell for cell in line if cell is not None and cell.run]
        if not cells or not all(cell.header for cell in cells):
            break
        marked += 1
    if marked:
        return marked if marked < len(grid) else 1
    if len(grid) < 2:
        return 0
    first = [cell for cell in grid[0] if cell is not None and cell.run]
    # Headings are short and start with no figure; a table of two columns with long cells is a layout.
    short = all(len(cell.run.text) <= 60 and not cell.run.text[0].isdigit() for cell in first)
    if len(first) < 2 or not short:
        return 0
    # A heading over several columns, or one that reaches down, has the rest of the headings below it.
    spans = any(one is other for one, other in pairwise(grid[0]) if one is not None)
    reaches = any(one is other and one is not None and one.run for one, other in zip(grid[0], grid[1], strict=True))
    return 2 if (spans or reaches) and len(grid) > 2 else 1


def row_texts(grid: Grid, *, depth: int | None = None) -> list[TableRow]:
    """Each row below the headings, as "Heading: value; Heading: value."."""
    depth = header_depth(grid) if depth is None else depth
    headings = _headings(grid, depth)
    rows: list[TableRow] = []
    group: Run | None = None
    for line in grid[depth:]:
        if depth and _repeats_heading(line, grid[depth - 1]):
            headings = _headings([line], 1)  # so that what is printed on page 2 is quoted from page 2
            continue
        cells = _distinct(line)
        if not cells:
            continue
        page = next((cell.page for cell, _ in cells if cell.page is not None), None)
        if len(cells) == 1 and len(line) > 1 and len(cells[0][1]) == len(line):
            group = cells[0][0].run  # a line across the whole table names what follows
            rows.append(TableRow(_ended(group), page))
            continue
        parts = []
        for cell, columns in cells:
            heading = _heading_of(headings, columns)
            parts.append(joined([heading, ": ", cell.run]) if heading else cell.run)
        # Two cells with nothing above them are a name and its value.
        text = between("; " if depth or len(parts) != 2 else ": ", parts)
        rows.append(TableRow(_ended(joined([group, " – ", text]) if group else text), page))
    return rows


def _headings(grid: Grid, depth: int) -> list[list[Cell]]:
    """For each column the headings above it, from the top."""
    columns: list[list[Cell]] = []
    for column in range(len(grid[0]) if grid else 0):
        stack: list[Cell] = []
        for line in grid[:depth]:
            cell = line[column]
            if cell is not None and cell.run and all(cell is not other for other in stack):
                stack.append(cell)
        columns.append(stack)
    return columns


def _heading_of(headings: list[list[Cell]], columns: list[int]) -> Run | None:
    cells: list[Cell] = []
    for column in columns:
        if column < len(headings):
            cells.extend(cell for cell in headings[column] if all(cell is not other for other in cells))
    return between(", ", [_bare(cell.run) for cell in cells]) if cells else None


def _distinct(line: list[Cell | None]) -> list[tuple[Cell, list[int]]]:
    """The row's cells that say something, each with the columns it covers."""
    found: list[tuple[Cell, list[int]]] = []
    for column, cell in enumerate(line):
        if cell is None or not cell.run:
            continue
        if found and found[-1][0] is cell:
            found[-1][1].append(column)
        else:
            found.append((cell, [column]))
    return found


def _repeats_heading(line: list[Cell | None], heading: list[Cell | None]) -> bool:
    here = [_plain(cell) for cell in line]
    return any(here) and here == [_plain(cell) for cell in heading]


def _plain(cell: Cell | None) -> str:
    return "" if cell is None else cell.run.text.casefold().strip(" :.")


def _bare(run: Run) -> Run:
    text = run.text.rstrip(" :")
    return Run(text, tuple(word for word in run.words if word.end <= len(text)))


def _ended(run: Run) -> Run:
    return run if run.text.endswith((".", "!", "?", ":")) else joined([run, "."])
