"""The doors around real services, and clients of every role."""

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

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
from cds.actors import Role
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from cds.settings import Settings

# Enough to be real, little enough for a suite: the product uses RFC 9106's second choice.
QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
ORIGIN = {"origin": "http://testserver"}


class TestedServices(Services):
    """The product's own services on the suite's database."""

    __test__ = False

    def __init__(self, settings: Settings, *, clock: FixedClock, database: Database) -> None:
        super().__init__(settings, clock=clock)
        self._database = database

    @cached_property
    def db(self) -> Database:
        return self._database

    @cached_property
    def log(self) -> AuditLog:
        return AuditLog(clock=self.clock)


@pytest.fixture
def services(db: Database, clock: FixedClock, tmp_path: Path) -> TestedServices:
    return TestedServices(Settings(data=tmp_path, model="none"), clock=clock, database=db)


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
