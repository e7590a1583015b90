"""My own account in the browser: another password, API tokens."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.auth.accounts import Account, change_account
from api.auth.tables import accounts
from cds.actors import Role
from cds.audit.tables import entries
from tests.api.conftest import QUICK, TestedServices

Clients = Callable[[Role | None], TestClient]
OLD, NEW = "a quiet winter morning", "a loud summer evening"


@pytest.fixture
def mine(client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]) -> TestClient:
    """A physician with a password, signed in."""
    account = account_of(Role.PHYSICIAN)
    with services.db.transaction() as tx:
        change_account(tx, account.id, password=QUICK.hash(OLD))
    return client_as(Role.PHYSICIAN)


def change(browser: TestClient, old: str = OLD, new: str = NEW, again: str = NEW) -> tuple[int, str]:
    answer = browser.post("/account/password", data={"old": old, "new": new, "again": again})
    return answer.status_code, answer.text


def test_another_password_ends_every_other_sign_in_and_keeps_this_one(mine: TestClient, client_as: Clients) -> None:
    elsewhere = client_as(Role.PHYSICIAN)
    status, text = change(mine)
    assert status == 200 and "password was changed" in text
    assert (mine.get("/account").status_code, elsewhere.get("/account").status_code) == (200, 401)
    nobody = client_as(None)
    assert nobody.post("/sign-in", data={"name": "a.physician", "password": OLD}).status_code == 401
    assert nobody.post("/sign-in", data={"name": "a.physician", "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"old": "not this one"}, 401, "wrong_credentials"),
        ({"again": "another one at all"}, 422, "weak_password"),
        ({"new": "short", "again": "short"}, 422, "weak_password"),
        ({"new": "a.physician is my name", "again": "a.physician is my name"}, 422, "weak_password"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    mine: TestClient, services: TestedServices, form: dict[str, str], status: int, code: str
) -> None:
    answered, text = change(mine, **form)
    assert answered == status and code in text
    with services.db.reading() as tx:
        assert QUICK.verify(str(tx.scalar(select(accounts.c.password))), OLD)
    assert mine.get("/account").status_code == 200


def test_guessing_the_present_password_slows_down(mine: TestClient) -> None:
    assert [change(mine, old="wrong")[0] for _ in range(6)] == [401] * 5 + [429]


def test_an_account_of_the_provider_has_no_password_here(client_as: Clients) -> None:
    browser = client_as(Role.AUDITOR)
    assert "Present password" not in browser.get("/account").text
    assert change(browser)[0] == 422


def test_a_token_is_shown_once_works_and_is_ended(
    mine: TestClient, client_as: Clients, services: TestedServices
) -> None:
    made = mine.post("/account/tokens", data={"name": "chat <b>", "scopes": ["search", "consult"], "days": "30"})
    secret = re.findall(r"<code>(cds_[\w-]+)</code>", made.text)[0]
    page = mine.get("/account").text
    assert secret not in page and "chat &lt;b&gt;" in page and "consult, search" in page
    program = client_as(None)
    program.headers["authorization"] = f"Bearer {secret}"
    assert program.get("/api/v1/consults").status_code == 200
    assert program.get("/account").status_code == 401  # pages are for browsers
    number = re.findall(r"/account/tokens/(\w+)/revoke", page)[0]
    assert mine.post(f"/account/tokens/{number}/revoke").status_code == 303
    assert program.get("/api/v1/consults").status_code == 401
    with services.db.reading() as tx:
        kinds = tx.scalars(select(entries.c.kind).order_by(entries.c.seq)).all()
    assert [kind for kind in kinds if kind.startswith("api_token")] == ["api_token.made", "api_token.revoked"]


@pytest.mark.parametrize(
    "form",
    [
        {"scopes": ["search"], "days": "30"},
        {"name": "x", "days": "30"},
        {"name": "x", "scopes": ["everything"], "days": "30"},
        {"name": "x", "scopes": ["search"], "days": "999"},
    ],
)
def test_half_a_token_is_refused(mine: TestClient, form: dict[str, str]) -> None:
    answer = mine.post("/account/tokens", data=form)
    assert answer.status_code == 422 and "token_incomplete" in answer.text


def test_nobody_ends_the_token_of_another(mine: TestClient, client_as: Clients) -> None:
    made = mine.post("/account/tokens", data={"name": "mine", "scopes": ["search"], "days": "30"})
    number = re.findall(r"/account/tokens/(\w+)/revoke", made.text)[0]
    assert client_as(Role.AUDITOR).post(f"/account/tokens/{number}/revoke").status_code == 404
    assert "mine" in mine.get("/account").text
