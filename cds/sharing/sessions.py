"""A shared session from opening to agreement. Every step is an event and an audit entry of the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import Clock
from cds.errors import Conflict, Denied, InvalidInput, NotFound
from cds.evidence import Passage
from cds.ids import new_id
from cds.recommendation import Recommendation
from cds.sharing.checking import checked
from cds.sharing.events import add_event, read_events
from cds.sharing.grid import ASPECTS, TOPICS, Cell, Grid, Line, Option, to_json
from cds.sharing.linter import lint
from cds.sharing.release import public_answer, public_item
from cds.sharing.state import Asked, Shared, fold
from cds.tables_sharing import sessions

# A cell is read on a phone; a text is read in a consult.
_LONGEST_LINE, _LONGEST_TEXT, _MOST_OPTIONS = 600, 4000, 6


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    physician: str
    patient: str | None
    recommendation: str
    opened_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts in which session, and what it takes to write that down."""

    tx: Connection
    session: Session
    actor: Actor
    log: AuditLog

    def add(self, kind: str, **more: Any) -> int:
        if self.session.ended_at is not None:
            raise Conflict("This session has ended.", code="session_ended")
        return add_event(self.tx, self.session.id, kind=kind, actor=self.actor, log=self.log, **more)

    def state(self) -> Shared:
        return fold(read_events(self.tx, self.session.id, audience="physician"))


def open_session(
    tx: Connection, recommendation: Recommendation, grid: Grid, *, actor: Actor, clock: Clock, log: AuditLog
) -> Session:
    """A new session about this recommendation's question, with a first draft of its grid."""
    if not actor.is_a(Role.PHYSICIAN):
        raise Denied("A shared session is opened by a physician.")
    session = Session(new_id(), actor.id, recommendation.patient, recommendation.id, clock.now(), None)
    tx.execute(
        insert(sessions).values(
            id=session.id,
            physician=session.physician,
            patient=session.patient,
            recommendation=session.recommendation,
            opened_at=session.opened_at,
            last_number=0,
        )
    )
    hand = Hand(tx, session, actor, log)
    body = {"recommendation": recommendation.id}
    hand.add("opened", body=body, details={"recommendation": recommendation.id, "patient": recommendation.patient})
    hand.add("drafted", body={"grid": to_json(grid)}, details={"options": len(grid.options)})
    return session


def session_of(tx: Connection, session_id: str, *, actor: Actor) -> Session:
    """A session of this physician; to others it does not exist."""
    query = select(sessions).where(sessions.c.id == session_id, sessions.c.physician == actor.id)
    row = tx.execute(query).mappings().first()
    if row is None:
        raise NotFound("There is no such session, or it is not open to you.")
    return to_session(row)


def sessions_by(tx: Connection, actor: Actor, *, limit: int = 100) -> tuple[Session, ...]:
    """This physician's sessions, newest first."""
    query = select(sessions).where(sessions.c.physician == actor.id).order_by(sessions.c.opened_at.desc()).limit(limit)
    return tuple(to_session(row) for row in tx.execute(query).mappings())


def to_session(row: RowMapping) -> Session:
    """A row as the session it is."""
    return Session(
        row["id"], row["physician"], row["patient"], row["recommendation"], row["opened_at"], row["ended_at"]
    )


# ── the physician's work on the grid ────────────────────────────────────────────────────────────────────────────────


def edit_cell(
    hand: Hand, option_id: str, aspect: str, lines: Sequence[tuple[str, str]], passages: Mapping[str, Passage]
) -> None:
    """Give a cell these lines (id and text; a new id is the physician's own line). Each is checked again."""
    option = hand.state().grid.option(option_id)
    known = {line.id: line for line in option.cell(aspect).lines}
    made = []
    for line_id, text in lines:
        text = _text(text, longest=_LONGEST_LINE)
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
    line = Line(name, _text(text), by="physician")
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


def release(hand: Hand, items: Sequence[str], *, reason: str = "") -> None:
    """Let the patient see these items as they are now. With a qualifying item missing, a reason is needed."""
    state = hand.state()
    if not items:
        raise InvalidInput("Choose what to release.", code="nothing_chosen")
    missing = [finding.item for finding in lint(state.grid) if finding.level == "qualifying"]
    reason = _text(reason)
    if missing and not reason:
        raise Conflict(
            "This does not yet describe the decision fully; see what is missing. To release it all the same, say why.",
            code="reason_needed",
        )
    shown = [public_item(state.grid, item) for item in dict.fromkeys(items)]
    details = {"items": [item["item"] for item in shown], "missing": missing}
    if missing:  # in an entry of its own: the patient's list says nothing of it
        hand.add("released_incomplete", body={"reason": reason}, details=details)
    hand.add("released", audience="both", body={"items": shown}, details=details)


