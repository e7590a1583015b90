"""Who may open a patient's record, and that every opening is recorded."""

import pytest
from sqlalchemy import Connection, insert, select

from cds.access import (
    add_to_care_list,
    care_list_of,
    forget,
    hold,
    open_patient,
    patients_of,
    release_hold,
    remove_from_care_list,
)
from cds.actors import Actor, Role, local_operator
from cds.audit import AuditLog
from cds.audit.tables import entries
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import Conflict, Denied, NotFound
from cds.patient import PatientScope
from cds.tables_access import patients

ANNA = Actor("u1", "Anna", frozenset({Role.PHYSICIAN}))
BEN = Actor("u2", "Ben", frozenset({Role.PHYSICIAN}))
AUDITOR = Actor("u3", "Cora", frozenset({Role.AUDITOR}))
ADMIN = Actor("u4", "Dan", frozenset({Role.ADMINISTRATOR}))
LIBRARIAN = Actor("u5", "Eve", frozenset({Role.LIBRARIAN}))
OPERATOR = local_operator("root")


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


def kinds(tx: Connection) -> list[str]:
    return list(tx.scalars(select(entries.c.kind).order_by(entries.c.seq)))


def test_a_physician_opens_the_patients_on_the_care_list_and_that_is_recorded(
    hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    with hospital.transaction() as tx:
        scope = open_patient(tx, ANNA, "p1", clock=clock, log=log)
        assert (scope.patient, scope.actor, scope.reason) == ("p1", "u1", "care_list")
        assert kinds(tx)[-1] == "record.opened"


@pytest.mark.parametrize("actor", [BEN, AUDITOR, ADMIN, LIBRARIAN])
def test_whoever_may_not_open_a_record_cannot_tell_it_from_one_that_is_not_there(
    actor: Actor, hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    messages = set()
    for patient in ("p1", "nobody"):
        with pytest.raises(NotFound) as refused, hospital.transaction() as tx:
            open_patient(tx, actor, patient, clock=clock, log=log)
        messages.add((refused.value.code, refused.value.message))
    assert len(messages) == 1


def test_the_operator_of_the_machine_opens_every_record_and_that_is_recorded(
    hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    with hospital.transaction() as tx:
        assert open_patient(tx, OPERATOR, "p2", clock=clock, log=log).reason == "local"
        assert patients_of(tx, OPERATOR, clock=clock) == ("p1", "p2")
        assert tx.scalar(select(entries.c.actor).where(entries.c.kind == "record.opened")) == "local:root"


def test_opening_a_record_needs_a_transaction_so_that_its_entry_is_kept(
    hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    with hospital.reading() as tx, pytest.raises(RuntimeError, match="itself recorded"):
        open_patient(tx, ANNA, "p1", clock=clock, log=log)


def test_a_scope_cannot_be_made_outside_the_access_check() -> None:
    with pytest.raises(PermissionError):
        PatientScope("p1", actor="u1", reason="because", grant=object())


def test_taking_a_patient_off_the_care_list_ends_the_right(
    hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    with hospital.transaction() as tx:
        assert care_list_of(tx, "p1") == ("u1",)
        assert remove_from_care_list(tx, "u1", "p1", by=ADMIN, log=log)
        assert not remove_from_care_list(tx, "u1", "p1", by=ADMIN, log=log)
        assert patients_of(tx, ANNA, clock=clock) == ()
        with pytest.raises(NotFound):
            open_patient(tx, ANNA, "p1", clock=clock, log=log)


def test_adding_twice_is_once(hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx:
        before = kinds(tx)
        assert not add_to_care_list(tx, "u1", "p1", by=ADMIN, clock=clock, log=log)
        assert kinds(tx) == before


def test_only_an_administrator_changes_care_lists(hospital: Database, clock: FixedClock, log: AuditLog) -> None:
    with hospital.transaction() as tx, pytest.raises(Denied):
        add_to_care_list(tx, BEN.id, "p1", by=BEN, clock=clock, log=log)


def test_a_record_under_a_hold_is_not_forgotten_until_it_is_released(
    hospital: Database, clock: FixedClock, log: AuditLog
) -> None:
    with hospital.transaction() as tx:
        hold(tx, "p1", "Court order of March", by=ADMIN, log=log)
    with pytest.raises(Conflict) as refused, hospital.transaction() as tx:
        forget(tx, "p1")
    assert refused.value.code == "legal_hold"
    with hospital.transaction() as tx:
        release_hold(tx, "p1", by=ADMIN, log=log)
        forget(tx, "p1")
        assert patients_of(tx, OPERATOR, clock=clock) == ("p2",)
        assert kinds(tx)[-2:] == ["record.held", "record.hold_released"]
