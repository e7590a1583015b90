"""What the pages of a shared session show, put in order: pictographs, questionnaires, what is new since release."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cds.sharing.grid import ASPECTS, TOPICS, Grid, Share, denominator
from cds.sharing.linter import Finding, hard_to_read, lint
from cds.sharing.public import items_of, outcomes_of, public_item
from cds.sharing.reading import HARD, grade
from cds.sharing.state import Shared

# A figure every 4 units, ten or fifty in a row: a hundred is a square that can be counted.
_STEP = 4
_IN_A_ROW = {100: 10, 1000: 50}


@dataclass(frozen=True, slots=True)
class Pictograph:
    """One number as figures: the affected first."""

    words: str
    number: str
    caption: str
    width: int
    height: int
    affected: str  # path data
    others: str


@dataclass(frozen=True, slots=True)
class PublicLine:
    """A line as the patient sees it."""

    text: str
    by: str
    certainty: str | None
    source: dict[str, Any] | None
    pictographs: tuple[Pictograph, ...]


@dataclass(frozen=True, slots=True)
class PublicOption:
    id: str
    name: str
    cells: tuple[tuple[str, tuple[PublicLine, ...]], ...]  # heading and lines; no lines: the library does not say


def pictograph(share: Share, of: int) -> Pictograph:
    """A number drawn on the decision's one denominator."""
    count = share.rate * of
    shown = min(of, round(count))
    if share.rate and not shown:
        words, number = f"fewer than 1 in {of:,}", f"<1 in {of:,}"
    else:
        sense = {"<": "fewer than ", ">": "more than ", "=": ""}[share.sense]
        more = " more" if share.more else ""
        words = number = f"{sense}{shown:,}{more} in {of:,}"
    row = _IN_A_ROW[of]
    return Pictograph(
        words=": ".join(filter(None, (f"{words} people {share.among}" if share.among else words, share.outcome))),
        number=number,
        caption=f"{f'{share.among}: ' if share.among else ''}{share.outcome}",
        width=row * _STEP,
        height=of // row * _STEP,
        affected=_dots(0, shown, row),
        others=_dots(shown, of, row),
    )


def _dots(start: int, end: int, row: int) -> str:
    """Zero-length strokes with round ends: one path instead of a thousand elements."""
    half = _STEP // 2
    return "".join(f"M{n % row * _STEP + half} {n // row * _STEP + half}h0" for n in range(start, end))


def public_options(released: Mapping[str, dict[str, Any]]) -> tuple[PublicOption, ...]:
    """The released cells by option, in the grid's order of aspects."""
    cells = [item for item in released.values() if item["kind"] == "cell"]
    shares = tuple(_share(one) for cell in cells for line in cell["lines"] for one in line["shares"])
    of = denominator(shares)
    names = {cell["option"]: cell["option_name"] for cell in cells}
    found = []
    for option, name in sorted(names.items()):  # ids sort by the time they were made
        mine = {cell["aspect"]: cell for cell in cells if cell["option"] == option}
        rows = tuple(
            (heading, tuple(_public_line(line, of) for line in mine[aspect]["lines"]))
            for aspect, heading in ASPECTS.items()
            if aspect in mine
        )
        found.append(PublicOption(option, name, rows))
    return tuple(found)


def _public_line(line: dict[str, Any], of: int) -> PublicLine:
    drawn = tuple(pictograph(_share(share), of) for share in line["shares"])
    return PublicLine(line["text"], line["by"], line["certainty"], line["source"], drawn)


def _share(share: dict[str, Any]) -> Share:
    return Share(share["count"], share["of"], share["outcome"], share["sense"], share["more"], share["among"])


def patient_values(state: Shared) -> dict[str, Any]:
    """What the patient's page is filled with: the patient's own events, and nothing else."""
    topics = {item["name"]: item["text"] for item in state.released.values() if item["kind"] == "topic"}
    answers = {item["question"]: item for item in state.released.values() if item["kind"] == "answer"}
    return {
        "topics": {name: topics[name] for name in TOPICS if name in topics},
        "topic_names": TOPICS,
        "options": public_options(state.released),
        "outcomes": outcomes_of(state.released),
        "answers": answers,
        "shared": state,
    }


# Who was turned away, as the physician reads it.
TURNED_AWAY = {
    "code_unknown": "a wrong code was typed",
    "code_used": "a used code was typed again",
    "code_void": "a code was typed wrongly too often and opens nothing any more",
    "code_replaced": "an older code was typed",
    "code_expired": "a code was typed after its ten minutes",
    "session_ended": "a code was typed after the end",
    "somebody_in": "another code was asked for, or typed, while somebody is in",
    "you_left": "a device that had left wanted to come back",
    "not_let_in": "a device that you refused tried again",
    "access_ended": "a device whose access you ended tried again",
    "talk_over": "a device came back after its time",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an item stands with the patient."""

    released: bool
    changed: bool  # since it was released


def physician_values(state: Shared) -> dict[str, Any]:
    """What the physician's page is filled with."""
    grid = state.grid
    findings = lint(grid)
    # Every number of the grid on one denominator, as the patient's page will have it.
    of = denominator(tuple(share for line in grid.lines for share in line.shares))
    return {
        "shared": state,
        "turned_away": TURNED_AWAY,
        "grid": grid,
        "aspects": ASPECTS,
        "topic_names": TOPICS,
        "standing": _standing(grid, state),
        "findings": findings,
        "missing": [finding for finding in findings if finding.level == "qualifying"],
        "levels": _by_level(findings),
        "grades": {line.id: grade(line.text) for line in (*grid.lines, *grid.topics)},
        "hard": HARD,
        "hard_lines": len(hard_to_read(grid)),
        "drawn": {line.id: [pictograph(share, of) for share in line.shares] for line in grid.lines},
        "outcomes": outcomes_of(state.released),
    }


def _standing(grid: Grid, state: Shared) -> dict[str, Standing]:
    found = {}
    for item in items_of(grid):
        shown = state.released.get(item)
        found[item] = Standing(shown is not None, shown is not None and shown != public_item(grid, item))
    return found


def _by_level(findings: tuple[Finding, ...]) -> dict[str, list[Finding]]:
    words = {"qualifying": "Needed before anything is shown", "certifying": "Needed for a sound aid", "test": "Tests"}
    return {
        heading: [finding for finding in findings if finding.level == level]
        for level, heading in words.items()
        if any(finding.level == level for finding in findings)
    }
