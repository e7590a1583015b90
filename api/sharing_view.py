"""The physician's page of a shared session: the grid, what is missing in it, and how it stands with the patient."""

from dataclasses import dataclass
from typing import Any

from api.sharing_public import pictograph
from api.sharing_words import words
from cds.sharing.grid import ASPECTS, TOPICS, Grid, Line, denominator
from cds.sharing.linter import Finding, hard_to_read, lint
from cds.sharing.public import items_of, outcomes_of, public_item
from cds.sharing.reading import HARD, grade
from cds.sharing.rewording import hard_lines
from cds.sharing.state import Shared

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


# What the model does, in the words of the page.
DOING = {
    "grid": "is reading the library for this decision",
    "easier": "is looking for easier words",
    "language": "is translating",
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
        "drawn": {line.id: [pictograph(share, of, w=words("en")) for share in line.shares] for line in grid.lines},
        "outcomes": outcomes_of(state.released),
        "doing": DOING,
        "hard_of_library": sum(line.text not in state.easier for line in hard_lines(grid.lines)),
        "easy_grades": {text: grade(found.text) for text, found in state.easier.items()},
        "easy_refused": [found for found in state.easier.values() if found.failed is not None],
        "offers": [line.id for line in grid.lines if _is_offered(state, line)],
        **_translations(state),
    }


def _is_offered(state: Shared, line: Line) -> bool:
    found = state.easier.get(line.text)
    return found is not None and found.failed is None


def _translations(state: Shared) -> dict[str, Any]:
    known = state.translations.get(state.language, {})
    names = {option.id: known.get(option.name) for option in state.grid.options}
    return {
        "translated": known,
        "translations": {key: found.text for key, found in names.items() if found is not None and found.failed is None},
    }


def _standing(grid: Grid, state: Shared) -> dict[str, Standing]:
    found = {}
    for item in items_of(grid):
        shown = state.released.get(item)
        found[item] = Standing(shown is not None, shown is not None and shown != public_item(state, item))
    return found


def _by_level(findings: tuple[Finding, ...]) -> dict[str, list[Finding]]:
    words = {"qualifying": "Needed before anything is shown", "certifying": "Needed for a sound aid", "test": "Tests"}
    return {
        heading: [finding for finding in findings if finding.level == level]
        for level, heading in words.items()
        if any(finding.level == level for finding in findings)
    }
