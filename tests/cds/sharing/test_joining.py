"""Join codes: what they are made of, and that guessing does not open one."""

import secrets
from datetime import UTC, datetime

import pytest

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import CdsError
from cds.recommendation import Recommendation, Stamp
from cds.sharing import joining, members
from cds.sharing.events import add_event, read_events
from cds.sharing.grid import Grid
from cds.sharing.sessions import Session, open_session

PHYSICIAN = Actor("dr", "Dr A", frozenset({Role.PHYSICIAN}))


def recommendation() -> Recommendation:
    return Recommendation(
        id="r1",
        status="quoted",
        question="Which?",
        patient=None,
        asked_at=datetime(2026, 11, 21, tzinfo=UTC),
        asked_by="dr",
        statements=(),
        withheld=(),
        warnings=(),
        evidence=(),
        contradictions=(),
        abstention=None,
        referral=None,
        stamp=Stamp(None, None, None, None, "0"),
    )


@pytest.fixture
def log(clock: FixedClock) -> AuditLog:
    return AuditLog(clock=clock)


@pytest.fixture
def session(db: Database, clock: FixedClock, log: AuditLog) -> Session:
    with db.transaction() as tx:
        return open_session(tx, recommendation(), Grid(), actor=PHYSICIAN, clock=clock, log=log)


def make(db: Database, session: Session, clock: FixedClock, log: AuditLog) -> str:
    with db.transaction() as tx:
        return joining.make_code(tx, session, actor=PHYSICIAN, clock=clock, log=log)


def test_a_code_is_eight_of_twenty_consonants(db: Database, session: Session, clock: FixedClock, log: AuditLog) -> None:
    code = make(db, session, clock, log)
    assert len(code) == 8 and set(code) <= set("BCDFGHJKLMNPQRSTVWXZ") and len(joining.ALPHABET) == 20


@pytest.mark.parametrize("typed", ["{0}-{1}", " {0} {1} ", "{0}{1}"])
def test_a_code_is_read_as_people_type_it(
    db: Database, session: Session, clock: FixedClock, log: AuditLog, typed: str
) -> None:
    code = make(db, session, clock, log)
    _, member = joining.join(db, typed.format(code[:4], code[4:]).lower(), address="1", clock=clock, log=log)
    assert member.state == "waiting"


def test_guessing_opens_nothing(db: Database, session: Session, clock: FixedClock, log: AuditLog) -> None:
    code = make(db, session, clock, log)
    for number in range(60):
        guess = "".join(secrets.choice(joining.ALPHABET) for _ in range(8))
        if guess == code:
            continue
        with pytest.raises(CdsError):
            joining.join(db, guess, address=str(number // 5), clock=clock, log=log)
    with db.reading() as tx:
        assert members.members_of(tx, session) == ()


def test_the_digest_of_a_used_code_is_all_that_is_left_of_it(
    db: Database, session: Session, clock: FixedClock, log: AuditLog
) -> None:
    from sqlalchemy import select

    from cds.tables_sharing import session_codes

    joining.join(db, make(db, session, clock, log), address="1", clock=clock, log=log)
    with db.reading() as tx:
        (row,) = tx.execute(select(session_codes.c.code, session_codes.c.state)).all()
    assert tuple(row) == (None, "used")


def test_events_of_two_writers_keep_one_order(db: Database, session: Session, log: AuditLog) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def write(n: int) -> int:
        with db.transaction() as tx:
            return add_event(tx, session.id, kind="noted", actor=PHYSICIAN, log=log, body={"text": str(n)})

    with ThreadPoolExecutor(4) as pool:
        numbers = sorted(pool.map(write, range(40)))
    assert numbers == list(range(3, 43))
    with db.reading() as tx:
        assert [event.number for event in read_events(tx, session.id, audience="physician", after=2)] == numbers


def test_an_event_that_was_altered_is_not_shown(db: Database, session: Session, log: AuditLog) -> None:
    from sqlalchemy import text

    from cds.errors import Integrity

    with db.transaction() as tx:
        trigger = "DROP TRIGGER audit_contents_erase_only"
        tx.execute(text(f"{trigger} ON audit_contents" if tx.dialect.name == "postgresql" else trigger))
        tx.execute(text('UPDATE audit_contents SET body = \'{"recommendation":"other"}\' WHERE body LIKE \'%"r1"%\''))
    with db.reading() as tx, pytest.raises(Integrity):
        read_events(tx, session.id, audience="physician")
