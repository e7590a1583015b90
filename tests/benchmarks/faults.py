"""A fault at each write of one consult: every one ends in a named way, and nothing is shown that is not recorded.

`python -m tests.benchmarks.faults`: strace makes the N-th write, flush or truncation of the database's files fail with
EIO or ENOSPC, or kills the process there, for every N. And traces that each acknowledged write was flushed first.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from tests.benchmarks.results import keep

CALLS = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "openat")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=SIGKILL")
QUESTION = "When should metformin be stopped in chronic kidney disease?"
NAMED = {"database_unavailable", "database_unreadable", "unavailable"}
FILES = ("cds.db", "cds.db-wal", "cds.db-shm", "cds.db-journal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every so many-th write, for a quick look")
    parser.add_argument("--data", type=Path, help="a loaded data folder; it is copied, never changed")
    wanted = parser.parse_args()
    if shutil.which("strace") is None:
        raise SystemExit("strace is needed: apt-get install strace")
    with tempfile.TemporaryDirectory() as folder:
        loaded = Path(folder) / "loaded"
        if wanted.data is not None:
            shutil.copytree(wanted.data, loaded, ignore=shutil.ignore_patterns("models"))
        else:
            load(loaded)
        warm_up(loaded)
        counts = count(loaded)
        found: dict[str, Counter[str]] = {}
        for call in CALLS:
            for fault in FAULTS:
                outcomes: Counter[str] = Counter()
                for number in range(1, counts[call] + 1, wanted.every):
                    outcomes[trial(loaded, call, fault, number)] += 1
                if outcomes:
                    found[f"{call} {fault.partition('=')[2]}"] = outcomes
        flushed = acknowledged_after_flush(loaded)
    table = Table("fault", "trials", "refused, named", "killed", "shown and recorded", "WRONG")
    for name, outcomes in found.items():
        wrong = sum(n for kind, n in outcomes.items() if kind.startswith("wrong"))
        shown = [
            sum(outcomes.values()),
            sum(n for k, n in outcomes.items() if k.startswith("refused")),
            outcomes["killed"],
        ]
        table.add_row(name, *map(str, [*shown, outcomes["shown"], wrong]))
    console = Console()
    console.print(table)
    console.print(f"acknowledged writes: {flushed[0]}, of which flushed to the disk first: {flushed[1]}")
    figures = {"faults": {name: dict(outcomes) for name, outcomes in found.items()}, "flushed": flushed}
    console.print(f"kept in {keep('faults', figures)}")
    if flushed[0] != flushed[1] or any(kind.startswith("wrong") for one in found.values() for kind in one):
        sys.exit(1)


def load(folder: Path) -> None:
    """A data folder with the sample library."""
    from api.cli.demo import load_library
    from api.services import build_services
    from cds.settings import Settings

    folder.mkdir(mode=0o700)
    with closing(build_services(Settings(data=folder, model="none"))) as services:
        load_library(services)


def warm_up(folder: Path) -> None:
    """The embedder is loaded once, before any child is made."""
    from api.services import build_services
    from cds.settings import Settings

    with closing(build_services(Settings(data=folder, model="none"))) as services:
        services.knowledge.search(QUESTION, limit=1)


def copy_of(loaded: Path) -> Path:
    target = loaded.parent / "trial"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700)
    for path in loaded.iterdir():
        if path.name.startswith(("cds.db", "database.key")):
            shutil.copy(path, target)
        else:
            (target / path.name).symlink_to(path)
    return target


def consult_in_child(data: Path, told: int, go: int, times: int = 1) -> None:
    """In a child: wait for the tracer, ask, and tell the outcome; a connection is open and the embedder loaded."""
    from api.services import build_services, operator
    from cds.consult import Question, consult
    from cds.errors import CdsError
    from cds.settings import Settings

    with closing(build_services(Settings(data=data, model="none"))) as services:
        parts = services.consult_parts()
        with services.db.reading() as tx:
            services.builder.current(tx)
        os.read(go, 1)
        for _ in range(times):
            try:
                recommendation, _ = consult(Question(QUESTION), parts, actor=operator())
                os.write(told, orjson.dumps({"shown": recommendation.id}) + b"\n")
            except CdsError as error:
                os.write(told, orjson.dumps({"refused": error.code}) + b"\n")
            except BaseException as error:
                os.write(told, orjson.dumps({"defect": type(error).__name__}) + b"\n")


def traced(data: Path, options: list[str], *, times: int = 1) -> tuple[list[dict[str, str]], str]:
    """The outcomes a child told, and what strace wrote, with these options in force from the first question on."""
    told_out, told_in = os.pipe()
    go_out, go_in = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            consult_in_child(data, told_in, go_out, times)
        finally:
            os._exit(1)
    os.close(told_in)
    os.close(go_out)
    trace = data.parent / "trace"
    trace.unlink(missing_ok=True)
    time.sleep(0.05)
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-o", str(trace), *options, "-p", str(child)], stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 30
    while not is_traced(child) and time.monotonic() < until:
        time.sleep(0.01)
    os.write(go_in, b"g")
    os.close(go_in)
    with os.fdopen(told_out, "rb") as told:
        lines = told.read().splitlines()
    os.waitpid(child, 0)
    tracer.send_signal(signal.SIGINT) if tracer.poll() is None else None
    tracer.wait(20)
    assert tracer.stderr is not None
    tracer.stderr.close()
    return [orjson.loads(line) for line in lines], trace.read_text() if trace.exists() else ""


def is_traced(process: int) -> bool:
    """Whether a tracer is attached; once its threads were seized the child goes on."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return True
    return "TracerPid:\t0\n" not in status


