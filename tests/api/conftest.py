"""The doors around real services, and clients of every role."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth.accounts import Account, account_named, add_account
from api.auth.identity import LOOPBACK_COOKIE
from api.auth.passwords import Passwords
from api.auth.sign_in import start_sign_in
from api.services import Services
from cds.access import add_to_care_list
from cds.actors import Role, local_operator
from cds.clock import FixedClock
from cds.consult import ConsultParts
from cds.db import Database
from cds.policy import Policy
from cds.settings import Settings
from ingest.pipeline.records import ingest_records
from ingest.samples import PATIENTS
from knowledge.records import Records
from tests.api.recorded import every_change_is_recorded  # noqa: F401 watches every test of this folder
from tests.cds.fakes import Scripted, Shelf, document, passage

OPERATOR = local_operator("suite")
PRESSURE = document("hypertension", "High blood pressure in adults")
FIRST = passage(
    "p1",
    "Offer amlodipine 5 mg once daily as the first medicine for hypertension in adults aged 55 years or over. "
    "Do not combine an ACE inhibitor with an angiotensin receptor blocker.",
    of=PRESSURE,
    section=("Choice of medicine",),
    strength="strong",
)
TARGET = passage(
    "p2",
    "Aim for a clinic blood pressure below 140/90 mmHg in adults under 80 years.",
    of=PRESSURE,
    section=("Targets",),
)
ASKED = "Which first medicine for hypertension in adults aged 55 years or over?"
# Enough to be real, little enough for a suite: the product uses RFC 9106's second choice.
QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
ORIGIN = {"origin": "http://testserver"}


def nothing(editions: Sequence[str]) -> dict[str, Sequence[str]]:
    """No edition on the shelf says what it does not cover."""
    return {}


class TestedServices(Services):
    """The product's own services on the suite's database, over a shelf of passages instead of an index."""

    __test__ = False
    clock: FixedClock
    model_: Scripted | None = None
    free: int | None = None  # bytes on a disk that is said to be full

    def __init__(self, settings: Settings, *, clock: FixedClock, database: Database, shelf: Shelf) -> None:
        super().__init__(settings, clock=clock)
        self._database = database
        self.shelf = shelf

    @cached_property
    def db(self) -> Database:
        return self._database

    @cached_property
    def records(self) -> Records:
        return Records(self.db, embed=None, clock=self.clock)

    @property
    def knowledge(self) -> Any:  # type: ignore[override]
        return self.shelf

    def free_bytes(self) -> int:
        return super().free_bytes() if self.free is None else self.free

    def consult_parts(self) -> ConsultParts:
        parts = super().consult_parts()
        return replace(parts, policy=Policy((), otherwise=0.3), model=self.model_, similarity=None, left_out=nothing)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(FIRST, TARGET)


@pytest.fixture
def services(db: Database, clock: FixedClock, tmp_path: Path, shelf: Shelf) -> TestedServices:
    return TestedServices(Settings(data=tmp_path, model="none"), clock=clock, database=db, shelf=shelf)


@pytest.fixture
def patient(services: TestedServices) -> str:
    """A synthetic patient whose record is stored and on nobody's care list."""
    ingest_records(
        [PATIENTS / "metformin-with-egfr-24.json"],
        records=services.records,
        db=services.db,
        log=services.log,
        clock=services.clock,
        actor=OPERATOR,
        vectors=False,
    )
    with services.db.reading() as tx:
        return services.records.listed(tx, OPERATOR)[0].id


@pytest.fixture
def my_patient(services: TestedServices, patient: str, account_of: Callable[[Role], Account]) -> str:
    """The same, on the physician's care list."""
    physician = account_of(Role.PHYSICIAN)
    with services.db.transaction() as tx:
        add_to_care_list(tx, physician.id, patient, by=OPERATOR, clock=services.clock, log=services.log)
    return patient


@pytest.fixture
def app(services: TestedServices) -> FastAPI:
    made = create_app(services)
    made.state.passwords = Passwords(QUICK)
    return made


@pytest.fixture
def account_of(services: TestedServices) -> Callable[[Role], Account]:
    """The account of a role, made when first asked for."""

    def account(role: Role) -> Account:
        with services.db.transaction() as tx:
            known = account_named(tx, f"a.{role}")
            return known or add_account(
                tx, name=f"a.{role}", display=f"A {role}", roles={role}, password=None, at=services.clock.now()
            )

    return account


@pytest.fixture
def client_as(
    app: FastAPI, services: TestedServices, account_of: Callable[[Role], Account]
) -> Iterator[Callable[[Role | None], TestClient]]:
    """A browser, signed in in this role or not at all; it sends Origin as browsers do."""
    opened: list[TestClient] = []

    def client(role: Role | None) -> TestClient:
        browser = TestClient(app, headers=ORIGIN, follow_redirects=False)
        browser.__enter__()
        opened.append(browser)
        if role is not None:
            account = account_of(role)
            with services.db.transaction() as tx:
                secret = start_sign_in(tx, account, method="password", at=services.clock.now())
            browser.cookies.set(LOOPBACK_COOKIE, secret)
        return browser

    yield client
    for browser in opened:
        browser.__exit__(None, None, None)
