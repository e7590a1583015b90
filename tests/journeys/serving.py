"""The service as it is started by a person: its own process, on a port of this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.auth.accounts import Account, add_account
from api.auth.passwords import Passwords
from api.services import operator, services_from_environment
from cds.access import add_to_care_list
from cds.actors import Role

PASSWORD = "a quiet winter morning"


@dataclass(frozen=True)
class Service:
    """A running service and who may sign in to it."""

    address: str
    log: Path


def add_people(data: Path) -> dict[Role, Account]:
    """One account a role, all with the same password; every patient is on the physician's care list."""
    services = services_from_environment({"CDS_DATA": str(data), "CDS_MODEL": "none"})
    password = Passwords().hash(PASSWORD)
    with services.db.transaction() as tx:
        made = {
            role: add_account(
                tx, name=role, display=f"The {role}", roles={role}, password=password, at=services.clock.now()
            )
            for role in Role
        }
        for person in services.records.listed(tx, operator()):
            add_to_care_list(
                tx, made[Role.PHYSICIAN].id, person.id, by=operator(), clock=services.clock, log=services.log
            )
    services.close()
    return made


@contextmanager
def served(
    data: Path, *, port: int | None = None, program: str = "from api.cli import main; main()", **settings: str
) -> Iterator[Service]:
    """`cds serve` on this data folder until the block ends, or another program that takes the same words."""
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    log = data.parent / f"serve-{port}.log"
    environment = {**os.environ, "CDS_DATA": str(data), "CDS_MODEL": "none", **settings}
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "serve", "--port", str(port)],
            env=environment,
            stdout=written,
            stderr=written,
        )
    address = f"http://127.0.0.1:{port}{settings.get('CDS_ROOT_PATH', '')}"
    try:
        _wait(address, process, log)
        yield Service(address, log)
    finally:
        process.terminate()
        process.wait(20)


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{address}/readyz").json()["parts"]["warm"]:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the service did not start:\n{log.read_text()}")
