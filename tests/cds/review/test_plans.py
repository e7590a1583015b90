"""How the lists are found: by index and in order, whatever is looked for; SQLite says how it means to do it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from cds.audit.listing import EntryFilter, kinds_used, list_entries
from cds.db import Database
from cds.review.listing import ReviewFilter, list_for_review, values_used
from tests.cds.review.test_review import House, house  # noqa: F401 the same house
from tests.conftest import NOW

# A walk in the order of the list, ended by a page's limit; everything else has to be a search.
_WALK = re.compile(r"SCAN \w+ USING (COVERING )?INDEX \w+|SCAN audit_entries|SCAN CONSTANT ROW|SCAN anon_1")
_REVIEW: list[dict[str, Any]] = [
    {},
    {"asked_by": "u-2"},
    {"patient": "patient-1"},
    {"status": "answered"},
    {"model": "small"},
    {"sex": "female"},
    {"age_band": "45-59"},
    {"language": "en"},
    {"specialty": "surgery"},
    {"document": "pneumonia"},
    {"edition": "pneumonia-2025"},
    {"decision": "accepted"},
    {"decision": "not_decided"},
    {"reason": "patient-refuses"},
    {"warning": "renal"},
    {"failed": "number"},
    {"mark": "unsafe"},
    {"since": NOW, "until": NOW + timedelta(hours=3)},
    {"status": "answered", "model": "small", "document": "pneumonia", "decision": "accepted", "warning": "renal"},
]
_LOG: list[dict[str, str]] = [
    {},
    {"kind": "decision.recorded"},
    {"kind": "decision"},
    {"actor": "u-1"},
    {"subject": "x"},
    {"since": "2026-11-21", "until": "2026-11-22"},
    {"kind": "decision.recorded", "actor": "u-1", "since": "2026-11-21"},
]


@contextmanager
def plans_of(db: Database) -> Iterator[list[str]]:
    """Every step the database plans for the statements of the block."""
    if db.dialect != "sqlite":
        pytest.skip("PostgreSQL plans by the size of its tables, and these are small")
    steps: list[str] = []
    asked: list[tuple[str, Any]] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def _note(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, parameters))

    yield steps
    event.remove(db.engine, "before_cursor_execute", _note)
    with db.reading() as tx:
        for statement, parameters in asked:
            planned = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            limited = " LIMIT " in statement.replace("\n", " ")
            steps += [row[-1] if limited else f"{row[-1]} (whole)" for row in planned]
    assert steps, "nothing was asked of the database"


def unindexed(steps: list[str]) -> list[str]:
    """Steps that read a whole table, or sort what they read."""
    return [
        step
        for step in steps
        if "TEMP B-TREE FOR ORDER BY" in step
        or (step.startswith("SCAN") and (not _WALK.fullmatch(step) or "(whole)" in step))
    ]


@pytest.mark.parametrize("rare", [20_000, -1], ids=["leading", "walking"])
@pytest.mark.parametrize("where", _REVIEW, ids=str)
def test_the_review_list_reads_no_table_whole(
    house: House,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    rare: int,
    where: dict[str, Any],
) -> None:
    monkeypatch.setattr("cds.review.listing._RARE", rare)
    with plans_of(house.db) as steps, house.db.reading() as tx:
        list_for_review(tx, ReviewFilter(**where), now=NOW + timedelta(days=2), before=5)
    assert unindexed(steps) == []


@pytest.mark.parametrize("where", _LOG, ids=str)
def test_the_log_reads_no_table_whole(house: House, where: dict[str, str]) -> None:  # noqa: F811
    with plans_of(house.db) as steps, house.db.reading() as tx:
        list_entries(tx, EntryFilter(**where), before=5)
        kinds_used(tx)
    assert unindexed(steps) == []


def test_what_filters_offer_and_a_recall_read_no_table_whole(house: House) -> None:  # noqa: F811
    with plans_of(house.db) as steps, house.db.reading() as tx:
        for name in ("status", "model", "document", "reason", "warning", "failed", "specialty"):
            values_used(tx, name)
    assert unindexed(steps) == []


def test_a_whole_table_is_noticed(house: House) -> None:  # noqa: F811
    with plans_of(house.db) as steps, house.db.reading() as tx:
        tx.execute(text("SELECT id FROM recommendations WHERE relevance > 0.5 ORDER BY relevance"))
    assert len(unindexed(steps)) == 2
