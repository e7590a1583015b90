import math
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from cds.decisions import decide
from cds.recommendation import Abstention
from cds.recommendations import record
from cds.review.intervals import chance, ratio, wilson
from cds.review.listing import ReviewFilter
from cds.review.silences import silences
from cds.review.statistics import SMALLEST_CELL, Statistics, cohorts, statistics
from cds.tables_recommendations import recommendations
from tests.cds.samples import recommendation
from tests.conftest import NOW

PHYSICIAN = Actor(id="u-1", name="Dr A", roles=frozenset({Role.PHYSICIAN}))


def month(seed: int, *, bias: float = 1.0) -> list[dict[str, Any]]:
    """A month of 2,000 recommendations; older women's statements are withheld `bias` times as often."""
    dice, rows = random.Random(seed), []
    for seq in range(1, 2001):
        band, sex = dice.choice(["18-29", "30-44", "45-59", "60-74", "75-89"]), dice.choice(["female", "male"])
        language = dice.choices(["en", "es", "pl"], weights=[80, 15, 5])[0]
        share = 0.15 * (bias if band == "75-89" else 1)
        rows.append(
            {
                "seq": seq,
                "age_band": band,
                "sex": sex,
                "language": language,
                "specialty": None,
                "withheld": int(dice.random() < share),
                "status": "abstained" if dice.random() < 0.1 else "answered",
            }
        )
    return rows


def marks(rows: list[dict[str, Any]], seed: int) -> list[tuple[str, str, str]]:
    dice = random.Random(seed)
    last = {row["seq"]: dice.choices(["accepted", "overridden"], weights=[85, 15])[0] for row in rows}
    found = cohorts(rows, last)  # type: ignore[arg-type]
    return [(name, c.group, m) for name, cells in found.items() for c in cells for m, r in c.ratios.items() if r.marked]


def test_a_cohort_whose_statements_are_withheld_twice_as_often_is_marked() -> None:
    for seed in range(10):
        assert marks(month(seed, bias=2.0), seed) == [("age_band", "75-89", "withheld")]


def test_no_group_is_marked_where_there_is_no_bias_in_a_hundred_months() -> None:
    assert [marks(month(seed), seed) for seed in range(100)] == [[]] * 100


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    share = wilson(10, 100)
    assert math.isclose(share.low, 0.0552, abs_tol=5e-5) and math.isclose(share.high, 0.1744, abs_tol=5e-5)
    assert wilson(0, 10).low == 0.0 and math.isclose(wilson(10, 10).high, 1.0)
    assert wilson(0, 0).value is None


def test_a_ratio_outside_the_limits_is_not_marked_while_chance_explains_it() -> None:
    few = ratio(wilson(4, 12), wilson(20, 120), comparisons=30)
    assert few is not None and few.outside and not few.marked
    many = ratio(wilson(400, 1200), wilson(2000, 12000), comparisons=30)
    assert many is not None and many.marked
    close = ratio(wilson(2200, 20000), wilson(20000, 200000), comparisons=30)
    assert close is not None and not close.outside and not close.marked
    assert ratio(wilson(0, 50), wilson(0, 50), comparisons=1) is None


def test_chance_is_fishers_exact_test() -> None:
    # The lady tasting tea: 3 of 4 against 1 of 4, both tails 0.486.
    assert chance(wilson(3, 4), wilson(1, 4)) == pytest.approx(0.4857, abs=1e-4)
    assert chance(wilson(0, 10), wilson(0, 30)) == 1.0


def test_a_group_that_alone_is_never_answered_is_marked() -> None:
    found = ratio(wilson(44, 133), wilson(0, 267), comparisons=36)
    assert found is not None and found.marked
    spared = ratio(wilson(0, 267), wilson(44, 133), comparisons=36)
    assert spared is not None and spared.marked


