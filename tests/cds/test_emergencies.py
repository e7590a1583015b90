"""Emergency access: one patient, a reason, an hour at most, an entry at each end, and an auditor's look."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select

from cds.access import add_to_care_list, open_patient, patients_of
from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.audit.listing import EntryFilter, list_entries
from cds.audit.tables import contents, entries
from cds.clock import FixedClock
from cds.db import Database
from cds.emergencies import break_glass, emergencies, emergency_of, end_emergency, end_past, review_emergency
from cds.errors import CdsError, Conflict, Denied, InvalidInput, NotFound
from cds.tables_access import patients

ANNA = Actor("u1", "Anna", frozenset({Role.PHYSICIAN}))
BEN = Actor("u2", "Ben", frozenset({Role.PHYSICIAN}))
AUDITOR = Actor("u3", "Cora", frozenset({Role.AUDITOR}))
ADMIN = Actor("u4", "Dan", frozenset({Role.ADMINISTRATOR}))
BOTH = Actor("u6", "Fay", frozenset({Role.PHYSICIAN, Role.AUDITOR}))
WHY = "Found unconscious in the waiting room"


@pytest.fixture
def log(clock: FixedClock) -> AuditLog:
    return AuditLog(clock=clock)


@pytest.fixture
def hospital(db: Database, clock: FixedClock, log: AuditLog) -> Database:
    """Two patients, p1 and p2; Anna cares for p1."""
    with db.transaction() as tx:
        tx.execute(insert(patients), [{"id": "p1", "created_at": clock.now()}, {"id": "p2", "created_at": clock.now()}])
        add_to_care_list(tx, ANNA.id, "p1", by=ADMIN, clock=clock, log=log)
    return db


def told(tx: Connection, kind: str) -> list[tuple[str | None, dict[str, object]]]:
    found, _ = list_entries(tx, EntryFilter(kind=kind))
    return [(one.actor, {name: one.details[name] for name in one.details if name != "content"}) for one in found]


def test_it_opens_one_record_for_the_time_asked_and_no_other(
    hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    with hospital.transaction() as tx:
        number = break_glass(tx, BEN, "p1", WHY, minutes=30, clock=clock, log=log)
        assert open_patient(tx, BEN, "p1", clock=clock, log=log).reason == f"break_glass:{number}"
        assert patients_of(tx, BEN, clock=clock) == ("p1",)
        with pytest.raises(NotFound):
            open_patient(tx, BEN, "p2", clock=clock, log=log)
    clock.at += timedelta(minutes=29, seconds=59)
    with hospital.transaction() as tx:
        assert patients_of(tx, BEN, clock=clock) == ("p1",)
    clock.at += timedelta(seconds=1)
    with hospital.transaction() as tx:
        assert patients_of(tx, BEN, clock=clock) == ()
        with pytest.raises(NotFound):
            open_patient(tx, BEN, "p1", clock=clock, log=log)


@pytest.mark.parametrize("minutes", [0, -1, 61, 480])
def test_it_never_lasts_longer_than_an_hour(minutes: int, hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx, pytest.raises(InvalidInput, match="1 to 60 minutes"):
        break_glass(tx, BEN, "p1", WHY, minutes=minutes, clock=clock, log=log)


def test_its_start_and_its_end_by_time_are_entries(hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx:
        number = break_glass(tx, BEN, "p1", WHY, clock=clock, log=log)
        assert end_past(tx, clock=clock, log=log) == 0
    clock.at += timedelta(minutes=60)
    with hospital.transaction() as tx:
        assert end_past(tx, clock=clock, log=log) == 1
        assert end_past(tx, clock=clock, log=log) == 0
        assert told(tx, "record.glass_broken") == [("u2", {"emergency": number, "minutes": 60})]
        assert told(tx, "record.glass_closed") == [(None, {"emergency": number, "because": "time"})]


def test_the_physician_ends_it_early_and_that_is_an_entry(hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx:
        number = break_glass(tx, BEN, "p1", WHY, clock=clock, log=log)
        end_emergency(tx, BEN, "p1", clock=clock, log=log)
        assert patients_of(tx, BEN, clock=clock) == ()
        assert told(tx, "record.glass_closed") == [("u2", {"emergency": number, "because": "physician"})]
        with pytest.raises(NotFound):
            end_emergency(tx, BEN, "p1", clock=clock, log=log)
    clock.at += timedelta(hours=2)
    with hospital.transaction() as tx:
        assert end_past(tx, clock=clock, log=log) == 0


def test_nobody_ends_that_of_another(hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx:
        break_glass(tx, BEN, "p2", WHY, clock=clock, log=log)
        with pytest.raises(NotFound):
            end_emergency(tx, ANNA, "p2", clock=clock, log=log)
        assert emergency_of(tx, BEN, "p2", clock=clock) is not None


def test_a_record_that_is_open_already_needs_no_emergency(hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx:
        with pytest.raises(Conflict, match="open to you already"):
            break_glass(tx, ANNA, "p1", WHY, clock=clock, log=log)
        break_glass(tx, BEN, "p1", WHY, clock=clock, log=log)
        with pytest.raises(Conflict, match="open to you already"):
            break_glass(tx, BEN, "p1", WHY, clock=clock, log=log)


def test_the_reason_is_needed_and_kept_beside_the_log(hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx:
        with pytest.raises(InvalidInput, match="Say in a few words"):
            break_glass(tx, BEN, "p1", "  x  ", clock=clock, log=log)
        break_glass(tx, BEN, "p1", "Collapsed at the front desk", clock=clock, log=log)
        entry = tx.execute(select(entries).where(entries.c.kind == "record.glass_broken")).one()
        kept = tx.execute(select(contents).where(contents.c.seq == entry.seq)).one()
        assert "Collapsed" not in entry.entry
        assert (kept.patient, kept.body) == ("p1", "Collapsed at the front desk")


@pytest.mark.parametrize("actor", [AUDITOR, ADMIN])
def test_only_physicians_open_a_record_so(actor: Actor, hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx, pytest.raises(NotFound):
        break_glass(tx, actor, "p1", "I would like to have a look", clock=clock, log=log)


def test_a_patient_who_is_not_here_looks_like_one_who_is_not_open(
    hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    with hospital.transaction() as tx, pytest.raises(NotFound) as absent:
        break_glass(tx, BEN, "absent", WHY, clock=clock, log=log)
    with hospital.transaction() as tx, pytest.raises(NotFound) as closed:
        open_patient(tx, BEN, "p1", clock=clock, log=log)
    assert (absent.value.code, absent.value.message) == (closed.value.code, closed.value.message)


def test_an_auditor_sees_each_and_records_a_finding(hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    numbers = []
    with hospital.transaction() as tx:
        for patient in ("p1", "p2"):
            numbers.append(break_glass(tx, BEN, patient, WHY, minutes=10, clock=clock, log=log))
            clock.at += timedelta(minutes=6)
        first, following = emergencies(tx, AUDITOR, clock=clock, limit=1)
        rest, last = emergencies(tx, AUDITOR, clock=clock, before=following, limit=1)
        assert [one.id for one in (*first, *rest)] == numbers[::-1] and last is None
        # The end is shown before its entry is written.
        assert (rest[0].ended_because, first[0].ended_because) == ("time", None)
        made = review_emergency(tx, AUDITOR, numbers[0], "questioned", comment="Was at home", clock=clock, log=log)
        assert (made.finding, made.reviewed_by, made.reason) == ("questioned", "u3", WHY)
        assert told(tx, "record.glass_reviewed") == [("u3", {"emergency": numbers[0], "finding": "questioned"})]


@pytest.mark.parametrize(
    ("actor", "number", "finding", "error"),
    [
        (BEN, "", "justified", Denied),
        (ADMIN, "", "justified", Denied),
        (BOTH, "", "justified", Denied),
        (AUDITOR, "absent", "justified", NotFound),
        (AUDITOR, "", "fine", InvalidInput),
    ],
)
def test_a_review_is_an_auditors_and_never_of_oneself(
    actor: Actor, number: str, finding: str, error: type[CdsError], hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    with hospital.transaction() as tx:
        broken = break_glass(tx, BOTH, "p1", WHY, clock=clock, log=log)
        with pytest.raises(error):
            review_emergency(tx, actor, number or broken, finding, clock=clock, log=log)
