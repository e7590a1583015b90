"""Many clients on one model slot: who is refused how fast, who is admitted how long, and what a dead model costs.

`python -m tests.benchmarks.admission [--clients N --seconds N --model-seconds S --down N]`: the service in a process
of its own, with a scripted model that takes so long for each question, one at a time; then with a model server that is
away.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from api.auth.accounts import add_account
from api.auth.identity import LOOPBACK_COOKIE
from api.auth.sign_in import start_sign_in
from api.live import _RUNNING, _WAITING
from api.services import services_from_environment
from cds.actors import Role
from cds.errors import Unavailable
from cds.language_model import Draft, ModelIdentity
from cds.language_model.guarded import Guarded
from cds.language_model.source import ModelSource
from tests.benchmarks.doors import QUESTIONS, load
from tests.benchmarks.results import keep
from tests.journeys.serving import served

PLACES = _RUNNING + _WAITING
REFUSED_MS, DOWN_MS = 100, 1000
PAUSE_S = 1.0  # before somebody who was refused asks again; sooner than they are told to
SLOW = "CDS_BENCH_MODEL_SECONDS"


class Slow:
    """Chooses the first sentence, after so many seconds."""

    identity = ModelIdentity("scripted", "d" * 64, "benchmark", "select", 4096)

    def __init__(self, takes: float) -> None:
        self._takes = takes

    def complete(self, *, seconds: float, **asked: Any) -> Draft:
        time.sleep(max(0.0, min(self._takes, seconds)))
        if seconds < self._takes:
            raise Unavailable("Too slow.", code="model_too_slow")
        return Draft('{"answered": "yes", "sentences": ["1"]}', 10, 5, self._takes)


def serve() -> None:
    """`cds serve` with the scripted model in its one slot."""
    from api.cli.serve import listen, run

    takes = float(os.environ.pop(SLOW))
    services = services_from_environment()
    opened = Guarded(Slow(takes), at_once=1)
    services.__dict__["model_source"] = ModelSource(services.settings, open_one=lambda settings: opened)
    run(services, listen("127.0.0.1", int(sys.argv[-1])))


@dataclass
class Seen:
    """Milliseconds and ends of one run."""

    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    told_when: int = 0  # of those refused, how many with Retry-After
    ends: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=90.0, help="how long new questions are asked")
    parser.add_argument("--model-seconds", type=float, default=0.5)
    parser.add_argument("--down", type=int, default=100, help="questions while the model is away")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "cds"
        load(folder)
        cookies = people(folder, wanted.clients)
        os.environ[SLOW] = str(wanted.model_seconds)
        with served(folder, program="from tests.benchmarks.admission import serve; serve()") as service:
            alone = asyncio.run(ask_all(service.address, cookies[:1], questions=10))
            crowd = asyncio.run(ask_all(service.address, cookies, seconds=wanted.seconds))
        del os.environ[SLOW]
        with served(folder, CDS_MODEL="http://127.0.0.1:9/v1") as service:
            down = asyncio.run(ask_all(service.address, cookies[:1], questions=wanted.down))
    tell(wanted, alone, crowd, down)


def people(folder: Path, count: int) -> list[str]:
    """So many physicians, signed in."""
    services = services_from_environment({"CDS_DATA": str(folder), "CDS_MODEL": "none"})
    now = services.clock.now()
    with services.db.transaction() as tx:
        made = [
            add_account(tx, name=f"p{n}", display=f"P {n}", roles={Role.PHYSICIAN}, password=None, at=now)
            for n in range(count)
        ]
        cookies = [start_sign_in(tx, account, method="password", at=now) for account in made]
    services.close()
    return cookies


async def ask_all(address: str, cookies: list[str], *, seconds: float = 600.0, questions: int = 10**6) -> Seen:
    """Everybody asks again and again, each with a connection of their own."""
    seen = Seen()
    until = time.monotonic() + seconds

    async def one(number: int, cookie: str) -> None:
        async with httpx.AsyncClient(
            base_url=address, cookies={LOOPBACK_COOKIE: cookie}, headers={"origin": address}, timeout=120
        ) as client:
            await client.get("/livez")  # the connection is there before anything is timed
            for at in range(questions):
                if time.monotonic() >= until:
                    return
                await ask(client, QUESTIONS[(number + at) % len(QUESTIONS)], seen)

    await asyncio.gather(*(one(number, cookie) for number, cookie in enumerate(cookies)))
    return seen


async def ask(client: httpx.AsyncClient, question: str, seen: Seen) -> None:
    began = time.perf_counter()
    answer = await client.post("/api/v1/consults", json={"question": question})
    took = (time.perf_counter() - began) * 1000
    document = answer.json()
    if answer.status_code == 201:
        seen.accepted.append(took)
        seen.ends[document["status"]] += 1
    else:
        seen.ends[f"{answer.status_code} {document['code']}"] += 1
        if document["code"] == "busy":
            seen.refused.append(took)
            seen.told_when += "retry-after" in answer.headers
            await asyncio.sleep(PAUSE_S)


def tell(wanted: argparse.Namespace, alone: Seen, crowd: Seen, down: Seen) -> None:
    """The table, what was promised, and the file."""
    runs = {"one client": alone, f"{wanted.clients} clients": crowd, "model away": down}
    print(f"{'what':<26}{'n':>7}{'p50 ms':>9}{'p99 ms':>9}  ends")
    for name, seen in runs.items():
        print(f"{name + ', admitted':<26}{row(seen.accepted)}  {dict(seen.ends)}")
        if seen.refused:
            print(f"{name + ', refused':<26}{row(seen.refused)}  with Retry-After: {seen.told_when}")
    most = PLACES * at(alone.accepted, 50)
    answers = {"quoted", "abstained"}  # silence of the library's is no model's either
    promised = (
        ("refused within, p99", at(crowd.refused, 99), REFUSED_MS),
        (f"admitted within {PLACES} × one alone, p99", at(crowd.accepted, 99), most),
        ("model away: quoted within, p99", at(down.accepted, 99), DOWN_MS),
        ("refused without Retry-After", len(crowd.refused) - crowd.told_when, 0),
        ("ends that nobody expects", sum(n for end, n in crowd.ends.items() if end[0] == "5" and "busy" not in end), 0),
        ("model away: not quoted", sum(n for end, n in down.ends.items() if end not in answers), 0),
    )
    print(f"\n{'promised':<48}{'measured':>10}{'at most':>10}")
    for what, measured, limit in promised:
        print(f"{what:<48}{measured:>10.0f}{limit:>10.0f}{'' if measured <= limit else '  NOT KEPT'}")
    figures = {
        "asked": vars(wanted),
        "runs": {name: summary(seen) for name, seen in runs.items()},
        "kept": {what: bool(measured <= limit) for what, measured, limit in promised},
    }
    print(f"\nkept in {keep('admission', figures)}")


def row(values: list[float]) -> str:
    return f"{len(values):>7}{at(values, 50):>9.0f}{at(values, 99):>9.0f}"


def at(values: list[float], share: int) -> float:
    return float(np.percentile(values, share)) if values else 0.0


def summary(seen: Seen) -> dict[str, Any]:
    return {
        "admitted_ms": {"n": len(seen.accepted), "p50": at(seen.accepted, 50), "p99": at(seen.accepted, 99)},
        "refused_ms": {"n": len(seen.refused), "p50": at(seen.refused, 50), "p99": at(seen.refused, 99)},
        "share_refused": len(seen.refused) / max(1, len(seen.refused) + len(seen.accepted)),
        "retry_after": seen.told_when,
        "ends": dict(seen.ends),
    }


if __name__ == "__main__":
    main()