def withdraw(hand: Hand, items: Sequence[str]) -> None:
    """Take items back from the patient's page."""
    shown = [item for item in items if item in hand.state().released]
    if shown:
        hand.add("withdrawn", audience="both", body={"items": shown}, details={"items": shown})


# ── questions, values, agreement ────────────────────────────────────────────────────────────────────────────────────


def ask(hand: Hand, text: str, *, once: str | None = None) -> None:
    """The patient's question, to the physician."""
    body = {"id": new_id(), "text": _needed(text, "Write your question first.")}
    hand.add("asked", audience="both", body=body, once=once)


def answer(hand: Hand, question: str, *, recommendation: str | None = None, own_words: str = "") -> None:
    """What the physician found for a question: a consult, own words, or both. Nobody else sees it yet."""
    asked = question_of(hand.state(), question)
    own_words = _text(own_words) or asked.own_words or ""
    recommendation = recommendation or asked.recommendation
    if not own_words and recommendation is None:
        raise InvalidInput("Write an answer first.", code="text_missing")
    body = {"question": question, "recommendation": recommendation, "own_words": own_words or None}
    hand.add("answered", body=body, details={"recommendation": recommendation})


def release_answer(hand: Hand, question: str, recommendation: Recommendation | None) -> None:
    """Let the patient see the answer."""
    shown = public_answer(question_of(hand.state(), question), recommendation)
    hand.add("released", audience="both", body={"items": [shown]}, details={"items": [shown["item"]]})


def note(hand: Hand, text: str, *, once: str | None = None) -> None:
    """What worries the patient, or should be known."""
    hand.add("noted", audience="both", body={"text": _needed(text, "Write something first.")}, once=once)


def rate(hand: Hand, outcome: str, text: str, rating: int, *, once: str | None = None) -> None:
    """How much an outcome matters to the patient."""
    hand.add("rated", audience="both", body={"outcome": outcome, "text": text, "rating": rating}, once=once)


def answer_questionnaire(
    hand: Hand, name: str, answers: Mapping[str, bool] | Mapping[str, int], *, once: str | None = None
) -> None:
    """SURE or CollaboRATE, filled in by the patient."""
    hand.add(name, audience="both", body={"answers": dict(answers)}, once=once)


def agree(
    hand: Hand,
    *,
    choice: str,
    physician_leaned: str,
    patient_leaned: str,
    declined: Sequence[str],
    next_steps: str,
    review_on: date | None,
    name_on_page: str,
) -> None:
    """Write down what was decided together, with the recommendations it rests on."""
    rests_on = list(dict.fromkeys(hand.state().recommendations))
    body = {
        "choice": _needed(choice, "Say what was decided; “to decide later” is a decision too."),
        "physician_leaned": _text(physician_leaned),
        "patient_leaned": _text(patient_leaned),
        "declined": [_text(one) for one in declined if one.strip()],
        "next_steps": _text(next_steps),
        "review_on": review_on.isoformat() if review_on else None,
        "name_on_page": _text(name_on_page, longest=200),
        "recommendations": rests_on,
    }
    hand.add("agreed", audience="both", body=body, details={"recommendations": rests_on})


def confirm_agreement(hand: Hand, *, once: str | None = None) -> None:
    """The patient says that this is what was decided."""
    hand.add("agreement_confirmed", audience="both", once=once)


def end(hand: Hand, *, clock: Clock) -> None:
    """Nothing is added afterwards; the patient can still read and print for a while."""
    hand.add("ended", audience="both")
    hand.tx.execute(update(sessions).where(sessions.c.id == hand.session.id).values(ended_at=clock.now()))


def question_of(state: Shared, question: str) -> Asked:
    """One of the questions asked in this session."""
    found = next((asked for asked in state.questions if asked.id == question), None)
    if found is None:
        raise NotFound("There is no such question.")
    return found


def _needed(text: str, otherwise: str) -> str:
    text = _text(text)
    if not text:
        raise InvalidInput(otherwise, code="text_missing")
    return text


def _text(text: str, *, longest: int = _LONGEST_TEXT) -> str:
    text = text.replace("\r\n", "\n").strip()
    if len(text) > longest:
        raise InvalidInput(f"At most {longest} characters go here.", code="too_long")
    return text
