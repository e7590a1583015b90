"""A shared session: opened, found again, ended. Each step is an event and an entry of the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import Clock
from cds.errors import Conflict, Denied, NotFound
from cds.ids import new_id
from cds.recommendation import Recommendation
from cds.sharing.events import add_event, read_events
from cds.sharing.grid import Grid, to_json
from cds.sharing.state import Shared, fold
from cds.tables_sharing import sessions


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


def end(hand: Hand, *, clock: Clock) -> None:
    """Nothing is added afterwards; the patient can still read and print for a while."""
    hand.add("ended", audience="both")
    hand.tx.execute(update(sessions).where(sessions.c.id == hand.session.id).values(ended_at=clock.now()))
