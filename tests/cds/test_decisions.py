from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.audit.contents import erase_contents
from cds.audit.tables import entries
from cds.clock import FixedClock
from cds.db import Database
from cds.decisions import Decision, decide, decisions_for, state_of, word_distance
from cds.errors import CdsError, Denied, NotFound
from cds.reasons import REASONS, SHORT_LIST
from cds.recommendation import AuditRef, Recommendation
from cds.recommendations import record, to_json
from tests.cds.samples import recommendation

A = Actor(id="u-1", name="Dr A", roles=frozenset({Role.PHYSICIAN}))
B = Actor(id="u-2", name="Dr B", roles=frozenset({Role.PHYSICIAN}))


class House:
    """One recorded recommendation and a way to decide on it."""

    def __init__(self, db: Database, clock: FixedClock) -> None:
        self.db, self.clock, self.log = db, clock, AuditLog(clock=clock)
        self.shown: Recommendation = recommendation()
        with db.transaction() as tx:
            self.audit: AuditRef = record(tx, self.shown, log=self.log, actor=A)

    def decide(self, choice: str, *, actor: Actor = A, **more: str) -> Decision:
        return decide(
            self.db,
            log=self.log,
            clock=self.clock,
            actor=actor,
            recommendation_id=self.shown.id,
            choice=choice,
            **more,
        )

    def all(self) -> tuple[Decision, ...]:
        with self.db.reading() as tx:
            return decisions_for(tx, self.shown.id)


@pytest.fixture
def house(db: Database, clock: FixedClock) -> House:
    return House(db, clock)


def test_a_decision_is_kept_with_the_time_it_took_and_tied_to_what_was_shown(house: House) -> None:
    house.clock.at += timedelta(seconds=42)
    made = house.decide("accepted")
    assert (made.choice, made.seconds, made.by) == ("accepted", 42.0, "u-1")
    with house.db.reading() as tx:
        entry = orjson.loads(tx.execute(select(entries.c.entry).where(entries.c.seq == made.seq)).scalar_one())
    assert entry["kind"] == "decision.recorded"
    assert entry["details"]["leaf"] == house.audit.leaf


def test_overriding_needs_no_more_than_accepting(house: House) -> None:
    assert house.decide("overridden").reason is None


def test_a_modified_text_is_kept_with_its_distance(house: House) -> None:
    made = house.decide("modified", final_text="Give amoxicillin 500 mg three times daily for 7 days.")
    assert made.distance == 1 and made.final_text is not None and "7 days" in made.final_text


def test_several_clinicians_decide_and_nothing_is_overwritten(house: House) -> None:
    house.decide("accepted")
    house.decide("overridden", actor=B, reason="patient-contraindication", comment="rash in 2019")
    house.decide("deferred")
    assert [(d.by, d.choice) for d in house.all()] == [("u-1", "accepted"), ("u-2", "overridden"), ("u-1", "deferred")]
    document = to_json(house.shown, house.audit, house.all())
    assert document["decision"]["choice"] == "deferred" and len(document["decisions"]) == 3


def test_comments_stand_beside_the_log_and_go_with_the_patient(house: House) -> None:
    house.decide("overridden", comment="rash in 2019")
    with house.db.reading() as tx:
        assert "rash" not in "".join(tx.execute(select(entries.c.entry)).scalars())
    with house.db.transaction() as tx:
        erase_contents(tx, patient="patient-1", log=house.log, actor=None)
    (left,) = house.all()
    assert (left.comment, left.erased, left.choice) == (None, True, "overridden")


@pytest.mark.parametrize(
    ("choice", "more", "code"),
    [
        ("approved", {}, "unknown_choice"),
        ("overridden", {"reason": "because"}, "unknown_reason"),
        ("accepted", {"reason": "patient-refuses"}, "reason_not_wanted"),
        ("modified", {}, "final_text_missing"),
        ("modified", {"final_text": "  "}, "final_text_missing"),
        ("accepted", {"final_text": "x"}, "final_text_not_wanted"),
        ("deferred", {"comment": "x" * 20_001}, "too_long"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    house: House, choice: str, more: dict[str, str], code: str
) -> None:
    with pytest.raises(CdsError) as raised:
        house.decide(choice, **more)
    assert raised.value.code == code
    assert house.all() == ()


def test_only_a_physician_decides(house: House) -> None:
    with pytest.raises(Denied):
        house.decide("accepted", actor=Actor(id="x", name="L", roles=frozenset({Role.LIBRARIAN, Role.AUDITOR})))


def test_there_is_no_deciding_on_nothing(house: House) -> None:
    with pytest.raises(NotFound):
        decide(house.db, log=house.log, clock=house.clock, actor=A, recommendation_id="none", choice="accepted")


def test_not_deciding_is_a_state_of_its_own_after_a_day(house: House) -> None:
    asked = house.shown.asked_at
    assert state_of((), asked_at=asked, now=asked + timedelta(hours=23)) == "open"
    assert state_of((), asked_at=asked, now=asked + timedelta(hours=24)) == "not_decided"
    late = house.decide("deferred")
    assert state_of((late,), asked_at=asked, now=asked + timedelta(days=9)) == "deferred"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [("", "", 0), ("give 5 mg", "give 5 mg", 0), ("give 5 mg", "give 10 mg", 1), ("", "a b", 2), ("a b c", "c", 2)],
)
def test_distance_counts_words(before: str, after: str, words: int) -> None:
    assert word_distance(before, after) == words


def test_the_reasons_are_hl7s_with_its_short_list_first() -> None:
    assert len(REASONS) == 35 and len(SHORT_LIST) == 12
    assert sum(reason.group is None for reason in REASONS.values()) == 6
    assert all(reason.group in REASONS for reason in REASONS.values() if reason.group)
