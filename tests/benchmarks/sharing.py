"""Shared sessions under load: many sessions with two members each on one service, and guessing of join codes.

Run: python -m tests.benchmarks.sharing [--sessions N --releases N --every SECONDS --guesses N]
"""

import argparse
import asyncio
import secrets
import ssl
import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson

from api.auth.identity import LOOPBACK_COOKIE
from api.auth.sign_in import start_sign_in
from api.services import Services, services_from_environment
from cds import recommendations
from cds.actors import Actor, Role
from cds.errors import CdsError
from cds.recommendation import Recommendation, Stamp
from cds.sharing import joining, members
from cds.sharing.grid import ASPECTS, Cell, Grid, Line, Option
from cds.sharing.sessions import Session, open_session
from tests.benchmarks.results import keep
from tests.journeys.serving import add_people, served


@dataclass
class Table:
    """One session with what its two members were told."""

    session: Session
    sign_in: str
    place: str
    grid: Grid
    told: dict[str, list[int]] = field(default_factory=lambda: {"physician": [], "patient": []})


def question(asked_by: str) -> Recommendation:
    stamp = Stamp(None, None, None, None, "benchmark")
    now = datetime.now(UTC)
    return Recommendation(
        secrets.token_hex(8), "quoted", "Which?", None, now, asked_by, (), (), (), (), (), None, None, stamp
    )


def grid_of() -> Grid:
    cells = tuple(Cell(aspect, (Line(f"{aspect}", f"About {aspect}.", by="physician"),)) for aspect in ASPECTS)
    return Grid(tuple(Option(f"o{n}", f"Option {n}", cells, nothing=n == 0) for n in range(3)))


def tables(services: Services, physician: Actor, sessions: int, account: object) -> list[Table]:
    made = []
    for _ in range(sessions):
        with services.db.transaction() as tx:
            asked = question(physician.id)
            recommendations.record(tx, asked, log=services.log, actor=physician)
            grid = grid_of()
            session = open_session(tx, asked, grid, actor=physician, clock=services.clock, log=services.log)
            code = joining.make_code(tx, session, actor=physician, clock=services.clock, log=services.log)
            sign_in = start_sign_in(tx, account, method="password", at=services.clock.now())  # type: ignore[arg-type]
        place, member = joining.join(services.db, code, address=session.id, clock=services.clock, log=services.log)
        with services.db.transaction() as tx:
            members.admit(tx, session, member.id, yes=True, actor=physician, log=services.log)
        made.append(Table(session, sign_in, place, grid))
    return made


async def listen(client: httpx.AsyncClient, path: str, told: list[int], heard: asyncio.Condition) -> None:
    async with client.stream("GET", path, timeout=None) as response:
        async for line in response.aiter_lines():
            if line.startswith('data: {"number"'):
                told.append(orjson.loads(line[6:])["number"])
                async with heard:
                    heard.notify_all()


async def play(address: str, table: Table, releases: int, every: float, plain: ssl.SSLContext) -> list[float]:
    origin = {"origin": address}
    seconds = []
    heard = asyncio.Condition()
    async with (
        httpx.AsyncClient(
            base_url=address, headers=origin, verify=plain, cookies={LOOPBACK_COOKIE: table.sign_in}
        ) as physician,
        httpx.AsyncClient(
            base_url=address, headers=origin, verify=plain, cookies={f"{LOOPBACK_COOKIE}-shared": table.place}
        ) as patient,
    ):
        at = f"/sessions/{table.session.id}"
        listeners = [
            asyncio.create_task(
                listen(physician, f"{at}/events?after=0", table.told["physician"], asyncio.Condition())
            ),
            asyncio.create_task(listen(patient, "/shared/events?after=0", table.told["patient"], heard)),
        ]
        await asyncio.sleep(2 + secrets.randbelow(1000) / 1000 * every)  # everybody has come in by then
        items = [f"{option.id}.{aspect}" for option in table.grid.options for aspect in ASPECTS]
        for number in range(releases):
            before = len(table.told["patient"])
            started = time.perf_counter()
            answer = await physician.post(
                f"{at}/release", data={"items": items[number % len(items)], "reason": "benchmark"}, timeout=30
            )
            assert answer.status_code == 204, answer.text
            async with heard:
                await heard.wait_for(lambda before=before: len(table.told["patient"]) > before)
            page = await patient.get("/shared/live", timeout=30)
            assert "Option" in page.text
            seconds.append(time.perf_counter() - started)
            await asyncio.sleep(every)
        await asyncio.sleep(1)
        for listener in listeners:
            listener.cancel()
            with suppress(asyncio.CancelledError, httpx.HTTPError):
                await listener
    return seconds


async def everybody(address: str, made: list[Table], releases: int, every: float) -> list[float]:
    # One for all: making a context takes tens of milliseconds, in which this process would measure itself.
    plain = ssl.create_default_context()
    found = await asyncio.gather(*(play(address, table, releases, every, plain) for table in made))
    return [seconds for table in found for seconds in table]


def guess(services: Services, physician: Actor, guesses: int) -> dict[str, object]:
    """Random codes from as many addresses as it takes not to be stopped at once."""
    with services.db.transaction() as tx:
        asked = question(physician.id)
        recommendations.record(tx, asked, log=services.log, actor=physician)
        session = open_session(tx, asked, grid_of(), actor=physician, clock=services.clock, log=services.log)
        joining.make_code(tx, session, actor=physician, clock=services.clock, log=services.log)
    joins, reasons = 0, {}
    for number in range(guesses):
        code = "".join(secrets.choice(joining.ALPHABET) for _ in range(joining.LENGTH))
        try:
            joining.join(services.db, code, address=str(number % 200), clock=services.clock, log=services.log)
            joins += 1
        except CdsError as refused:
            reasons[refused.code] = reasons.get(refused.code, 0) + 1
    return {"guesses": guesses, "joins": joins, "refused": reasons}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=40)
    parser.add_argument("--releases", type=int, default=8)
    parser.add_argument("--every", type=float, default=4.0)
    parser.add_argument("--guesses", type=int, default=10_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "cds"
        account = add_people(data)[Role.PHYSICIAN]
        services = services_from_environment({"CDS_DATA": str(data), "CDS_MODEL": "none"})
        made = tables(services, account.actor, chosen.sessions, account)
        with served(data) as service:
            seconds = asyncio.run(everybody(service.address, made, chosen.releases, chosen.every))
        guessed = guess(services, account.actor, chosen.guesses)
        services.close()
    in_order = all(told == sorted(set(told)) for table in made for told in table.told.values())
    # The patient's list has what is meant for both: admitted, then every release.
    complete = all(len(table.told["patient"]) == 1 + chosen.releases for table in made)
    ranked = sorted(seconds)
    figures = {
        "sessions": chosen.sessions,
        "members": 2 * chosen.sessions,
        "releases": len(seconds),
        "each_once_and_in_order": in_order and complete,
        "release_to_page_ms": {
            "p50": round(1000 * statistics.median(ranked)),
            "p95": round(1000 * ranked[int(0.95 * len(ranked))]),
            "max": round(1000 * ranked[-1]),
        },
        "guessing": guessed,
    }
    for name, value in figures.items():
        print(f"{name:24} {value}")
    print(keep("sharing", figures))


if __name__ == "__main__":
    main()
