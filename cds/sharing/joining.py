"""How a patient comes in: a short code, typed once within minutes, and the physician's yes on screen."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from cds.actors import Actor
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.errors import Busy, CdsError, Conflict
from cds.ids import new_id
from cds.sharing.events import add_event
from cds.sharing.members import Member, digest, note_refusal, somebody_in
from cds.sharing.sessions import Session, to_session
from cds.tables_sharing import session_codes, session_join_failures, session_members, sessions

# 20 consonants: no vowels that spell words, no letters or digits mistaken for one another. 20^8 codes.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH, PREFIX = 8, 2
CODE_LASTS = timedelta(minutes=10)
TRIES = 5
# A clinic's phones may share one address; a person mistypes a few times.
ADDRESS_TRIES, ADDRESS_WINDOW = 20, timedelta(minutes=10)
# The first letters of open codes are all different, so this many can be open at once, with room to draw from.
_MOST_OPEN = 300
_MARKS = ("Blue", "Green", "Red", "Yellow", "Orange", "Silver", "White", "Gold")
_NOBODY = Actor(id="member:unknown", name="Unknown", roles=frozenset())
# In the place of the session's name in entries about codes that belong to none.
_NO_SESSION = "unknown"


class TooManyTries(CdsError):
    """Somebody is guessing."""

    code = "too_many_attempts"


def invite(db: Database, session: Session, *, actor: Actor, clock: Clock, log: AuditLog) -> str:
    """A fresh code; when there can be none, that it was refused is recorded too."""
    with db.transaction() as tx:
        refused = _why_no_code(tx, session)
        if refused is None:
            return make_code(tx, session, actor=actor, clock=clock, log=log)
        note_refusal(tx, session.id, "code_refused", actor, refused.code, log)
    raise refused


def make_code(tx: Connection, session: Session, *, actor: Actor, clock: Clock, log: AuditLog) -> str:
    """A fresh code for this session; the one before it opens nothing any more."""
    now = clock.now()
    if (refused := _why_no_code(tx, session)) is not None:
        raise refused
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
            digest=digest(code),
            prefix=code[:PREFIX],
            state="open",
            tries=0,
            until=now + CODE_LASTS,
        )
    )
    add_event(tx, session.id, kind="code_made", actor=actor, log=log, details={"code": code_id})
    return code


def _why_no_code(tx: Connection, session: Session) -> CdsError | None:
    ended = tx.execute(select(sessions.c.ended_at).where(sessions.c.id == session.id)).scalar_one()
    if ended is not None:
        return Conflict("This session has ended.", code="session_ended")
    if somebody_in(tx, session):
        return Conflict("Somebody is in this session already. End their access first.", code="somebody_in")
    return None


def open_code(tx: Connection, session: Session, *, clock: Clock) -> tuple[str, datetime] | None:
    """The code that can be typed now, and until when."""
    query = select(session_codes.c.code, session_codes.c.until).where(
        session_codes.c.session == session.id, session_codes.c.state == "open", session_codes.c.until > clock.now()
    )
    row = tx.execute(query).first()
    return (row.code, row.until) if row else None


def join(
    db: Database, typed: str, *, address: str, clock: Clock, log: AuditLog, language: str = ""
) -> tuple[str, Member]:
    """Type a code: a secret for the browser and a place in the waiting room. What was refused is recorded too."""
    with db.transaction() as tx:
        found = _join(tx, typed, address=digest(f"address {address}"), language=language, clock=clock, log=log)
    if isinstance(found, CdsError):  # raised here, so that the count of wrong tries is kept
        raise found
    return found


def _join(
    tx: Connection, typed: str, *, address: str, language: str, clock: Clock, log: AuditLog
) -> tuple[str, Member] | CdsError:
    now = clock.now()
    code = "".join(letter for letter in typed.upper() if letter.isalnum())[: LENGTH + 1]
    failures = (
        tx.execute(select(session_join_failures).where(session_join_failures.c.address == address)).mappings().first()
    )
    if failures and failures["since"] > now - ADDRESS_WINDOW and failures["count"] >= ADDRESS_TRIES:
        if failures["count"] == ADDRESS_TRIES:  # recorded once: guessing must not fill the log
            _count_failure(tx, address, now)
            log.append(
                tx, kind="session.code_refused", actor=None, subject=_NO_SESSION, details={"because": TooManyTries.code}
            )
        return TooManyTries("Too many wrong codes came from here. Wait ten minutes, then ask for a new code.")
    if len(code) != LENGTH or any(letter not in ALPHABET for letter in code):
        return _refused(tx, None, "code_malformed", address, now, log)
    row = (
        tx.execute(select(session_codes).where(session_codes.c.digest == digest(code)).with_for_update())
        .mappings()
        .first()
    )
    if row is None:
        return _wrong(tx, code, address, now, log)
    session = to_session(tx.execute(select(sessions).where(sessions.c.id == row["session"])).mappings().one())
    if (why := _why_not(tx, row, session, now)) is not None:
        return _refused(tx, session.id, why, address, now, log)
    tx.execute(update(session_codes).where(session_codes.c.id == row["id"]).values(state="used", code=None))
    secret, mark = secrets.token_urlsafe(32), f"{secrets.choice(_MARKS)} {secrets.randbelow(90) + 10}"
    member = Member(new_id(), session, mark, "waiting")
    tx.execute(
        insert(session_members).values(
            id=member.id, session=session.id, secret=digest(secret), mark=mark, state="waiting", joined_at=now
        )
    )
    details = {"member": member.id, "code": row["id"]}
    add_event(tx, session.id, kind="joined", actor=member.actor, log=log, body={"language": language}, details=details)
    return secret, member


def _why_not(tx: Connection, row: RowMapping, session: Session, now: datetime) -> str | None:
    """Why the right letters open nothing."""
    if session.ended_at is not None:
        return "session_ended"
    if somebody_in(tx, session):
        return "somebody_in"
    if row["state"] == "used":
        return "code_used"
    if row["state"] == "void":
        return "code_void" if row["tries"] >= TRIES else "code_replaced"
    return "code_expired" if row["until"] <= now else None


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
    "code_void": "This code was typed wrongly too often. Ask for a new one.",
    "code_replaced": "A newer code has been made. Look again at the other screen.",
    "code_expired": "This code is older than ten minutes. Ask for a new one.",
    "session_ended": "This talk has ended.",
    "somebody_in": "Somebody has come in with a code already. If that was not you, tell your doctor now.",
}


def _refused(tx: Connection, session: str | None, code: str, address: str, now: datetime, log: AuditLog) -> CdsError:
    _count_failure(tx, address, now)
    if session is None:
        log.append(tx, kind="session.code_refused", actor=None, subject=_NO_SESSION, details={"because": code})
    else:
        note_refusal(tx, session, "code_refused", _NOBODY, code, log)
    return Conflict(_MESSAGES[code], code=code)


def _count_failure(tx: Connection, address: str, now: datetime) -> None:
    tx.execute(delete(session_join_failures).where(session_join_failures.c.since <= now - ADDRESS_WINDOW))
    counted = tx.execute(
        update(session_join_failures)
        .where(session_join_failures.c.address == address)
        .values(count=session_join_failures.c.count + 1)
    )
    if counted.rowcount == 0:
        tx.execute(insert(session_join_failures).values(address=address, count=1, since=now))


def _draw() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
