"""Training pairs leave only when switched on, and nobody can be told from them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.audit.contents import erase_contents
from cds.audit.listing import EntryFilter, list_entries
from cds.clock import FixedClock
from cds.db import Database
from cds.decisions import decide
from cds.errors import Denied
from cds.recommendations import record
from cds.review.deidentifying import GAP, SharedWords, deidentified
from cds.review.listing import ReviewFilter
from cds.review.training import export_training_pairs
from tests.cds.samples import recommendation
from tests.conftest import NOW

PHYSICIAN = Actor(id="u-1", name="Dr Ingrid Halvorsen", roles=frozenset({Role.PHYSICIAN}))
AUDITOR = Actor(id="au-1", name="Auditor", roles=frozenset({Role.AUDITOR}))
STAFF = ("Dr Ingrid Halvorsen", "i.halvorsen")
# How clinicians name somebody, one way a consult.
PLANTED = (
    "Quillon Featherstonehaugh (featherstonehough on the old card)",
    "MRN 88-4417-02, NHS 943 476 5919, room 4417",
    "born 3 March 1931 or 1931-03-03",
    "seen 2026-11-02 and 02/11/26 and on Nov 2nd",
    "card AB12CD34, 95-year-old",
    "12 Rowanberry Lane, tel +44 20 7946 0958",
    "mail q.feather@example.org, wife Zelda",
    "ask Halvorsen",
)
NAMED = (
    *("quillon", "featherstonehaugh", "featherstonehough", "88-4417-02", "943", "5919", "4417", "1931", "march"),
    *("2026-11-02", "02/11/26", "nov", "ab12cd34", "95", "rowanberry", "7946", "q.feather", "example.org", "zelda"),
    *("halvorsen", "smith-jones", "patient-1", "u-1"),
)
IDENTITY = {"patient-1": ("Quillon Featherstonehaugh", "Quillon", "Featherstonehaugh", "943 476 5919", "1931-03-03")}


def identity(tx: Connection, patient: str) -> tuple[str, ...]:
    return IDENTITY.get(patient, ())


class House:
    """Eight decided consults about eight people, each named in a way of its own."""

    def __init__(self, db: Database, clock: FixedClock) -> None:
        self.db, self.clock, self.log = db, clock, AuditLog(clock=clock)
        self.ids: list[str] = []
        for number in range(8):
            question = f"Which antibiotic for mild pneumonia in an adult of fifty, {PLANTED[number]}? Ask Halvorsen."
            one = recommendation(
                asked_at=NOW + timedelta(minutes=number), question=question, patient=f"patient-{number + 1}"
            )
            with db.transaction() as tx:
                record(tx, one, log=self.log, actor=PHYSICIAN)
            choice = ("modified", "accepted", "overridden")[number % 3]
            text = "Give amoxicillin 250 mg to Quillon smith-jones." if choice == "modified" else None
            reason = "patient-refuses" if choice == "overridden" else None
            self.decide(one.id, choice, final_text=text, reason=reason, comment="said by Zelda")
            self.ids.append(one.id)

    def decide(self, recommendation_id: str, choice: str, **more: Any) -> None:
        decide(
            self.db,
            log=self.log,
            clock=self.clock,
            actor=PHYSICIAN,
            recommendation_id=recommendation_id,
            choice=choice,
            **more,
        )

    def taken(self, *, switched_on: bool = True, actor: Actor = AUDITOR) -> list[dict[str, Any]]:
        lines = export_training_pairs(
            self.db,
            ReviewFilter(),
            switched_on=switched_on,
            identity=identity,
            staff=STAFF,
            log=self.log,
            actor=actor,
            now=NOW,
        )
        return [orjson.loads(line) for line in lines]

    def entries(self) -> list[dict[str, Any]]:
        with self.db.reading() as tx:
            return [entry.details for entry in list_entries(tx, EntryFilter(kind="training.exported"))[0]]


@pytest.fixture
def house(db: Database, clock: FixedClock) -> House:
    return House(db, clock)


def test_nothing_leaves_unless_it_was_switched_on(house: House) -> None:
    with pytest.raises(Denied) as refused:
        house.taken(switched_on=False)
    assert refused.value.code == "training_export_off" and house.entries() == []


def test_a_physician_takes_nothing(house: House) -> None:
    with pytest.raises(Denied):
        house.taken(actor=PHYSICIAN)


def test_that_pairs_were_taken_is_an_entry(house: House) -> None:
    assert len(house.taken()) == house.entries()[0]["pairs"] == 8


def test_nobody_who_was_planted_can_be_found_in_what_leaves(house: House) -> None:
    taken = house.taken()
    assert len(taken) == 8, "every consult leaves, and none of its names"
    written = orjson.dumps(taken).decode().lower()
    assert [name for name in NAMED if name in written] == []
    assert all(recommendation_id not in written for recommendation_id in house.ids)


def test_what_is_everybodys_stays_readable() -> None:
    shared = SharedWords()
    shared.add_library("Offer amoxicillin 500 mg three times daily for 5 days to adults with mild pneumonia.")
    for number in range(5):
        shared.add("Which antibiotic is best here?", about=f"person {number}")
    said = "Which antibiotic for Quillon, 54, with mild pneumonia: amoxicillin 500 mg three times daily?"
    left = deidentified(said, known=["Quillon"], shared=shared)
    assert left == f"Which antibiotic for {GAP}, 54, with mild pneumonia: amoxicillin 500 mg three times daily?"


@pytest.mark.parametrize("holders", [4, 5])
def test_a_word_leaves_when_five_different_people_share_it(holders: int) -> None:
    shared = SharedWords()
    for number in range(holders):
        for _ in range(3):
            shared.add("hiccups", about=f"person {number}")
    assert (deidentified("hiccups", known=(), shared=shared) == "hiccups") is (holders == 5)


def test_a_name_of_staff_stays_however_many_write_it(house: House) -> None:
    assert sum("antibiotic" in pair["question"] for pair in house.taken()) >= 7
    assert "halvorsen" not in orjson.dumps(house.taken()).decode().lower()


def test_a_pair_says_what_was_preferred_to_what(house: House) -> None:
    by_choice = {pair["choice"]: pair for pair in house.taken()}
    assert by_choice["accepted"]["chosen"].startswith("Give amoxicillin 500 mg")
    assert by_choice["accepted"]["rejected"] is None
    assert by_choice["modified"]["chosen"].startswith("Give amoxicillin 250 mg")
    assert by_choice["modified"]["rejected"].startswith("Give amoxicillin 500 mg")
    assert by_choice["overridden"]["chosen"] is None and by_choice["overridden"]["reason"] == "patient-refuses"
    assert set(by_choice["accepted"]) == {"question", "passages", "choice", "reason", "chosen", "rejected"}


def test_what_rests_on_the_patients_own_record_stays_here(house: House) -> None:
    one = recommendation(patient="patient-9")
    hits = tuple(
        replace(hit, passage=replace(hit.passage, kind="record", text="Told me of Zanzibar")) for hit in one.evidence
    )
    own = replace(one, evidence=hits)
    with house.db.transaction() as tx:
        record(tx, own, log=house.log, actor=PHYSICIAN)
    before = len(house.taken())
    house.decide(own.id, "accepted")
    assert len(house.taken()) == before
    assert "zanzibar" not in orjson.dumps(house.taken()).decode().lower()


def test_an_erased_patient_and_the_undecided_teach_nothing(house: House) -> None:
    before = len(house.taken())
    house.decide(house.ids[1], "deferred")
    with house.db.transaction() as tx:
        erase_contents(tx, patient="patient-3", log=house.log, actor=AUDITOR)
    assert len(house.taken()) == before - 2
