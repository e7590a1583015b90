"""What a session has come to: its events, one after another. The patient's is the same over the patient's events."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cds.sharing.composing import Proposed
from cds.sharing.events import Event
from cds.sharing.grid import Cell, Grid, Kind, Line, Option, from_json
from cds.sharing.rewording import Suggested


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the patient's, and what the physician made of it."""

    id: str
    text: str
    at: datetime
    recommendation: str | None = None  # the consult the physician ran for it
    own_words: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A worry, or anything else the patient wanted to have said."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rating:
    outcome: str
    text: str
    rating: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody who was not let in, or wanted to come back."""

    because: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was decided together."""

    choice: str  # an option's name, or in words
    physician_leaned: str
    patient_leaned: str
    declined: tuple[str, ...]
    next_steps: str
    review_on: str | None  # a date as 2027-01-31
    name_on_page: str  # what the physician wants printed; empty: no identifier
    at: datetime
    recommendations: tuple[str, ...]
    confirmed: bool = False  # by the patient


@dataclass(frozen=True, slots=True)
class Shared:
    """One session as one reader knows it."""

    number: int = 0
    grid: Grid = field(default_factory=Grid)
    released: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # item → exactly what the patient was shown
    questions: tuple[Asked, ...] = ()
    notes: tuple[Note, ...] = ()
    ratings: Mapping[str, Rating] = field(default_factory=dict)
    sure: Mapping[str, bool] | None = None
    collaborate: Mapping[str, int] | None = None
    agreement: Agreement | None = None
    recommendations: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    refused: tuple[Proposed, ...] = ()  # what the model proposed and the checks did not let through
    drafted_by: str | None = None  # the model that worked on the grid
    trouble: str | None = None  # why its last work came to nothing
    easier: Mapping[str, Suggested] = field(default_factory=dict)  # by the text it would replace
    language: str = ""  # of the patient's page, once one of the two has chosen it
    device_language: str = ""  # what the patient's device asked for
    translations: Mapping[str, Mapping[str, Suggested]] = field(default_factory=dict)  # language → text → translation
    ended_at: datetime | None = None
    erased: bool = False


def fold(events: Iterable[Event]) -> Shared:
    """The session after these events."""
    state = Shared()
    for event in events:
        state = replace(state, number=event.number)
        if event.body is None:
            state = replace(state, erased=True)
        else:
            state = _APPLY.get(event.kind, _nothing)(state, event.body, event)
    return state


def _nothing(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return state


def _opened(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, recommendations=(body["recommendation"],))


def _drafted(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, grid=from_json(Grid, body["grid"]))


def _cell_edited(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    option = state.grid.option(body["option"])
    for cell in body["cells"]:
        option = option.with_cell(from_json(Cell, cell))
    return replace(state, grid=state.grid.with_option(option))


def _described(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, grid=state.grid.with_topic(from_json(Line, body["topic"])))


def _option_added(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, grid=state.grid.with_option(from_json(Option, body["option"])))


def _option_removed(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, grid=state.grid.without_option(body["option"]))


def _kind_set(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    kind: Kind = body["kind"]
    return replace(state, grid=replace(state.grid, kind=kind))


def _released(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, released={**state.released, **{item["item"]: item for item in body["items"]}})


def _withdrawn(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    gone = set(body["items"])
    return replace(state, released={name: item for name, item in state.released.items() if name not in gone})


def _asked(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, questions=(*state.questions, Asked(body["id"], body["text"], event.at)))


def _answered(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    questions = tuple(
        replace(asked, recommendation=body.get("recommendation"), own_words=body.get("own_words"))
        if asked.id == body["question"]
        else asked
        for asked in state.questions
    )
    used = (*state.recommendations, body["recommendation"]) if body.get("recommendation") else state.recommendations
    return replace(state, questions=questions, recommendations=used)


def _noted(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, notes=(*state.notes, Note(body["text"], event.at)))


def _rated(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    rating = Rating(body["outcome"], body["text"], body["rating"])
    return replace(state, ratings={**state.ratings, rating.outcome: rating})


def _sure(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, sure=body["answers"])


def _collaborate(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, collaborate=body["answers"])


def _agreed(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    texts = {**body, "declined": tuple(body["declined"]), "recommendations": tuple(body["recommendations"])}
    return replace(state, agreement=Agreement(**texts, at=event.at))


def _agreement_confirmed(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, agreement=replace(state.agreement, confirmed=True) if state.agreement else None)


def _composed(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    grid = state.grid
    for found in body["options"]:
        option: Option = from_json(Option, found)
        known = next((one for one in grid.options if one.id == option.id), None)
        if known is not None:
            for cell in option.cells:
                before = known.cell(cell.aspect)
                known = known.with_cell(replace(before, lines=(*before.lines, *cell.lines)))
        grid = grid.with_option(known or option)
    refused = tuple(Proposed(**one) for one in body["refused"])
    state = replace(state, grid=grid, refused=(*state.refused, *refused))
    return _by_model(state, body)


def _reworded(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    found = {one["source"]: Suggested(**one) for one in body["texts"]}
    return _by_model(replace(state, easier={**state.easier, **found}), body)


def _translated(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    found = {one["source"]: Suggested(**one) for one in body["texts"]}
    if not body["language"]:
        return _by_model(state, body)
    before = state.translations.get(body["language"], {})
    return _by_model(replace(state, translations={**state.translations, body["language"]: {**before, **found}}), body)


def _by_model(state: Shared, body: dict[str, Any]) -> Shared:
    return replace(state, drafted_by=body["model"] or state.drafted_by, trouble=body["because"])


def _joined(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, device_language=body.get("language", ""))


def _language_set(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, language=body["language"])


def _turned_away(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, refusals=(*state.refusals, Refusal(body.get("because", ""), event.at)))


def _ended(state: Shared, body: dict[str, Any], event: Event) -> Shared:
    return replace(state, ended_at=event.at)


# What each kind of event does. Those that are not here (codes made, joining) change no content.
_APPLY: dict[str, Callable[[Shared, dict[str, Any], Event], Shared]] = {
    "opened": _opened,
    "drafted": _drafted,
    "cell_edited": _cell_edited,
    "described": _described,
    "option_added": _option_added,
    "option_removed": _option_removed,
    "kind_set": _kind_set,
    "released": _released,
    "withdrawn": _withdrawn,
    "asked": _asked,
    "answered": _answered,
    "noted": _noted,
    "rated": _rated,
    "sure": _sure,
    "collaborate": _collaborate,
    "agreed": _agreed,
    "agreement_confirmed": _agreement_confirmed,
    "composed": _composed,
    "reworded": _reworded,
    "translated": _translated,
    "joined": _joined,
    "language_set": _language_set,
    "code_refused": _turned_away,
    "place_refused": _turned_away,
    "ended": _ended,
}
