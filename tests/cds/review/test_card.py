from datetime import timedelta

import pytest

from cds.actors import Actor, Role, local_operator
from cds.audit import AuditLog
from cds.audit.contents import erase_contents
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import Denied, InvalidInput
from cds.recommendations import record
from cds.review.attributes import ATTRIBUTES, BY_ID
from cds.review.card import MEASURES, Card, card, state_attribute
from tests.cds.samples import recommendation

ADMINISTRATOR = Actor(id="ad-1", name="Admin", roles=frozenset({Role.ADMINISTRATOR}))


@pytest.fixture
def log(clock: FixedClock) -> AuditLog:
    return AuditLog(clock=clock)


def read(db: Database, clock: FixedClock) -> Card:
    with db.reading() as tx:
        return card(tx, clock=clock)


def state_of(made: Card, attribute: str) -> str:
    return next(line.state for line in made.lines if line.attribute.id == attribute)


def test_the_card_has_the_attributes_the_rule_asks_for() -> None:
    families = [attribute.family for attribute in ATTRIBUTES]
    assert (families.count("evidence"), families.count("predictive")) == (13, 31)
    assert len(BY_ID) == 44 and set(MEASURES) <= set(BY_ID)


def test_what_nobody_stated_and_nothing_measures_is_shown_empty(db: Database, clock: FixedClock) -> None:
    made = read(db, clock)
    assert state_of(made, "evidence.2") == "empty" and state_of(made, "predictive.27") == "empty"
    assert made.to_json()["counts"]["empty"] > 10


def test_a_statement_is_dated_and_signed_and_grows_stale_after_a_year(
    db: Database, clock: FixedClock, log: AuditLog
) -> None:
    with db.transaction() as tx:
        seq = state_attribute(tx, ADMINISTRATOR, "evidence.2", "The makers", log=log, clock=clock)
    line = next(line for line in read(db, clock).lines if line.attribute.id == "evidence.2")
    assert (line.state, line.text, line.by, line.seq) == ("stated", "The makers", "ad-1", seq)
    clock.at += timedelta(days=366)
    assert state_of(read(db, clock), "evidence.2") == "stale"
    with db.transaction() as tx:
        state_attribute(tx, ADMINISTRATOR, "evidence.2", "The makers still", log=log, clock=clock)
    assert state_of(read(db, clock), "evidence.2") == "stated"


def test_validity_is_measured_once_there_are_enough_consults(db: Database, clock: FixedClock, log: AuditLog) -> None:
    with db.transaction() as tx:
        for _ in range(30):
            record(tx, recommendation(), log=log, actor=local_operator("me"))
    made = read(db, clock)
    assert state_of(made, "predictive.27") == "measured"
    assert "30 consults" in str(made.to_json())


def test_statements_outlive_the_erasure_of_a_patient(db: Database, clock: FixedClock, log: AuditLog) -> None:
    with db.transaction() as tx:
        state_attribute(tx, ADMINISTRATOR, "evidence.2", "The makers", log=log, clock=clock)
        assert erase_contents(tx, patient="patient-1", log=log, actor=None) == 0
    assert state_of(read(db, clock), "evidence.2") == "stated"


@pytest.mark.parametrize(
    ("actor", "attribute", "text", "error"),
    [
        (Actor(id="p", name="P", roles=frozenset({Role.PHYSICIAN})), "evidence.2", "x", Denied),
        (ADMINISTRATOR, "evidence.99", "x", InvalidInput),
        (ADMINISTRATOR, "evidence.2", "  ", InvalidInput),
    ],
)
def test_only_what_is_on_the_card_is_stated_by_those_who_may(
    db: Database, clock: FixedClock, log: AuditLog, actor: Actor, attribute: str, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error), db.transaction() as tx:
        state_attribute(tx, actor, attribute, text, log=log, clock=clock)
