from datetime import timedelta

import pytest
from sqlalchemy import select

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.audit.listing import EntryFilter, list_entries
from cds.audit.tables import entries
from cds.clock import FixedClock
from cds.db import Database
from cds.decisions import decide
from cds.errors import Denied, InvalidInput, NotFound
from cds.recommendation import Recommendation
from cds.recommendations import record
from cds.review.listing import ReviewFilter, list_for_review, values_used
from cds.review.notes import add_note, agreement, notes_for, recall
from cds.review.trace import open_for_review, trace
from tests.cds.samples import recommendation
from tests.conftest import NOW

PHYSICIAN = Actor(id="u-1", name="Dr A", roles=frozenset({Role.PHYSICIAN}))
AUDITOR = Actor(id="au-1", name="Auditor", roles=frozenset({Role.AUDITOR}))
SECOND = Actor(id="au-2", name="Second", roles=frozenset({Role.AUDITOR}))


class House:
    """Six recommendations an hour apart by two physicians; some decided."""

    def __init__(self, db: Database, clock: FixedClock) -> None:
        self.db, self.clock, self.log = db, clock, AuditLog(clock=clock)
        self.shown: list[Recommendation] = []
        for number in range(6):
            made = recommendation(
                asked_at=NOW + timedelta(hours=number),
                asked_by="u-1" if number % 2 else "u-2",
                status="quoted" if number == 3 else "answered",
                patient=f"patient-{number % 2}",
                warnings=() if number == 4 else recommendation().warnings,
                withheld=() if number > 1 else recommendation().withheld,
            )
            with db.transaction() as tx:
                record(tx, made, log=self.log, actor=PHYSICIAN)
            self.shown.append(made)
        self.decide(0, "accepted")
        self.decide(1, "overridden", reason="patient-refuses")

    def decide(self, number: int, choice: str, **more: str) -> None:
        decide(
            self.db,
            log=self.log,
            clock=self.clock,
            actor=PHYSICIAN,
            recommendation_id=self.shown[number].id,
            choice=choice,
            **more,
        )

    def found(self, **where: object) -> list[int]:
        with self.db.reading() as tx:
            page = list_for_review(tx, ReviewFilter(**where), now=NOW + timedelta(hours=26))  # type: ignore[arg-type]
        ids = [one.id for one in self.shown]
        return [ids.index(row.id) for row in page.rows]


@pytest.fixture
def house(db: Database, clock: FixedClock) -> House:
    return House(db, clock)


@pytest.mark.parametrize("rare", [20_000, -1], ids=["leading", "walking"])
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, [5, 4, 3, 2, 1, 0]),
        ({"asked_by": "u-2"}, [4, 2, 0]),
        ({"patient": "patient-1"}, [5, 3, 1]),
        ({"status": "quoted"}, [3]),
        ({"model": "small"}, [5, 4, 3, 2, 1, 0]),
        ({"document": "pneumonia"}, [5, 4, 3, 2, 1, 0]),
        ({"document": "copd"}, []),
        ({"edition": "pneumonia-2025", "status": "quoted"}, [3]),
        ({"decision": "accepted"}, [0]),
        ({"decision": "not_decided"}, [2]),
        ({"reason": "patient-refuses"}, [1]),
        ({"warning": "renal"}, [5, 3, 2, 1, 0]),
        ({"failed": "number"}, [1, 0]),
        ({"failed": "number", "asked_by": "u-2"}, [0]),
        ({"since": NOW + timedelta(hours=4)}, [5, 4]),
        ({"until": NOW + timedelta(hours=2)}, [1, 0]),
        ({"since": NOW + timedelta(days=9)}, []),
        ({"sex": "female"}, []),
    ],
    ids=str,
)
def test_every_filter_finds_its_own(
    house: House, monkeypatch: pytest.MonkeyPatch, rare: int, where: dict[str, object], expected: list[int]
) -> None:
    monkeypatch.setattr("cds.review.listing._RARE", rare)
    assert house.found(**where) == expected


def test_filters_offer_what_occurs(house: House) -> None:
    with house.db.reading() as tx:
        assert values_used(tx, "status") == ["answered", "quoted"]
        assert values_used(tx, "document") == ["pneumonia"]
        assert values_used(tx, "reason") == ["patient-refuses"]


