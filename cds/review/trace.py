"""One recommendation as it was shown, with all that happened before and after; reading it needs a stated purpose."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from cds.actors import Actor, Role
from cds.audit.listing import Entry, entries_about, get_entry
from cds.audit.log import AuditLog, moment
from cds.audit.tables import entries
from cds.clock import Clock
from cds.decisions import Decision, State, decisions_for, state_of
from cds.errors import Denied, InvalidInput, NotFound
from cds.recommendation import AuditRef, Recommendation
from cds.recommendation_json import to_json
from cds.recommendations import load
from cds.review.notes import Note, notes_for
from cds.tables_recommendations import citations, recommendations

PURPOSES = {
    "quality": "Routine review of quality",
    "incident": "A complaint or an incident",
    "recall": "A document was withdrawn or replaced",
    "research": "Research with an approval",
    "technical": "Finding a technical fault",
}
# A purpose stated holds for one sitting.
_SITTING = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything kept about one recommendation."""

    recommendation: Recommendation
    audit: AuditRef
    decisions: tuple[Decision, ...]
    state: State
    notes: tuple[Note, ...]
    events: tuple[Entry, ...]  # of the log, in order

    def to_json(self) -> dict[str, Any]:
        document = to_json(self.recommendation, self.audit, self.decisions)
        return document | {
            "state": self.state,
            "notes": [note.to_json() for note in self.notes],
            "events": [event.to_json() for event in self.events],
        }


def open_for_review(tx: Connection, actor: Actor, recommendation_id: str, *, purpose: str, log: AuditLog) -> None:
    """State why its content is going to be read; that is itself an entry."""
    if not actor.is_a(Role.AUDITOR):
        raise Denied("Reviewing is an auditor's.")
    if purpose not in PURPOSES:
        raise InvalidInput(f"State a purpose: {', '.join(PURPOSES)}.", code="purpose_missing")
    _exists(tx, recommendation_id)
    log.append(tx, kind="review.opened", actor=actor, subject=recommendation_id, details={"purpose": purpose})


def purpose_of(tx: Connection, actor: Actor, recommendation_id: str, *, clock: Clock) -> str | None:
    """The purpose this auditor stated for this recommendation in this sitting."""
    found = tx.execute(
        select(entries.c.seq)
        .where(
            entries.c.subject == recommendation_id,
            entries.c.kind == "review.opened",
            entries.c.actor == actor.id,
            entries.c.at >= moment(clock.now() - _SITTING),
        )
        .order_by(entries.c.seq.desc())
        .limit(1)
    ).scalar()
    return None if found is None else str(get_entry(tx, found).details["purpose"])


def trace(tx: Connection, actor: Actor, recommendation_id: str, *, clock: Clock) -> Trace:
    """The whole story, for an auditor who stated why it is read."""
    _exists(tx, recommendation_id)
    if purpose_of(tx, actor, recommendation_id, clock=clock) is None:
        raise Denied("State first why you read this recommendation.", code="purpose_missing")
    recommendation, audit = load(tx, recommendation_id)
    decided = decisions_for(tx, recommendation_id)
    return Trace(
        recommendation=recommendation,
        audit=audit,
        decisions=decided,
        state=state_of(decided, asked_at=recommendation.asked_at, now=clock.now()),
        notes=notes_for(tx, recommendation_id),
        events=_events(tx, recommendation_id, audit, decided),
    )


def _exists(tx: Connection, recommendation_id: str) -> None:
    if tx.execute(select(recommendations.c.id).where(recommendations.c.id == recommendation_id)).first() is None:
        raise NotFound("There is no such recommendation.")


def _events(
    tx: Connection, recommendation_id: str, audit: AuditRef, decided: tuple[Decision, ...]
) -> tuple[Entry, ...]:
    """Its own entries, its decisions, and what became of the editions it rests on."""
    found = {entry.seq: entry for entry in entries_about(tx, recommendation_id)}
    for decision in decided:
        found[decision.seq] = get_entry(tx, decision.seq)
    editions = select(citations.c.edition).where(citations.c.recommendation == recommendation_id).distinct()
    for edition in tx.execute(editions).scalars().all():
        found |= {entry.seq: entry for entry in entries_about(tx, edition) if entry.seq > audit.seq}
    return tuple(found[seq] for seq in sorted(found))
