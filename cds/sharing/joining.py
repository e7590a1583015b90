"""How a patient comes in: a short code, typed once within minutes, and the physician's yes on screen."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Select, delete, insert, select, update

from cds.actors import Actor
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.errors import Busy, CdsError, Conflict, NotFound
from cds.ids import new_id
from cds.sharing.events import add_event
from cds.sharing.sessions import Session, to_session
from cds.tables_sharing import session_codes, session_join_failures, session_members, sessions

# 20 consonants: no vowels that spell words, no letters or digits mistaken for one another. 20^8 codes.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH, PREFIX = 8, 2
CODE_LASTS = timedelta(minutes=10)
TRIES = 5
# A clinic's phones may share one address; a person mistypes a few times.
ADDRESS_TRIES, ADDRESS_WINDOW = 20, timedelta(minutes=10)
# After the end the patient can still read and print; a session nobody ends is over after a day's work.
READABLE_AFTER_END, LONGEST = timedelta(hours=1), timedelta(hours=12)
# The first letters of open codes are all different, so this many can be open at once, with room to draw from.
_MOST_OPEN = 300
_MARKS = ("Blue", "Green", "Red", "Yellow", "Orange", "Silver", "White", "Gold")
# In the place of the session's name in entries about codes that belong to none.
_NO_SESSION = "unknown"

State = Literal["waiting", "confirmed", "refused", "left"]


class TooManyTries(CdsError):
    """Somebody is guessing."""

    code = "too_many_attempts"


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    session: Session
    mark: str
    state: State

    @property
    def actor(self) -> Actor:
        return Actor(id=f"member:{self.id}", name="Patient", roles=frozenset())


def make_code(tx: Connection, session: Session, *, actor: Actor, clock: Clock, log: AuditLog) -> str:
    """A fresh code for this session; the one before it opens nothing any more."""
    now = clock.now()
    if session.ended_at is not None:
        raise Conflict("This session has ended.", code="session_ended")
    if any(member.state in ("waiting", "confirmed") for member in members_of(tx, session)):
        raise Conflict("Somebody is in this session already. Remove them first.", code="somebody_in")
    dead = (session_codes.c.session == session.id) | (session_codes.c.until <= now)
    tx.execute(update(session_codes).where(dead, session_codes.c.state == "open").values(state="void", code=None))
    taken = set(tx.scalars(select(session_codes.c.prefix).where(session_codes.c.state == "open")))
    if len(taken) >= _MOST_OPEN:
        raise Busy("Too many codes are waiting to be typed at this moment. Try again in a few minutes.")
    code = _draw()
    while code[:PREFIX] in taken:
        code = _draw()
    code_id = new_id()
    tx.execute(
        insert(session_codes).values(
            id=code_id,
            session=session.id,
            code=code,
            digest=_digest(code),
            prefix=code[:PREFIX],
            state="open",
            tries=0,
            until=now + CODE_LASTS,
        )
    )
    add_event(tx, session.id, kind="code_made", actor=actor, log=log, details={"code": code_id})
    return code


def open_code(tx: Connection, session: Session, *, clock: Clock) -> tuple[str, datetime] | None:
    """The code that can be typed now, and until when."""
    query = select(session_codes.c.code, session_codes.c.until).where(
        session_codes.c.session == session.id, session_codes.c.state == "open", session_codes.c.until > clock.now()
    )
    row = tx.execute(query).first()
    return (row.code, row.until) if row else None


def join(db: Database, typed: str, *, address: str, clock: Clock, log: AuditLog) -> tuple[str, Member]:
    """Type a code: a secret for the browser and a place in the waiting room. What was refused is recorded too."""
    with db.transaction() as tx:
        found = _join(tx, typed, address=_digest(f"address {address}"), clock=clock, log=log)
    if isinstance(found, CdsError):  # raised here, so that the count of wrong tries is kept
        raise found
    return found


def member_with(tx: Connection, secret: str, *, clock: Clock) -> Member:
    """Whose browser this is; nobody's when the place was refused, left or is long over."""
    row = _members().where(session_members.c.secret == _digest(secret))
    found = tx.execute(row).mappings().first()
    if found is None or found["state"] in ("refused", "left"):
        raise _gone()
    member = Member(found["member"], to_session(found), found["mark"], found["state"])
    ended, now = member.session.ended_at, clock.now()
    if found["joined_at"] < now - LONGEST or (ended is not None and ended < now - READABLE_AFTER_END):
        raise _gone()
    return member


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
    _change(tx, session, member_id, before=("waiting", "confirmed"), after="left")
    add_event(tx, session.id, kind="removed", actor=actor, log=log, audience="both", details={"member": member_id})


