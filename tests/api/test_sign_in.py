from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.auth.accounts import add_account, change_account
from api.auth.tables import accounts, sign_ins
from cds.actors import Role
from tests.api.conftest import QUICK, TestedServices

Clients = Callable[[Role | None], TestClient]
PASSWORD = "a quiet winter morning"


@pytest.fixture
def ada(services: TestedServices) -> str:
    with services.db.transaction() as tx:
        made = add_account(
            tx,
            name="ada",
            display="Ada Byron",
            roles={Role.PHYSICIAN},
            password=QUICK.hash(PASSWORD),
            at=services.clock.now(),
        )
    return made.id


def sign_in(client: TestClient, password: str = PASSWORD, **more: str) -> int:
    return client.post("/sign-in", data={"name": "ada", "password": password, **more}).status_code


@pytest.mark.usefixtures("ada")
def test_the_right_password_opens_and_signing_out_closes_on_the_server(client_as: Clients) -> None:
    browser = client_as(None)
    assert sign_in(browser) == 303
    assert browser.get("/account").status_code == 200
    kept = browser.cookies["cds"]
    assert browser.post("/sign-out").status_code == 303
    browser.cookies.set("cds", kept)
    assert browser.get("/account", headers={"accept": "text/html"}).headers["location"] == "/sign-in?next=/account"


@pytest.mark.usefixtures("ada")
def test_a_wrong_name_and_a_wrong_password_read_the_same(client_as: Clients) -> None:
    browser = client_as(None)
    one = browser.post("/sign-in", data={"name": "ada", "password": "not this one"})
    other = browser.post("/sign-in", data={"name": "eve", "password": "not this one"})
    assert (one.status_code, one.text) == (other.status_code, other.text)
    assert one.status_code == 401 and "set-cookie" not in one.headers


@pytest.mark.usefixtures("ada")
def test_guessing_is_slowed_down_and_forgotten_after_a_while(client_as: Clients, services: TestedServices) -> None:
    browser = client_as(None)
    assert [sign_in(browser, "wrong") for _ in range(7)] == [401] * 5 + [429] * 2
    assert sign_in(browser) == 429
    services.clock.at += timedelta(seconds=61)
    assert sign_in(browser) == 303


@pytest.mark.parametrize(("minutes", "still"), [(14, 200), (16, 401)])
def test_a_sign_in_ends_after_fifteen_minutes_without_use(
    client_as: Clients, services: TestedServices, minutes: int, still: int
) -> None:
    browser = client_as(Role.PHYSICIAN)
    services.clock.at += timedelta(minutes=minutes)
    assert browser.get("/account").status_code == still


def test_a_sign_in_ends_after_twelve_hours_however_busy(client_as: Clients, services: TestedServices) -> None:
    browser = client_as(Role.PHYSICIAN)
    for _ in range(72):
        services.clock.at += timedelta(minutes=10)
        assert browser.get("/account").status_code == 200
    services.clock.at += timedelta(minutes=10)
    assert browser.get("/account").status_code == 401


def test_losing_a_role_ends_the_sign_in_at_once(client_as: Clients, services: TestedServices) -> None:
    browser = client_as(Role.LIBRARIAN)
    with services.db.transaction() as tx:
        account = tx.execute(select(accounts.c.id)).scalar_one()
        change_account(tx, account, roles={Role.AUDITOR})
    assert browser.get("/account").status_code == 401


@pytest.mark.usefixtures("ada")
def test_over_tls_the_cookie_is_bound_to_this_host(app: FastAPI) -> None:
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as browser:
        answer = browser.post(
            "/sign-in", data={"name": "ada", "password": PASSWORD}, headers={"origin": "https://testserver"}
        )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-cds=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.usefixtures("ada")
def test_a_password_is_not_taken_over_plain_http_from_elsewhere(app: FastAPI) -> None:
    with TestClient(app, base_url="http://ward.example", headers={"origin": "http://ward.example"}) as browser:
        answer = browser.post("/sign-in", data={"name": "ada", "password": PASSWORD})
    assert answer.status_code == 403 and answer.json()["code"] == "plain_http"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil.example", "/a?b=c", "/%0d"])
def test_a_sign_in_leads_to_our_own_pages_only(client_as: Clients, after: str) -> None:
    answer = client_as(None).post("/sign-in", data={"name": "ada", "password": PASSWORD, "after": after})
    assert answer.headers["location"] == "/"


@pytest.mark.usefixtures("ada")
def test_the_database_holds_no_secret(client_as: Clients, services: TestedServices) -> None:
    browser = client_as(None)
    sign_in(browser)
    with services.db.reading() as tx:
        kept = tx.execute(select(sign_ins)).one()
        password = tx.execute(select(accounts.c.password)).scalar_one()
    assert browser.cookies["cds"] not in tuple(kept)
    assert password.startswith("$argon2id$")
