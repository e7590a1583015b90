"""How fast a folder of FHIR Bulk Data is loaded, and how much memory that takes; a damaged line is put in the middle.

Run: python -m tests.benchmarks.record_loading [--megabytes N]
The notes are stored and found by their words; embedding them is another matter (see `--vectors` of the command).
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.results import keep
from tests.benchmarks.synthetic_records import Synthetic, write


def load(folder: Path, data: Path) -> None:
    """In a process of its own, so that its memory is its own."""
    import api.tables  # noqa: F401
    from cds.actors import local_operator
    from cds.audit import AuditLog
    from cds.clock import SystemClock
    from cds.db import metadata, open_database
    from ingest.pipeline.records import ingest_records
    from knowledge.records import Records

    db = open_database("sqlite", data=data)
    with db.transaction() as tx:
        metadata.create_all(tx)
    clock = SystemClock()
    report = ingest_records(
        [folder], records=Records(db, embed=None, clock=clock), db=db, log=AuditLog(clock=clock), clock=clock,
        actor=local_operator("benchmark"), vectors=False,
    )  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    refused = ",".join(f"{row['path']}:{row.get('line')}:{row['code']}" for row in report.refused)
    used = time.process_time()
    print(
        report.patients,
        report.facts,
        report.notes,
        refused or "-",
        f"{report.seconds:.1f}",
        f"{peak:.0f}",
        f"{used:.1f}",
    )


def damage(path: Path) -> int:
    """Cut a line in the middle of the file in two halves of nonsense; its number."""
    lines = sum(1 for _ in path.open("rb"))
    middle, aside = lines // 2, path.with_suffix(".aside")
    with path.open("rb") as whole, aside.open("wb") as broken:
        for number, line in enumerate(whole, 1):
            broken.write(line[: len(line) // 2] + b"\n" if number == middle else line)
    aside.replace(path)
    return middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--load", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        load(*given.load)
        return
    with tempfile.TemporaryDirectory() as place:
        folder, data = Path(place) / "bulk", Path(place) / "data"
        people = write(folder, Synthetic(), megabytes=given.megabytes)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1_000_000
        line = damage(folder / "Observation.ndjson")
        started = time.perf_counter()
        command = [sys.executable, "-m", "tests.benchmarks.record_loading", "--load", str(folder), str(data)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        seconds = time.perf_counter() - started
        stored = sum(path.stat().st_size for path in data.iterdir()) / 1_000_000
    rows = [
        ("folder", f"{size:.0f} MB, {people} patients"),
        ("stored", f"{said[0]} patients, {said[1]} facts, {said[2]} notes, {stored:.0f} MB"),
        ("refused", f"{said[3]} (line {line} was damaged)"),
        ("rate", f"{size / float(said[4]):.1f} MB/s, {(int(said[1]) + int(said[2])) / float(said[4]):.0f} facts/s"),
        ("seconds", f"{said[4]} loading, of them {said[6]} on the processor, {seconds:.1f} with start"),
        ("peak memory", f"{said[5]} MB"),
    ]
    table = "\n".join(f"{name:12} {text}" for name, text in rows)
    print(table)
    keep("record_loading", dict(rows))


if __name__ == "__main__":
    main()
