"""The grid against IPDAS: what a decision aid must have before a patient rests a decision on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cds.sharing.grid import Grid, Option
from cds.sharing.reading import HARD, grade

Level = Literal["qualifying", "certifying", "test"]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the standard and how a grid is held against it; `None` means it is met."""

    name: str
    level: Level
    wanted: str
    lacks: Callable[[Grid], str | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """An item the grid does not meet."""

    item: str
    level: Level
    wanted: str
    detail: str


def lint(grid: Grid) -> tuple[Finding, ...]:
    """Every item of the standard that this grid does not meet."""
    return tuple(
        Finding(item.name, item.level, item.wanted, detail)
        for item in ITEMS
        if (item.level != "test" or grid.kind == "test") and (detail := item.lacks(grid)) is not None
    )


def hard_to_read(grid: Grid) -> tuple[str, ...]:
    """Ids of lines above the school grade at which half of adults lose the thread."""
    lines = (*grid.lines, *grid.topics)
    return tuple(line.id for line in lines if (found := grade(line.text)) is not None and found > HARD)


def _topic(name: str) -> Callable[[Grid], str | None]:
    def lacks(grid: Grid) -> str | None:
        line = grid.topic(name)
        return None if line is not None and line.text.strip() else "nothing is written here"

    return lacks


def _options(grid: Grid) -> str | None:
    if len(grid.options) < 2:
        return "there are fewer than two options"
    if not any(option.nothing for option in grid.options):
        return "to wait, or to have no treatment, is not among the options"
    return None


def _each(aspect: str) -> Callable[[Grid], str | None]:
    def lacks(grid: Grid) -> str | None:
        return _named([option for option in grid.options if not option.cell(aspect).lines], grid)

    return lacks


def _like(grid: Grid) -> str | None:
    return _named([o for o in grid.options if not o.cell("like").lines and not o.cell("asks").lines], grid)


def _equal_detail(grid: Grid) -> str | None:
    for aspect, word in (("benefits", "benefits"), ("harms", "harms")):
        stated = {sum(bool(line.shares) for line in option.cell(aspect).lines) > 0 for option in grid.options}
        if len(stated) > 1:
            return f"some options have numbers for {word} and others have none"
    lengths = [sum(len(line.text.split()) for line in option.lines) for option in grid.options]
    # Readers take the longest description for the recommended one; three times as long is plain to see.
    if lengths and max(lengths) > 3 * max(1, min(lengths)):
        return "one option is described at more than three times the length of another"
    return None if grid.options else "there are no options"


def _citations(grid: Grid) -> str | None:
    cited = [line for line in grid.lines if line.by == "library" and line.citation is not None]
    if not cited:
        return "no line cites the library"
    own = sum(line.by == "physician" for line in grid.lines)
    return f"{own} of {len(grid.lines)} lines are not borne out by a source" if own * 2 > len(grid.lines) else None


def _dated(grid: Grid) -> str | None:
    if grid.made_on is None:
        return "it does not say when it was made"
    cited = [line.citation for line in grid.lines if line.citation is not None]
    if not cited:
        return "no line cites the library"
    undated = sum(citation.published is None and not citation.version for citation in cited)
    return f"{undated} sources state no date" if undated else None


def _uncertainty(grid: Grid) -> str | None:
    bare = [line for line in grid.lines if line.shares and line.certainty is None]
    if not any(line.shares for line in grid.lines):
        return "no line states a number with its certainty"
    return f"{len(bare)} lines with numbers do not say how certain they are" if bare else None


def _named(options: list[Option], grid: Grid) -> str | None:
    if not grid.options:
        return "there are no options"
    return "; ".join(option.name for option in options) or None


# Joseph-Williams and others 2014, Medical Decision Making 34:699 (IPDASi version 4), each in our own words.
ITEMS: tuple[Item, ...] = (
    Item("condition", "qualifying", "The health problem is described.", _topic("condition")),
    Item("decision", "qualifying", "The decision to be made is stated.", _topic("decision")),
    Item("options", "qualifying", "The options are listed, doing nothing among them.", _options),
    Item("benefits", "qualifying", "What is good about each option is described.", _each("benefits")),
    Item("harms", "qualifying", "What is bad about each option is described.", _each("harms")),
    Item("experience", "qualifying", "What it is like to live with each option is described.", _like),
    Item("equal_detail", "certifying", "Good and bad are shown in equal detail for every option.", _equal_detail),
    Item("citations", "certifying", "The evidence is cited.", _citations),
    Item("date", "certifying", "It says when it was made, and its sources are dated.", _dated),
    Item("updates", "certifying", "It says how it is kept up to date.", _topic("updates")),
    Item("uncertainty", "certifying", "It says how certain the numbers are.", _uncertainty),
    Item("funding", "certifying", "It says who paid for it.", _topic("funding")),
    Item("measures", "test", "It says what the test looks for.", _topic("measures")),
    Item("if_found", "test", "It says what usually follows when something is found.", _topic("if_found")),
    Item("if_clear", "test", "It says what usually follows when nothing is found.", _topic("if_clear")),
    Item("needless", "test", "It says that a test can find what would never have done harm.", _topic("needless")),
)