def leave(tx: Connection, member: Member, *, log: AuditLog) -> None:
    """The patient goes; this browser opens nothing any more."""
    _change(tx, member.session, member.id, before=("waiting", "confirmed"), after="left")
    add_event(
        tx, member.session.id, kind="left", actor=member.actor, log=log, audience="both", details={"member": member.id}
    )


def _join(tx: Connection, typed: str, *, address: str, clock: Clock, log: AuditLog) -> tuple[str, Member] | CdsError:
    now = clock.now()
    code = "".join(letter for letter in typed.upper() if letter.isalnum())[: LENGTH + 1]
    failures = (
        tx.execute(select(session_join_failures).where(session_join_failures.c.address == address)).mappings().first()
    )
    if failures and failures["since"] > now - ADDRESS_WINDOW and failures["count"] >= ADDRESS_TRIES:
        return TooManyTries("Too many wrong codes came from here. Wait ten minutes, then ask for a new code.")
    if len(code) != LENGTH or any(letter not in ALPHABET for letter in code):
        return _refused(tx, None, "code_malformed", address, now, log)
    row = (
        tx.execute(select(session_codes).where(session_codes.c.digest == _digest(code)).with_for_update())
        .mappings()
        .first()
    )
    if row is None:
        return _wrong(tx, code, address, now, log)
    if row["state"] != "open":
        return _refused(tx, row["session"], "code_used" if row["state"] == "used" else "code_void", address, now, log)
    if row["until"] <= now:
        return _refused(tx, row["session"], "code_expired", address, now, log)
    session = to_session(tx.execute(select(sessions).where(sessions.c.id == row["session"])).mappings().one())
    if session.ended_at is not None:
        return _refused(tx, session.id, "session_ended", address, now, log)
    if any(member.state in ("waiting", "confirmed") for member in members_of(tx, session)):
        return _refused(tx, session.id, "somebody_in", address, now, log)
    tx.execute(update(session_codes).where(session_codes.c.id == row["id"]).values(state="used", code=None))
    secret, mark = secrets.token_urlsafe(32), f"{secrets.choice(_MARKS)} {secrets.randbelow(90) + 10}"
    member = Member(new_id(), session, mark, "waiting")
    tx.execute(
        insert(session_members).values(
            id=member.id, session=session.id, secret=_digest(secret), mark=mark, state="waiting", joined_at=now
        )
    )
    details = {"member": member.id, "code": row["id"]}
    add_event(tx, session.id, kind="joined", actor=member.actor, log=log, details=details)
    return secret, member


def _wrong(tx: Connection, code: str, address: str, now: datetime, log: AuditLog) -> CdsError:
    """A code that opens nothing counts against the one that begins like it: five such, and it is void."""
    near = tx.execute(
        select(session_codes.c.id, session_codes.c.session, session_codes.c.tries)
        .where(session_codes.c.prefix == code[:PREFIX], session_codes.c.state == "open", session_codes.c.until > now)
        .with_for_update()
    ).first()
    if near is None:
        return _refused(tx, None, "code_unknown", address, now, log)
    void = near.tries + 1 >= TRIES
    change = {"tries": near.tries + 1, **({"state": "void", "code": None} if void else {})}
    tx.execute(update(session_codes).where(session_codes.c.id == near.id).values(**change))
    return _refused(tx, near.session, "code_void" if void else "code_unknown", address, now, log)


_MESSAGES = {
    "code_malformed": "A code has eight letters, none of them a vowel. Look again at the other screen.",
    "code_unknown": "This code is not right. Look again at the other screen.",
    "code_used": "This code has been used. Ask for a new one.",
    "code_void": "This code was typed wrongly too often, or a newer one has been made. Ask for a new one.",
    "code_expired": "This code is older than ten minutes. Ask for a new one.",
    "session_ended": "This session has ended.",
    "somebody_in": "Somebody is in this session already.",
}


def _refused(tx: Connection, session: str | None, code: str, address: str, now: datetime, log: AuditLog) -> CdsError:
    tx.execute(delete(session_join_failures).where(session_join_failures.c.since <= now - ADDRESS_WINDOW))
    counted = tx.execute(
        update(session_join_failures)
        .where(session_join_failures.c.address == address)
        .values(count=session_join_failures.c.count + 1)
    )
    if counted.rowcount == 0:
        tx.execute(insert(session_join_failures).values(address=address, count=1, since=now))
    if session is None:
        log.append(tx, kind="session.code_refused", actor=None, subject=_NO_SESSION, details={"because": code})
    else:
        nobody = Actor(id="member:unknown", name="Unknown", roles=frozenset())
        add_event(tx, session, kind="code_refused", actor=nobody, log=log, details={"because": code})
    return Conflict(_MESSAGES[code], code=code)


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


def _draw() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _gone() -> NotFound:
    return NotFound("This page belongs to no open session. Ask for a new code.", code="no_session")