def paths(data: Path) -> list[str]:
    """Only what goes to the database's files."""
    return [word for name in FILES for word in ("-P", str(data / name))]


def count(loaded: Path) -> Counter[str]:
    """How often one consult makes each call on the database's files."""
    data = copy_of(loaded)
    _, trace = traced(data, ["-e", f"trace={','.join(CALLS)}", *paths(data)])
    counted = Counter(match for match in re.findall(r"^\d+\s+(\w+)\(", trace, re.MULTILINE) if match in CALLS)
    print("one consult writes:", ", ".join(f"{n} {call}" for call, n in counted.items()), flush=True)
    if not counted:
        raise SystemExit("strace saw no write: it may not trace here")
    return counted


def trial(loaded: Path, call: str, fault: str, number: int) -> str:
    """One consult with one fault; what came of it, held against the database afterwards."""
    data = copy_of(loaded)
    inject = f"inject={call}:{fault}:when={number}"
    outcomes, _ = traced(data, ["-e", f"trace={call}", "-e", inject, *paths(data)])
    recorded, whole = left_behind(data)
    if not whole:
        return "wrong: the log does not verify"
    if not outcomes:
        return "killed"
    (outcome,) = outcomes
    if "defect" in outcome:
        return f"wrong: {outcome['defect']}"
    if "refused" in outcome:
        return f"refused {outcome['refused']}" if outcome["refused"] in NAMED else f"wrong code {outcome['refused']}"
    return "shown" if outcome["shown"] in recorded else "wrong: shown and not recorded"


def left_behind(data: Path) -> tuple[set[str], bool]:
    """The recommendations in the database, and whether the log over them verifies."""
    from sqlalchemy import select

    from cds.audit.verify import verify
    from cds.db import open_database
    from cds.tables_recommendations import recommendations

    with closing(open_database("sqlite", data=data)) as db, db.reading() as tx:
        return set(tx.execute(select(recommendations.c.id)).scalars()), verify(tx).ok


def acknowledged_after_flush(loaded: Path) -> tuple[int, int]:
    """Of consults told as shown, those before which the log of writes was flushed since the one before."""
    data = copy_of(loaded)
    outcomes, trace = traced(data, ["-e", "trace=fdatasync,fsync,write"], times=20)
    told = flushed = 0
    since = False
    for line in trace.splitlines():
        if "fdatasync(" in line or "fsync(" in line:
            since = True
        elif "write(" in line and "shown" in line:
            told += 1
            flushed += since
            since = False
    assert told == len(outcomes), f"{told} of {len(outcomes)} acknowledgements were seen"
    return told, flushed


if __name__ == "__main__":
    main()
