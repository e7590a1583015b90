"""Who came in: a place for one browser, from the waiting room to leaving."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Select, select, update

from cds.actors import Actor
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.errors import Conflict, NotFound
from cds.sharing.events import add_event
from cds.sharing.sessions import Session, to_session
from cds.tables_sharing import session_events, session_members, sessions

# After the end the patient can still read and print; a session nobody ends is over after a day's work.
READABLE_AFTER_END, LONGEST = timedelta(hours=1), timedelta(hours=12)

State = Literal["waiting", "confirmed", "refused", "left", "removed"]
_CLOSED: dict[State, str] = {"refused": "not_let_in", "left": "you_left", "removed": "access_ended"}
_MESSAGES = {
    "you_left": "You have left this talk. To come back, ask for a new code.",
    "not_let_in": "Your doctor did not let this device in. Ask them for a new code.",
    "access_ended": "Your doctor has closed this page. To come back, ask for a new code.",
    "talk_over": "This talk is over, and its page is closed.",
}


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    session: Session
    mark: str
    state: State

    @property
    def actor(self) -> Actor:
        return Actor(id=f"member:{self.id}", name="Patient", roles=frozenset())


def place(db: Database, secret: str, *, clock: Clock, log: AuditLog) -> Member:
    """Whose browser this is. A place that opens nothing any more is refused in its own words; that is recorded once."""
    with db.reading() as tx:
        member = _member_of(tx, secret)
        closed = _why_closed(tx, member, clock.now())
        if closed is None:
            return member
        name = f"{closed}-{member.id}"
        known = select(session_events.c.seq).where(
            session_events.c.session == member.session.id, session_events.c.once == name
        )
        told = tx.execute(known).first() is not None
    if not told:
        with db.transaction() as tx:
            note_refusal(tx, member.session.id, "place_refused", member.actor, closed, log, once=name)
    raise NotFound(_MESSAGES[closed], code=closed)


def member_with(tx: Connection, secret: str, *, clock: Clock) -> Member:
    """The same within a transaction that writes."""
    member = _member_of(tx, secret)
    closed = _why_closed(tx, member, clock.now())
    if closed is not None:
        raise NotFound(_MESSAGES[closed], code=closed)
    return member


def _member_of(tx: Connection, secret: str) -> Member:
    row = tx.execute(_members().where(session_members.c.secret == digest(secret))).mappings().first()
    if row is None:
        raise NotFound("This page belongs to no open session. Ask for a new code.", code="no_session")
    return Member(row["member"], to_session(row), row["mark"], row["state"])


def _why_closed(tx: Connection, member: Member, now: datetime) -> str | None:
    if member.state in _CLOSED:
        return _CLOSED[member.state]
    joined = select(session_members.c.joined_at).where(session_members.c.id == member.id)
    ended = member.session.ended_at
    over = tx.execute(joined).scalar_one() < now - LONGEST or (ended is not None and ended < now - READABLE_AFTER_END)
    return "talk_over" if over else None


def members_of(tx: Connection, session: Session) -> tuple[Member, ...]:
    """Everybody who ever joined, in order."""
    query = _members().where(session_members.c.session == session.id).order_by(session_members.c.id)
    return tuple(Member(row["member"], session, row["mark"], row["state"]) for row in tx.execute(query).mappings())


def admit(tx: Connection, session: Session, member_id: str, *, yes: bool, actor: Actor, log: AuditLog) -> None:
    """The physician has looked at the mark on the other screen: let them in, or not."""
    _change(tx, session, member_id, before=("waiting",), after="confirmed" if yes else "refused")
    kind = "confirmed" if yes else "refused"
    add_event(tx, session.id, kind=kind, actor=actor, log=log, audience="both", details={"member": member_id})


def remove(tx: Connection, session: Session, member_id: str, *, actor: Actor, log: AuditLog) -> None:
    """The physician ends somebody's place."""
    _change(tx, session, member_id, before=("waiting", "confirmed"), after="removed")
    add_event(tx, session.id, kind="removed", actor=actor, log=log, audience="both", details={"member": member_id})


def leave(tx: Connection, member: Member, *, log: AuditLog) -> None:
    """The patient goes; this browser opens nothing any more."""
    _change(tx, member.session, member.id, before=("waiting", "confirmed"), after="left")
    add_event(
        tx, member.session.id, kind="left", actor=member.actor, log=log, audience="both", details={"member": member.id}
    )


def somebody_in(tx: Connection, session: Session) -> bool:
    """Whether a browser is in, or waits at the door."""
    return any(member.state in ("waiting", "confirmed") for member in members_of(tx, session))


def note_refusal(
    tx: Connection, session: str, kind: str, actor: Actor, because: str, log: AuditLog, *, once: str | None = None
) -> None:
    """Somebody was turned away: an entry, and a line for the physician."""
    said = {"because": because}
    add_event(tx, session, kind=kind, actor=actor, log=log, body=said, details=said, once=once)


def _change(tx: Connection, session: Session, member_id: str, *, before: tuple[State, ...], after: State) -> None:
    changed = tx.execute(
        update(session_members)
        .where(
            session_members.c.id == member_id,
            session_members.c.session == session.id,
            session_members.c.state.in_(before),
        )
        .values(state=after)
    )
    if changed.rowcount == 0:
        raise Conflict("They are not waiting here any more.", code="member_gone")


def _members() -> Select[Any]:
    return select(
        sessions,
        session_members.c.id.label("member"),
        session_members.c.mark,
        session_members.c.state,
        session_members.c.joined_at,
    ).join(session_members, session_members.c.session == sessions.c.id)


def digest(text: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(text.encode()).hexdigest()
