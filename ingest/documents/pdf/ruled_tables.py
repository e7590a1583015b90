"""Tables that are drawn: frames and rules say where the cells are, as far as they are there."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ingest.documents.pdf.lines import CELL_GAP, Line, lines_of, rows_of
from ingest.documents.pdf.rulings import Rule, Rulings
from ingest.documents.pdf.tables import PdfTable, WordCell, with_headings_marked
from ingest.documents.pdf.words import Word

# Rules meet when they come this close.
_NEAR = 4.0
# A rule that runs along this share of a cell's side closes it.
_CLOSES = 0.6
# Rules of one table, none standing between, are no further apart than this.
_FURTHEST = 260.0
# Fewer words than this in a frame are a label.
_FEW_WORDS = 4
# Words of different columns are at least this far apart.
_COLUMN_GAP = 4.0


def ruled_tables(words: Sequence[Word], rulings: Rulings) -> tuple[list[PdfTable], list[Word]]:
    """The tables among these words, and the words of none."""
    tables: list[PdfTable] = []
    left = list(words)
    for region, down in _regions(rulings):
        for across in [region] if down else _runs(left, region):
            inside = _within(left, across)
            table = _table(inside, across, down, left) if len(inside) >= _FEW_WORDS else None
            if table is not None:
                taken = {word.order for word in table.words}
                tables.append(table)
                left = [word for word in left if word.order not in taken]
    return tables, left


def _within(words: Sequence[Word], across: Sequence[Rule]) -> list[Word]:
    bottom, top = min(rule.at for rule in across), max(rule.at for rule in across)
    start, end = min(rule.start for rule in across), max(rule.end for rule in across)
    return [
        word
        for word in words
        if bottom - 1 <= word.middle <= top + 1 and start - 2 <= (word.box.left + word.box.right) / 2 <= end + 2
    ]


def _runs(words: Sequence[Word], across: Sequence[Rule]) -> list[list[Rule]]:
    """Rules with columns of words between them: running text between two rules is no table."""
    runs: list[list[Rule]] = []
    open_run = False
    for upper, lower in pairwise(across):
        rows = rows_of(_within(words, (upper, lower)))
        cut = sum(1 for row in rows if len(lines_of(row, wide=CELL_GAP)) >= 2)
        tabular = bool(rows) and cut >= 0.5 * len(rows)
        group = open_run and 0 < len(rows) <= 2  # a line across the table that names what follows
        if tabular and not open_run:
            runs.append([upper, lower])
        elif tabular or group:
            runs[-1].append(lower)
        open_run = tabular or group
    return runs


def _regions(rulings: Rulings) -> list[tuple[list[Rule], list[Rule]]]:
    """Horizontal rules that belong together, with the vertical ones that meet them; the largest first."""
    rules = list(rulings.across)
    parent = list(range(len(rules)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    framed: set[int] = set()
    for upright in rulings.down:
        met = [at for at, one in enumerate(rules) if _meets(one, upright)]
        framed.update(met)
        for first, second in pairwise(met):
            parent[root(first)] = root(second)
    for at, one in enumerate(rules):
        for later in range(at + 1, len(rules)):
            other = rules[later]
            same = abs(one.start - other.start) <= _NEAR and abs(one.end - other.end) <= _NEAR
            # Two framed tables as wide as each other are two; open ones are told apart by what stands between.
            if same and abs(one.at - other.at) <= _FURTHEST and at not in framed and later not in framed:
                parent[root(at)] = root(later)
    groups: dict[int, list[Rule]] = {}
    for at, one in enumerate(rules):
        groups.setdefault(root(at), []).append(one)
    found = []
    for group in groups.values():
        if len({round(rule.at) for rule in group}) >= 2:
            across = sorted(group, key=lambda rule: -rule.at)
            found.append((across, [rule for rule in rulings.down if any(_meets(one, rule) for one in across)]))
    return sorted(found, key=lambda one: one[0][-1].at - one[0][0].at)


def _meets(across: Rule, down: Rule) -> bool:
    return across.start - _NEAR <= down.at <= across.end + _NEAR and down.start - _NEAR <= across.at <= down.end + _NEAR


def _table(
    words: Sequence[Word], across: Sequence[Rule], down: Sequence[Rule], around: Sequence[Word]
) -> PdfTable | None:
    top, bottom = across[0].at, across[-1].at
    columns = _edges([rule.at for rule in down if _reach(rule.at, down) >= 0.3 * (top - bottom)])
    if len(columns) < 3:
        columns = _columns_of_words(words)
        words = _with_neighbours(words, columns, around)
    if len(columns) < 3:
        return None
    width = columns[-1] - columns[0]
    levels = [rule.at for rule in across if rule.length >= 0.15 * width]
    inside = [
        level for level in _edges(levels) if min(w.box.bottom for w in words) < level < max(w.box.top for w in words)
    ]
    ruled = len(inside) >= 2
    rows = _rows_by_rules(words, columns, inside, framed=bool(down)) if ruled else rows_by_words(words, columns, inside)
    if len(rows) < 2:
        return None
    grid = _grid(rows, columns, across if ruled else (), down)
    return PdfTable(tuple(words), tuple(tuple(row) for row in with_headings_marked(grid)), tuple(columns))


def _reach(position: float, down: Sequence[Rule]) -> float:
    """How far the rules at a position reach together: lines across the table leave them in pieces."""
    return sum(rule.length for rule in down if abs(rule.at - position) <= _NEAR)


def _edges(positions: Sequence[float]) -> list[float]:
    """Positions from the smallest, those close together as one."""
    found: list[float] = []
    for position in sorted(positions):
        if not found or position - found[-1] > _NEAR:
            found.append(position)
    return found


def _columns_of_words(words: Sequence[Word]) -> list[float]:
    """The edges of columns as the words stand: strips that nearly no row crosses."""
    lines = lines_of(words, wide=CELL_GAP)
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    steps = max(1, int(right - left) + 1)
    covered = [0] * (steps + 1)
    for line in lines:
        for at in range(int(line.left - left), min(steps, int(line.right - left)) + 1):
            covered[at] += 1
    limit = 0.12 * len(rows_of(words))
    edges = [left - 1]
    start: int | None = None
    for at in range(steps + 1):
        if covered[at] <= limit and start is None:
            start = at
        elif covered[at] > limit and start is not None:
            if at - start >= _COLUMN_GAP and start > 0:
                edges.append(left + (start + at) / 2)
            start = None
    return [*edges, right + 1]


def _with_neighbours(words: Sequence[Word], columns: Sequence[float], around: Sequence[Word]) -> list[Word]:
    """The table's words with the rows right above and below whose cells stand in its columns: where every second row
    lies on a ground, the first and the last may lie on none."""
    taken = {word.order for word in words}
    found = list(words)
    if len(columns) < 3:
        return found
    rows = [row for row in rows_of([word for word in around if word.order not in taken]) if row]
    middle = sum(word.middle for word in words) / len(words)
    above = [row for row in rows if row[0].middle > middle][::-1]
    below = [row for row in rows if row[0].middle <= middle]
    for side in (above, below):
        for row in side:
            pieces = lines_of(row, wide=CELL_GAP)
            top, bottom = max(word.box.top for word in found), min(word.box.bottom for word in found)
            gap = max(pieces[0].bottom - top, bottom - pieces[0].top)
            places = [_column(piece.left + 1, columns) for piece in pieces]
            apart = len(set(places)) == len(places) >= max(2, len(columns) - 2)
            held = all(piece.right <= columns[at + 1] + _NEAR for piece, at in zip(pieces, places, strict=True))
            if gap > 1.2 * max(pieces[0].size, 1) or not apart or not held:
                break
            found.extend(row)
    return found


def _rows_by_rules(
    words: Sequence[Word], columns: Sequence[float], levels: Sequence[float], *, framed: bool
) -> list[tuple[float, float, list[Word]]]:
    top, bottom = max(word.box.top for word in words) + 1, min(word.box.bottom for word in words) - 1
    bounds = [top, *sorted(levels, reverse=True), bottom]
    rows = []
    for upper, lower in pairwise(bounds):
        inside = [word for word in words if lower < word.middle <= upper]
        if inside and not framed and (upper == top or lower == bottom):
            rows.extend(rows_by_words(inside, columns, ()))  # beyond the last rule rows part by themselves
        elif inside:
            rows.append((upper, lower, inside))
    return rows


def rows_by_words(
    words: Sequence[Word], columns: Sequence[float], levels: Sequence[float]
) -> list[tuple[float, float, list[Word]]]:
    """Rows where only the headings are ruled off: by the space between them, else by their first cells."""
    baselines = rows_of(words)
    steps = [
        max(word.box.top for word in one) - max(word.box.top for word in other) for one, other in pairwise(baselines)
    ]
    usual = min((step for step in steps if step > 2), default=0.0)
    wide = [step for step in steps if step > 1.25 * usual]
    # Rows of one line each stand evenly; where some stand wider apart, those are the rows.
    by_space = bool(wide) and len(wide) < len(steps) and median(wide) > 1.3 * usual
    groups: list[list[Word]] = []
    for at, row in enumerate(baselines):
        middle = sum(word.middle for word in row) / len(row)
        above = sum(word.middle for word in baselines[at - 1]) / len(baselines[at - 1]) if at else middle
        ruled = at > 0 and any(middle < level < above for level in levels)
        if at and not ruled:
            first = any(word.box.left < columns[1] for word in row)
            begins = steps[at - 1] > 1.25 * usual if by_space else first
        else:
            begins = True
        if begins:
            groups.append(list(row))
        else:
            groups[-1].extend(row)
    return [(max(w.box.top for w in group), min(w.box.bottom for w in group), group) for group in groups]


def _grid(
    rows: Sequence[tuple[float, float, list[Word]]],
    columns: Sequence[float],
    across: Sequence[Rule],
    down: Sequence[Rule],
) -> list[list[WordCell]]:
    """Words into cells; cells that no rule parts are one."""
    grid = [[WordCell() for _ in range(len(columns) - 1)] for _ in rows]
    framed = len([rule for rule in down if columns[0] + _NEAR < rule.at < columns[-1] - _NEAR]) > 0
    for number, (upper, lower, words) in enumerate(rows):
        if framed:
            for column in range(len(columns) - 2):
                if not _parted(columns[column + 1], lower, upper, down):
                    grid[number][column + 1] = grid[number][column]
        if number and across and framed:
            _merge_upwards(grid, number, columns, rows[number - 1][1], upper, across)
        for line in lines_of(words, wide=CELL_GAP):
            put(line, grid[number], columns, framed=framed)
    return grid


def put(line: Line, row: list[WordCell], columns: Sequence[float], *, framed: bool) -> None:
    """A piece of a line into its cell; one that reaches over several columns of an open table joins them."""
    first = _column(line.left + 1, columns)
    last = _column(line.right - 1, columns)
    if first == last or framed or any(row[at].words for at in range(first, last + 1)):
        for word in line.words:
            row[_column((word.box.left + word.box.right) / 2, columns)].words.append(word)
        return
    for at in range(first + 1, last + 1):
        row[at] = row[first]
    row[first].words.extend(line.words)


def _column(position: float, columns: Sequence[float]) -> int:
    return min(len(columns) - 2, max(0, sum(1 for edge in columns[1:-1] if position >= edge)))


def _parted(position: float, lower: float, upper: float, down: Sequence[Rule]) -> bool:
    height = upper - lower
    shared = sum(
        max(0.0, min(rule.end, upper) - max(rule.start, lower)) for rule in down if abs(rule.at - position) <= _NEAR
    )
    return shared >= _CLOSES * height


def _merge_upwards(
    grid: list[list[WordCell]],
    number: int,
    columns: Sequence[float],
    lower: float,
    upper: float,
    across: Sequence[Rule],
) -> None:
    """Let a cell stand for the one below where no rule closes it."""
    middle = (lower + upper) / 2
    for column in range(len(columns) - 1):
        start, end = columns[column], columns[column + 1]
        shared = sum(
            max(0.0, min(rule.end, end) - max(rule.start, start))
            for rule in across
            if abs(rule.at - middle) <= max(_NEAR, (lower - upper) / 2 + _NEAR)
        )
        if shared < _CLOSES * (end - start):
            below = grid[number][column]
            for at in range(len(columns) - 1):
                if grid[number][at] is below:
                    grid[number][at] = grid[number - 1][column]
