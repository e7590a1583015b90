from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cds.actors import Role

Clients = Callable[[Role | None], TestClient]
CROSS = [
    {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    {"sec-fetch-site": "same-site", "origin": "https://other.hospital.example"},
    {"sec-fetch-site": "cross-site", "origin": "null", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:81"},
]


@pytest.mark.parametrize("headers", CROSS)
def test_what_another_site_asks_for_changes_nothing(client_as: Clients, headers: dict[str, str]) -> None:
    browser = client_as(Role.PHYSICIAN)
    answer = browser.post("/sign-out", headers=headers)
    assert answer.status_code == 403 and answer.json()["code"] == "cross_site"
    assert browser.get("/account").status_code == 200


def test_a_cookie_without_any_origin_changes_nothing(client_as: Clients) -> None:
    browser = client_as(Role.PHYSICIAN)
    del browser.headers["origin"]
    assert browser.post("/sign-out").status_code == 403


def test_another_site_may_link_to_a_page_but_not_load_it_in_itself(client_as: Clients) -> None:
    browser = client_as(Role.PHYSICIAN)
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert browser.get("/account", headers=followed).status_code == 200
    for how in ({"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, {"sec-fetch-mode": "cors"}):
        assert browser.get("/account", headers={"sec-fetch-site": "cross-site", **how}).status_code == 403
    framed = {**followed, "sec-fetch-dest": "iframe"}
    assert browser.get("/account", headers=framed).status_code == 403


@pytest.mark.parametrize("path", ["/sign-in", "/livez", "/absent", "/static/base.css", "/api/v1/openapi.json"])
def test_every_answer_carries_the_strict_headers(client_as: Clients, path: str) -> None:
    headers = client_as(None).get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] in ("no-store", "no-cache")


def test_an_asset_asked_for_by_its_content_may_be_kept(client_as: Clients) -> None:
    browser = client_as(None)
    page = browser.get("/sign-in").text
    address = next(part for part in page.split('"') if part.startswith("/static/base.css?v="))
    assert "immutable" in browser.get(address).headers["cache-control"]


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "base.css/../../app.py"])
def test_no_path_leads_out_of_the_assets(client_as: Clients, name: str) -> None:
    assert client_as(None).get(f"/static/{name}").status_code == 404


def test_a_defect_tells_a_reference_and_not_what_went_wrong(
    app: FastAPI, client_as: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("Mrs Example has gout")

    app.add_api_route("/broken", broken)
    answer = client_as(None).get("/broken")
    assert answer.status_code == 500 and answer.json()["code"] == "failed"
    assert "gout" not in answer.text and "gout" not in caplog.text
    assert answer.json()["detail"].rsplit(" ", 1)[-1].rstrip(".") in caplog.text


def test_a_wrong_body_is_named_and_never_echoed(app: FastAPI, client_as: Clients) -> None:
    from pydantic import BaseModel

    class Body(BaseModel, extra="forbid"):
        age: int

    def take(body: Body) -> None: ...

    app.add_api_route("/api/take", take, methods=["POST"])
    for sent in ({"age": "gout since May"}, {"gout": 1, "age": 2}, {}):
        answer = client_as(None).post("/api/take", json=sent)
        assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
        assert "gout" not in answer.text
    assert answer.json()["errors"] == [{"where": "body.age", "what": "is needed"}]


def test_a_body_that_is_too_large_is_refused(client_as: Clients) -> None:
    answer = client_as(None).post("/sign-in", content=b"a" * 300_000)
    assert answer.status_code == 413 and answer.json()["code"] == "too_large"


def test_a_prefix_of_a_proxy_stands_before_every_address(client_as: Clients, app: FastAPI) -> None:
    app.root_path = "/cds"
    browser = client_as(None)
    page = browser.get("/cds/sign-in", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert 'href="/cds/static/base.css' in page.text and 'action="/cds/sign-in"' in page.text
    moved = browser.get("/cds/account", headers={"accept": "text/html"})
    assert moved.headers["location"] == "/cds/sign-in?next=/account"
