"""Lists over a million: a log and recommendations made in bulk, and every search of the review pages over them."""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, text

from cds.audit import canonical
from cds.audit.listing import EntryFilter, list_entries
from cds.audit.log import frontier_text
from cds.audit.merkle import Frontier, leaf_hash
from cds.audit.tables import entries, head
from cds.db import Database, metadata
from cds.review.listing import ReviewFilter, list_for_review
from cds.tables_recommendations import (
    citations,
    decisions,
    recommendations,
    review_notes,
    shown_warnings,
    withheld_statements,
)

KINDS = ("sign_in.succeeded", "recommendation.recorded", "decision.recorded", "record.searched", "session.opened")
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_ENTRY = "INSERT INTO audit_entries (seq, at, kind, actor, subject, entry, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)"
_NUMBERS = "WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < {count}) "
# What is asked is spread evenly; the model changed halfway, one document was withdrawn after a tenth.
_RECOMMENDATIONS = """INSERT INTO recommendations (id, seq, asked_at, asked_by, patient, status, model, statements,
    withheld, warnings, weak, relevance, age_band, sex, language)
    SELECT 'r-' || seq, seq, strftime('%Y-%m-%d %H:%M:%S.000000', 1767225600 + 30 * seq, 'unixepoch'),
        'u-' || (seq % 200), 'p-' || (seq % 20000),
        CASE seq % 4 WHEN 0 THEN 'answered' WHEN 1 THEN 'quoted' WHEN 2 THEN 'abstained' ELSE 'referred' END,
        CASE WHEN seq < {count} / 2 THEN 'old' ELSE 'new' END, 2, 0, 0, 0, 0.5, '30-44',
        CASE seq % 2 WHEN 1 THEN 'female' ELSE 'male' END, 'en' FROM n"""
_CITATIONS = """INSERT INTO citations (recommendation, passage, edition, document, seq)
    SELECT 'r-' || seq, 'p', 'e-' || (seq % 500),
        CASE WHEN seq < {count} / 10 AND seq % 2 THEN 'withdrawn' ELSE 'd-' || (seq % 40) END, seq FROM n"""
_DECISIONS = """INSERT INTO decisions (id, seq, recommendation, shown_seq, actor, at, choice, reason, seconds)
    SELECT 'x-' || seq, seq, 'r-' || seq, seq, 'u-1', '2026-01-01 00:00:00.000000',
        CASE WHEN seq % 9 THEN 'accepted' ELSE 'overridden' END,
        CASE WHEN seq % 900 THEN NULL ELSE 'patient-refuses' END, 9.0 FROM n WHERE seq % 5"""