def test_small_cells_are_hidden_and_never_one_alone() -> None:
    rows = month(1)[:600]
    for row in rows[:4]:
        row["language"] = "nl"
    cells = {cell.group: cell for cell in cohorts(rows, {})["language"]}  # type: ignore[arg-type]
    assert cells["nl"].number is None and cells["nl"].shares == {}
    hidden = [group for group, cell in cells.items() if cell.number is None]
    assert len(hidden) == 2, "one hidden alone could be told from the total"
    assert all(cell.number is None or cell.number >= SMALLEST_CELL for cell in cells.values())


@pytest.fixture
def counted(db: Database, clock: FixedClock) -> Iterator[Statistics]:
    """Four recommendations: two accepted (one in 3 seconds), one overridden, one left undecided for two days."""
    log = AuditLog(clock=clock)
    weak = recommendation()
    weak = recommendation(statements=(type(weak.statements[0])(text="x", kind="finding", citations=()),))
    made = [recommendation(), weak, recommendation(), recommendation(status="abstained", statements=())]
    with db.transaction() as tx:
        for one in made:
            record(tx, one, log=log, actor=PHYSICIAN)

    def say(number: int, choice: str, seconds: int, **more: str) -> None:
        clock.at = NOW + timedelta(seconds=seconds)
        decide(db, log=log, clock=clock, actor=PHYSICIAN, recommendation_id=made[number].id, choice=choice, **more)

    say(0, "accepted", 90)
    say(1, "accepted", 3)
    say(2, "deferred", 20)
    say(2, "overridden", 200, reason="patient-refuses")
    with db.reading() as tx:
        yield statistics(tx, now=NOW + timedelta(days=2))


def test_what_happened_is_counted(counted: Statistics) -> None:
    assert (counted.total, counted.by_status) == (4, {"answered": 3, "abstained": 1})
    assert counted.withheld == {"number": 4} and counted.warnings == {"renal": 4}
    assert {k: v for k, v in counted.decided.items() if v} == {"accepted": 2, "overridden": 1, "not_decided": 1}
    assert counted.reasons == {"patient-refuses": 1}
    assert (counted.acceptance.count, counted.acceptance.of) == (2, 3)
    assert counted.decision_seconds["p50"] == 90.0
    assert counted.latency_ms["p50"] == 1250.0
    assert [(period.name, period.number) for period in counted.models] == [("small", 4)]


def test_accepted_fast_on_weak_ground_is_listed(counted: Statistics) -> None:
    assert [(one.seconds, one.weak) for one in counted.fast] == [(3.0, 1)]


def test_statistics_of_a_month_look_at_that_month_only(db: Database) -> None:
    counts = {"statements": 1, "withheld": 0, "warnings": 0, "weak": 0, "relevance": 0.5}
    row = {"asked_by": "u", "status": "answered", **counts}
    with db.transaction() as tx:
        for seq in range(1, 61):
            values = row | {"id": f"r-{seq}", "seq": seq, "asked_at": NOW + timedelta(days=seq)}
            tx.execute(insert(recommendations).values(values))
    with db.reading() as tx:
        where = ReviewFilter(since=NOW + timedelta(days=10), until=NOW + timedelta(days=40))
        assert statistics(tx, where, now=NOW + timedelta(days=99)).total == 30


def test_unanswered_questions_are_grouped_by_what_they_share(db: Database, clock: FixedClock) -> None:
    log = AuditLog(clock=clock)
    asked = [
        "Malaria prophylaxis for travel to Ghana?",
        "Which malaria prophylaxis for a traveller to Kenya",
        "malaria prophylaxis in pregnancy",
        "Chelation in Wilson disease",
    ]
    with db.transaction() as tx:
        for text in asked:
            silent = Abstention("not_in_library", "-", ())
            made = recommendation(question=text, status="abstained", statements=(), abstention=silent)
            record(tx, made, log=log, actor=PHYSICIAN)
    with db.reading() as tx:
        found = silences(tx)
    assert [group.number for group in found] == [3, 1]
    assert {"malaria", "prophylaxis"} <= set(found[0].words)