def test_content_is_read_only_with_a_purpose_which_is_an_entry(house: House) -> None:
    chosen = house.shown[1].id
    with pytest.raises(Denied), house.db.reading() as tx:
        trace(tx, AUDITOR, chosen, clock=house.clock)
    with house.db.transaction() as tx:
        open_for_review(tx, AUDITOR, chosen, purpose="incident", log=house.log)
    with house.db.reading() as tx:
        found = trace(tx, AUDITOR, chosen, clock=house.clock)
        (entry,), _ = list_entries(tx, EntryFilter(kind="review.opened"))
        with pytest.raises(Denied):
            trace(tx, SECOND, chosen, clock=house.clock)
    assert found.recommendation == house.shown[1]
    assert (entry.actor, entry.subject, entry.details) == ("au-1", chosen, {"purpose": "incident"})
    house.clock.at += timedelta(hours=9)
    with pytest.raises(Denied), house.db.reading() as tx:
        trace(tx, AUDITOR, chosen, clock=house.clock)


def test_a_purpose_is_one_of_a_list_and_stated_by_an_auditor(house: House) -> None:
    for actor, purpose, error in (
        (AUDITOR, "curiosity", InvalidInput),
        (PHYSICIAN, "quality", Denied),
    ):
        with pytest.raises(error), house.db.transaction() as tx:
            open_for_review(tx, actor, house.shown[0].id, purpose=purpose, log=house.log)
    with pytest.raises(NotFound), house.db.transaction() as tx:
        open_for_review(tx, AUDITOR, "nothing", purpose="quality", log=house.log)


def test_the_trace_holds_what_came_later(house: House) -> None:
    chosen = house.shown[1].id
    with house.db.transaction() as tx:
        house.log.append(tx, kind="guideline.superseded", actor=None, subject="pneumonia-2025")
        house.log.append(tx, kind="guideline.superseded", actor=None, subject="copd-2024")
        open_for_review(tx, AUDITOR, chosen, purpose="recall", log=house.log)
    with house.db.reading() as tx:
        found = trace(tx, AUDITOR, chosen, clock=house.clock)
    assert [event.kind for event in found.events] == [
        "recommendation.recorded",
        "decision.recorded",
        "guideline.superseded",
        "review.opened",
    ]
    assert found.state == "overridden"


def test_two_readers_may_disagree_and_both_notes_stay(house: House) -> None:
    def note(actor: Actor, number: int, mark: str, comment: str | None = None) -> None:
        with house.db.transaction() as tx:
            add_note(tx, actor, house.shown[number].id, mark=mark, comment=comment, log=house.log, clock=house.clock)

    note(AUDITOR, 0, "unsafe", "dose in renal failure")
    note(SECOND, 0, "correct")
    note(AUDITOR, 1, "correct")
    note(SECOND, 1, "correct")
    note(AUDITOR, 2, "correct")
    with house.db.reading() as tx:
        assert [(n.by, n.mark, n.comment) for n in notes_for(tx, house.shown[0].id)] == [
            ("au-1", "unsafe", "dose in renal failure"),
            ("au-2", "correct", None),
        ]
        both = agreement(tx)
        assert "renal" not in "".join(tx.execute(select(entries.c.entry)).scalars())
    assert (both.read_twice, both.agreed) == (2, 1)
    # One reader says unsafe half the time, the other never: agreeing on half is what chance gives.
    assert both.kappa == pytest.approx(0)
    assert house.found(mark="unsafe") == [0]
    with pytest.raises(InvalidInput):
        note(AUDITOR, 0, "bad")
    with pytest.raises(Denied):
        note(PHYSICIAN, 0, "correct")


def test_a_recall_lists_what_rests_on_it_and_ticks_off_what_was_reviewed(house: House) -> None:
    house.clock.at += timedelta(days=1)
    with house.db.transaction() as tx:
        add_note(tx, AUDITOR, house.shown[2].id, mark="correct", comment=None, log=house.log, clock=house.clock)
    with house.db.reading() as tx:
        found = recall(tx, "pneumonia-2025", since=NOW + timedelta(hours=20))
        assert recall(tx, "pneumonia", since=None) and not recall(tx, "copd")
    assert [one.recommendation for one in found] == [one.id for one in reversed(house.shown)]
    assert [one.reviewed for one in found] == [False, False, False, True, False, False]