def fill_log(db: Database, count: int) -> None:
    """A log as `append` writes it, a quarter of a minute between two entries."""
    tree = Frontier()
    with db.transaction() as tx:
        for trigger in tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            tx.execute(text(f"DROP TRIGGER {trigger}"))
        _drop_indexes(tx, [entries])
    for start in range(1, count + 1, 50_000):
        rows: list[tuple[Any, ...]] = []
        for seq in range(start, min(start + 50_000, count + 1)):
            at = (_BEGAN + timedelta(seconds=15 * seq)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            kind, actor, subject = KINDS[seq % 5], f"u-{seq % 200}", f"s-{seq % 50_000}"
            named = {"at": at, "kind": kind, "actor": actor, "subject": subject}
            raw = canonical({"v": 1, "seq": seq, "details": {"n": seq}, **named})
            leaf = leaf_hash(raw)
            tree.append(leaf)
            rows.append((seq, at, kind, actor, subject, raw.decode(), leaf.hex()))
        with db.transaction() as tx:
            tx.exec_driver_sql(_ENTRY, rows)
    with db.transaction() as tx:
        tx.execute(head.insert().values(id=1, size=count, frontier=frontier_text(tree)))
        _make_indexes(tx, [entries])


def fill_recommendations(db: Database, count: int) -> None:
    """Recommendations with what they cite and what was decided, as the lists read them."""
    shown: list[Table] = [recommendations, citations, decisions, shown_warnings, withheld_statements, review_notes]
    with db.transaction() as tx:
        metadata.create_all(tx, tables=shown)
        _drop_indexes(tx, shown)
        for statement in (_RECOMMENDATIONS, _CITATIONS, _DECISIONS):
            select = statement.index("SELECT")
            tx.exec_driver_sql((statement[:select] + _NUMBERS + statement[select:]).format(count=count))
        _make_indexes(tx, shown)


def list_log(db: Database, count: int) -> dict[str, float]:
    """First pages and deep pages of the log, with every filter its page has."""
    wanted = [
        EntryFilter(),
        EntryFilter(kind="decision.recorded"),
        EntryFilter(kind="session"),
        EntryFilter(actor="u-7"),
        EntryFilter(subject="s-777"),
        EntryFilter(kind="decision.recorded", actor="u-12"),
        EntryFilter(since="2026-03-01", until="2026-04-01"),
        EntryFilter(since="2026-03-01", until="2026-04-01", kind="sign_in.succeeded"),
        EntryFilter(actor="nobody"),
        EntryFilter(kind="nothing.such"),
        EntryFilter(actor="u-7", subject="s-777"),
    ]
    return _timed(db, wanted, (None, count // 2, 1000), lambda tx, where, at: list_entries(tx, where, before=at))


def list_recommendations(db: Database, count: int) -> dict[str, float]:
    """First pages and deep pages of the review list, every filter alone and several together."""
    now = _BEGAN + timedelta(seconds=30 * count)
    wanted = [
        ReviewFilter(),
        ReviewFilter(asked_by="u-7"),
        ReviewFilter(patient="p-77"),
        ReviewFilter(status="abstained"),
        ReviewFilter(model="old"),
        ReviewFilter(model="old", status="quoted", sex="female"),
        ReviewFilter(document="d-4"),
        ReviewFilter(document="withdrawn"),
        ReviewFilter(edition="e-3"),
        ReviewFilter(decision="overridden"),
        ReviewFilter(decision="not_decided"),
        ReviewFilter(reason="patient-refuses"),
        ReviewFilter(document="d-3", decision="overridden"),
        ReviewFilter(sex="female", status="quoted", asked_by="u-9"),
        ReviewFilter(since=now - timedelta(days=60), until=now - timedelta(days=30), status="answered"),
        ReviewFilter(failed="number"),
        ReviewFilter(age_band="30-44", language="en"),
    ]
    return _timed(db, wanted, (None, count // 2), lambda tx, where, at: list_for_review(tx, where, now=now, before=at))


def nothing_in_common(db: Database, count: int) -> float:
    """The worst there is: two common values that never come together, so that a whole index is read; in ms."""
    began = time.perf_counter()
    with db.reading() as tx:
        where = ReviewFilter(status="answered", sex="female")
        found = list_for_review(tx, where, now=_BEGAN + timedelta(seconds=30 * count))
    assert found.rows == ()
    return (time.perf_counter() - began) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _timed(
    db: Database,
    wanted: Sequence[Any],
    starts: Sequence[int | None],
    read: Callable[[Connection, Any, int | None], Any],
) -> dict[str, float]:
    taken: list[tuple[float, str]] = []
    for _ in range(4):
        for where in wanted:
            for before in starts:
                began = time.perf_counter()
                with db.reading() as tx:
                    read(tx, where, before)
                taken.append(((time.perf_counter() - began) * 1000, f"{where} before {before}"))
    values = [ms for ms, _ in taken]
    slowest = max(taken)
    print(f"  slowest: {slowest[0]:.1f} ms, {slowest[1]}")
    return {"p50 ms": statistics.median(values), "p95 ms": percentile(values, 0.95), "max ms": slowest[0]}


def _drop_indexes(tx: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        for index in table.indexes:
            index.drop(tx)


def _make_indexes(tx: Connection, tables: Sequence[Table]) -> None:
    """After filling: built once in order instead of grown row by row."""
    for table in tables:
        for index in table.indexes:
            index.create(tx)
