"""What the pages and the API do alike with consults: open the patient, read one again, list mine."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from api.hooks.cards import came_by_hook
from api.patient_strip import PatientStrip, strip_of
from api.services import Services
from cds.access import open_patient, patients_of
from cds.actors import Actor
from cds.clock import today
from cds.decisions import Decision, State, decisions_for, state_of
from cds.emergencies import emergency_of
from cds.errors import NotFound
from cds.patient import PatientScope
from cds.recommendation import AuditRef, Recommendation
from cds.recommendations import Listed, load, page, questions


@dataclass(frozen=True, slots=True)
class Consult:
    """A recommendation as it was shown, with what was decided since."""

    recommendation: Recommendation
    audit: AuditRef
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of somebody's history."""

    listed: Listed
    question: str | None
    state: State


def scope_of(services: Services, actor: Actor, patient: str | None) -> PatientScope | None:
    """The right to read this patient's record in one consult, recorded; None when no patient was chosen."""
    if not patient:
        return None
    with services.db.transaction() as tx:
        return open_patient(tx, actor, patient, clock=services.clock, log=services.log)


def strip_for(services: Services, actor: Actor, patient: str | None) -> PatientStrip | None:
    """The patient's strip, for those who may open the record."""
    scope = scope_of(services, actor, patient)
    if scope is None:
        return None
    with services.db.reading() as tx:
        facts = services.records.facts(tx, scope)
        emergency = emergency_of(tx, actor, scope.patient, clock=services.clock)
    return strip_of(facts, on=today(services.clock), emergency=emergency)


def read_consult(tx: Connection, services: Services, actor: Actor, consult_id: str) -> Consult:
    """One consult, for who asked it or who may open its patient's record; to others it does not exist."""
    try:
        recommendation, audit = load(tx, consult_id)
    except NotFound:
        raise _no_consult() from None
    if recommendation.patient is None:
        # A record that asked by a hook shows its users the link, whose 80 random bits nobody guesses.
        readable = recommendation.asked_by == actor.id or came_by_hook(tx, consult_id)
    else:
        readable = recommendation.patient in patients_of(tx, actor, clock=services.clock)
    if not readable:
        raise _no_consult()
    return Consult(recommendation, audit, decisions_for(tx, consult_id))


def _no_consult() -> NotFound:
    # In the same words whether it is absent or another's: the words would tell.
    return NotFound("There is no such consult, or it is not open to you.", code="no_consult")


def thread_of(tx: Connection, services: Services, actor: Actor, consult: Consult) -> tuple[Consult, ...]:
    """The questions this one follows up, oldest first."""
    earlier: list[Consult] = []
    follows = consult.recommendation.follows
    while follows is not None and len(earlier) < 20:  # a longer conversation is not read to its start
        try:
            before = read_consult(tx, services, actor, follows)
        except NotFound:
            break
        earlier.insert(0, before)
        follows = before.recommendation.follows
    return tuple(earlier)


def history_of(
    tx: Connection, services: Services, actor: Actor, *, before: int | None, limit: int
) -> tuple[tuple[Line, ...], int | None]:
    """My consults, newest first, and where the next page starts."""
    found = page(tx, asked_by=actor.id, before=before, limit=limit)
    asked = questions(tx, found.rows)
    lines = tuple(Line(row, asked[row.id], _state(tx, services, row)) for row in found.rows)
    return lines, found.before


def _state(tx: Connection, services: Services, row: Listed) -> State:
    decided: Sequence[Decision] = decisions_for(tx, row.id)
    return state_of(decided, asked_at=row.asked_at, now=services.clock.now())
