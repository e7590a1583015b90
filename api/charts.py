"""Charts as inline SVG, drawn on the server: sizes and classes only, so that the content policy needs no exception."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cds.review.intervals import HIGHEST, LOWEST
from cds.review.statistics import Cell

# As wide as half a page at a laptop's size; heights follow from what is drawn.
WIDTH, LABEL, ROW = 520, 170, 26
_PLOT = WIDTH - LABEL - 60
# Ratios are drawn on a logarithmic scale from a quarter to four times the reference.
_LEAST, _MOST = 0.25, 4.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its label and number."""

    label: str
    number: int
    y: int
    width: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars."""

    rows: tuple[Bar, ...]
    height: int


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of one day's column."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Stacked columns over days."""

    blocks: tuple[Block, ...]
    kinds: tuple[str, ...]
    first: str
    last: str
    most: int
    height: int


@dataclass(frozen=True, slots=True)
class Whisker:
    """One group's ratio with its interval."""

    group: str
    number: int | None
    text: str
    y: int
    low: float
    middle: float
    high: float
    marked: bool


@dataclass(frozen=True, slots=True)
class Forest:
    """The groups of a cohort against the line of no difference and the limits."""

    rows: tuple[Whisker, ...]
    one: float
    lowest: float
    highest: float
    height: int


def bars(counts: Mapping[str, int], names: Mapping[str, str] | None = None, *, most: int = 12) -> Bars:
    """The largest counts as bars."""
    shown = sorted(((n, key) for key, n in counts.items() if n), reverse=True)[:most]
    largest = max((number for number, _ in shown), default=1)
    rows = tuple(
        Bar((names or {}).get(key, key), number, place * ROW, max(1.0, _PLOT * number / largest))
        for place, (number, key) in enumerate(shown)
    )
    return Bars(rows=rows, height=max(1, len(rows)) * ROW)


def columns(by_day: Mapping[str, Mapping[str, int]], kinds: Sequence[str]) -> Columns:
    """Each day's counts, one on top of the other."""
    days, height, width = sorted(by_day), 130, 2 * WIDTH
    most = max((sum(by_day[day].values()) for day in days), default=1)
    step = width / max(1, len(days))
    blocks: list[Block] = []
    for place, day in enumerate(days):
        top = float(height)
        for kind in kinds:
            number = by_day[day].get(kind, 0)
            tall = height * number / most
            top -= tall
            if number:
                title = f"{day}: {number} {kind}"
                blocks.append(Block(kind, place * step, top, max(1.0, min(step - 1, 40.0)), tall, title))
    return Columns(tuple(blocks), tuple(kinds), days[0] if days else "", days[-1] if days else "", most, height)


def forest(cells: Sequence[Cell], measure: str) -> Forest:
    """The ratios of one measure."""
    rows = []
    for place, cell in enumerate(cells):
        found = cell.ratios.get(measure)
        share = cell.shares.get(measure)
        if cell.number is None:
            text = "too few to show"
        elif found is None or share is None or share.value is None:
            text = "nothing to compare"
        else:
            text = f"{share.value:.0%} of {share.of:,}; ratio {found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
        low, middle, high = (_at(found.low), _at(found.value), _at(found.high)) if found else (0.0, -1.0, 0.0)
        marked = found is not None and found.marked
        rows.append(Whisker(cell.group, cell.number, text, place * ROW, low, middle, high, marked))
    return Forest(tuple(rows), _at(1.0), _at(LOWEST), _at(HIGHEST), max(1, len(rows)) * ROW)


def _at(ratio: float) -> float:
    from math import log

    inside = min(max(ratio, _LEAST), _MOST)
    return _PLOT * (log(inside) - log(_LEAST)) / (log(_MOST) - log(_LEAST))
