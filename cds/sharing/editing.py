"""The physician's work on the grid. Every change is checked again and changes nothing that the patient sees."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cds.errors import InvalidInput, NotFound
from cds.evidence import Passage
from cds.ids import new_id
from cds.sharing.checking import checked
from cds.sharing.grid import ASPECTS, TOPICS, Cell, Line, Option, to_json
from cds.sharing.rewording import LANGUAGES, Suggested
from cds.sharing.sessions import Hand
from cds.sharing.texts import LONGEST_LINE, trimmed

# More are not compared at a glance.
_MOST_OPTIONS = 6


def edit_cell(
    hand: Hand, option_id: str, aspect: str, lines: Sequence[tuple[str, str]], passages: Mapping[str, Passage]
) -> None:
    """Give a cell these lines (id and text; a new id is the physician's own line). Each is checked again."""
    option = hand.state().grid.option(option_id)
    known = {line.id: line for line in option.cell(aspect).lines}
    made = []
    for line_id, text in lines:
        text = trimmed(text, longest=LONGEST_LINE)
        if not text:
            continue
        line = known.get(line_id)
        if line is None:
            made.append(checked(Line(new_id(), text), None))
        elif line.text == text:
            made.append(line)
        else:
            passage = passages.get(line.citation.passage) if line.citation else None
            made.append(checked(replace(line, text=text), passage))
    cell = Cell(option.cell(aspect).aspect, tuple(made))
    hand.add("cell_edited", body={"option": option_id, "cells": [to_json(cell)]}, details={"aspect": aspect})


def move_line(hand: Hand, option_id: str, line_id: str, to: str) -> None:
    """Put a line into another cell of its option."""
    option = hand.state().grid.option(option_id)
    source = next((cell for cell in option.cells if any(line.id == line_id for line in cell.lines)), None)
    if source is None or to not in ASPECTS:
        raise NotFound("There is no such line or cell.")
    if source.aspect == to:
        return
    moved = next(line for line in source.lines if line.id == line_id)
    left = replace(source, lines=tuple(line for line in source.lines if line.id != line_id))
    target = option.cell(to)
    right = replace(target, lines=(*target.lines, moved))
    hand.add(
        "cell_edited", body={"option": option_id, "cells": [to_json(left), to_json(right)]}, details={"aspect": to}
    )


def describe(hand: Hand, name: str, text: str) -> None:
    """Write one of the things said about the decision as a whole."""
    if name not in TOPICS:
        raise NotFound("There is no such field.")
    line = Line(name, trimmed(text), by="physician")
    hand.add("described", body={"topic": to_json(line)}, details={"topic": name})


def set_kind(hand: Hand, kind: str) -> None:
    """Say whether the decision is about a treatment or about a test."""
    if kind not in ("treatment", "test"):
        raise InvalidInput("A decision is about a treatment or about a test.")
    hand.add("kind_set", body={"kind": kind})


def add_option(hand: Hand, option: Option) -> None:
    """One more option."""
    grid = hand.state().grid
    if len(grid.options) >= _MOST_OPTIONS:
        raise InvalidInput(f"More than {_MOST_OPTIONS} options are not compared at a glance.", code="too_many_options")
    if not option.name.strip():
        raise InvalidInput("Name the option.", code="name_missing")
    hand.add("option_added", body={"option": to_json(option)}, details={"option": option.id})


def remove_option(hand: Hand, option_id: str) -> None:
    """Take an option out, also from what the patient sees."""
    state = hand.state()
    state.grid.option(option_id)
    shown = [item for item in state.released if item.startswith(f"{option_id}.")]
    if shown:
        hand.add("withdrawn", audience="both", body={"items": shown})
    hand.add("option_removed", body={"option": option_id}, details={"option": option_id})


def use_easier(hand: Hand, sources: Sequence[str], passages: Mapping[str, Passage]) -> None:
    """Put the easier wording in the place of these lines' texts; each is checked once more."""
    state = hand.state()
    for option in state.grid.options:
        changed = []
        for cell in option.cells:
            lines = tuple(_easier(line, state.easier, sources, passages) for line in cell.lines)
            if lines != cell.lines:
                changed.append(replace(cell, lines=lines))
        if changed:
            body = {"option": option.id, "cells": [to_json(cell) for cell in changed]}
            hand.add("cell_edited", body=body, details={"aspect": ",".join(cell.aspect for cell in changed)})


def _easier(
    line: Line, known: Mapping[str, Suggested], sources: Sequence[str], passages: Mapping[str, Passage]
) -> Line:
    found = known.get(line.text)
    if found is None or found.failed is not None or line.citation is None or line.id not in sources:
        return line
    return checked(replace(line, text=found.text), passages.get(line.citation.passage))


def set_language(hand: Hand, language: str, *, once: str | None = None) -> None:
    """The language of the patient's page; either of the two may choose it."""
    if language not in LANGUAGES:
        raise InvalidInput("These pages do not speak that language yet.", code="unknown_language")
    if hand.state().language != language:
        hand.add("language_set", audience="both", body={"language": language}, once=once)
