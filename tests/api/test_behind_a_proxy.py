"""The same doors under a path prefix, behind a proxy that ends TLS."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.app import create_app
from api.auth.accounts import add_account
from api.auth.passwords import Passwords
from cds.actors import Role
from tests.api.conftest import ASKED, QUICK, TestedServices

HTML = {"accept": "text/html"}
PASSWORD = "a quiet winter morning"


@pytest.fixture
def browser(services: TestedServices) -> Iterator[TestClient]:
    """A browser that reaches the service as https://ehr.example/cds, through a proxy that keeps the prefix."""
    services.settings = services.settings.model_copy(update={"root_path": "/cds"})
    app = create_app(services)
    app.state.passwords = Passwords(QUICK)
    with services.db.transaction() as tx:
        add_account(
            tx,
            name="ada",
            display="Ada",
            roles={Role.PHYSICIAN},
            password=QUICK.hash(PASSWORD),
            at=services.clock.now(),
        )
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.7", "origin": "https://ehr.example"}
    with TestClient(
        ProxyHeadersMiddleware(app, trusted_hosts="*"),
        base_url="http://ehr.example",
        headers=forwarded,
        follow_redirects=False,
    ) as client:
        yield client


def test_a_consult_from_sign_in_to_decision_stays_under_the_prefix(browser: TestClient) -> None:
    signed = browser.post("/cds/sign-in", data={"name": "ada", "password": PASSWORD}, headers=HTML)
    assert signed.headers["location"] == "/cds/"
    cookie = signed.headers["set-cookie"]
    assert cookie.startswith("__Host-cds=") and "Secure" in cookie
    browser.headers["cookie"] = cookie.partition(";")[0]

    asked = browser.post("/cds/consults", data={"question": ASKED}, headers=HTML)
    at = asked.headers["location"]
    assert at.startswith("/cds/consults/")
    shown = browser.get(at, headers=HTML)
    assert shown.headers["strict-transport-security"].startswith("max-age=")
    addresses = re.findall(r'(?:href|action|src|data-copy|data-page)="(/[^"]*)"', shown.text)
    assert addresses and all(address.startswith("/cds/") for address in addresses)
    decided = browser.post(f"{at}/decisions", data={"choice": "accepted"}, headers=HTML)
    assert decided.headers["location"] == f"{at}#decision"
    signed_out = browser.post("/cds/sign-out", headers=HTML)
    assert signed_out.headers["location"] == "/cds/sign-in"


def test_a_proxy_that_takes_the_prefix_off_is_understood_too(browser: TestClient) -> None:
    page = browser.get("/sign-in", headers=HTML)
    assert page.status_code == 200 and 'action="/cds/sign-in"' in page.text


def test_the_sign_in_page_is_shown_to_whoever_is_not_signed_in(browser: TestClient) -> None:
    assert browser.get("/cds/consults", headers=HTML).headers["location"] == "/cds/sign-in?next=/consults"


def test_the_api_describes_itself_under_the_prefix(browser: TestClient) -> None:
    assert browser.get("/cds/api/v1/openapi.json").json()["servers"] == [{"url": "/cds"}]


def test_another_site_is_still_another_site(browser: TestClient) -> None:
    answer = browser.post("/cds/sign-in", data={"name": "ada"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
