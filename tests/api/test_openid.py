"""Signing in at an identity provider: a real one on this machine, honest and in each way it can go wrong."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import OctKey
from sqlalchemy import select, update

from api.auth.openid.errors import SENTENCES
from api.auth.openid.roles import roles_from, roles_table
from api.auth.tables import accounts, openid_attempts
from cds.actors import Role
from cds.audit.listing import list_entries
from cds.audit.tables import entries
from cds.errors import InvalidSetting
from cds.settings import Settings
from tests.api.conftest import TestedServices
from tests.api.provider import CLIENT, SECRET, House, new_key, provider_house

OTHER = new_key("other")
IMPOSTOR = new_key("k1")
Clients = Callable[[Role | None], TestClient]
HTML = {"accept": "text/html"}


@pytest.fixture
def house(services: TestedServices, tmp_path: Path) -> Iterator[House]:
    """A provider on the suite's clock, set up in the services."""
    secret = tmp_path / "openid-secret"
    secret.write_text(SECRET)
    with provider_house() as served:
        served.clock = lambda: services.clock.now().timestamp()
        services.settings = services.settings.model_copy(
            update={
                "openid_issuer": served.address,
                "openid_client": CLIENT,
                "openid_secret_file": secret,
                "openid_name": "Riverside sign-in",
                "openid_roles": "physician=ward-a,ward-b; auditor=quality",
            }
        )
        yield served


def leave(browser: TestClient, after: str = "") -> str:
    """To the provider and through it: the address it sends the browser back to."""
    sent = browser.get("/sign-in/provider", params={"next": after} if after else {}, headers=HTML)
    assert sent.status_code == 303, sent.text
    return httpx.get(sent.headers["location"]).headers["location"]


def signed_in(browser: TestClient, after: str = "") -> Any:
    return browser.get(leave(browser, after), headers=HTML)


@pytest.mark.usefixtures("house")
def test_the_provider_signs_a_physician_in_and_names_the_role(client_as: Clients, services: TestedServices) -> None:
    browser = client_as(None)
    assert "Sign in with Riverside sign-in" in browser.get("/sign-in", headers=HTML).text
    came = signed_in(browser, "/consults")
    assert (came.status_code, came.headers["location"]) == (303, "/consults")
    page = browser.get("/account", headers=HTML).text
    assert "Dr. Amara Okafor" in page and "physician" in page and "auditor" not in page
    with services.db.reading() as tx:
        row = tx.execute(select(accounts)).mappings().one()
        kinds = tx.scalars(select(entries.c.kind).order_by(entries.c.seq)).all()
    assert (row["name"], row["subject"], row["password"]) == ("amara.okafor", "f2-81", None)
    assert kinds[-2:] == ["account.added", "sign_in.started"]


@pytest.mark.usefixtures("house")
def test_the_same_person_comes_back_to_the_same_account(client_as: Clients, services: TestedServices) -> None:
    for _ in range(2):
        assert signed_in(client_as(None)).status_code == 303
    with services.db.reading() as tx:
        assert len(tx.execute(select(accounts)).all()) == 1


def test_a_role_taken_away_at_the_provider_is_gone_at_the_next_sign_in(client_as: Clients, house: House) -> None:
    first = client_as(None)
    signed_in(first)
    house.person["groups"] = ["quality"]
    second = client_as(None)
    signed_in(second)
    assert first.get("/consults", headers=HTML).headers["location"].endswith("/sign-in?next=/consults")
    assert second.get("/consults").status_code == 403 and second.get("/review").status_code == 200


def test_keys_that_were_changed_are_read_again(client_as: Clients, house: House) -> None:
    assert signed_in(client_as(None)).status_code == 303
    house.key = new_key("k2")
    assert signed_in(client_as(None)).status_code == 303
    assert house.asked.count("/keys") == 2


@pytest.mark.parametrize("seconds", [-50, 50])
def test_clocks_that_differ_by_less_than_a_minute_do_no_harm(
    client_as: Clients, house: House, services: TestedServices, seconds: int
) -> None:
    house.clock = lambda: services.clock.now().timestamp() + seconds
    house.change = lambda claims: claims.update(exp=claims["iat"] + 1)
    assert signed_in(client_as(None)).status_code == 303


def _twice(claims: dict[str, Any]) -> None:
    claims["aud"] = [CLIENT, "another"]


# What the provider does wrong, and the code it is answered with.
WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "another issuer": ("wrong_issuer", {"change": lambda c: c.update(iss="https://elsewhere.example")}),
    "another audience": ("wrong_audience", {"change": lambda c: c.update(aud="another")}),
    "no audience": ("wrong_audience", {"change": lambda c: c.pop("aud")}),
    "two audiences and no party": ("wrong_audience", {"change": _twice}),
    "another party": ("wrong_audience", {"change": lambda c: c.update(azp="another")}),
    "another nonce": ("wrong_nonce", {"change": lambda c: c.update(nonce="of another sign-in")}),
    "no nonce": ("wrong_nonce", {"change": lambda c: c.pop("nonce")}),
    "expired": ("token_expired", {"change": lambda c: c.update(exp=c["iat"] - 61)}),
    "no end": ("token_expired", {"change": lambda c: c.pop("exp")}),
    "from the future": ("token_too_early", {"change": lambda c: c.update(iat=c["iat"] + 120)}),
    "not valid yet": ("token_too_early", {"change": lambda c: c.update(nbf=c["iat"] + 120)}),
    "no subject": ("no_subject", {"change": lambda c: c.pop("sub")}),
    "no role": ("no_role", {"change": lambda c: c.update(groups=["kitchen"])}),
    "no claim of roles": ("no_role", {"change": lambda c: c.pop("groups")}),
    "not signed": ("token_algorithm", {"algorithm": "none"}),
    "a key it does not publish": ("unknown_key", {"published": [OTHER]}),
    "a wrong signature": ("wrong_signature", {"published": [IMPOSTOR]}),
    "no token": ("token_missing", {"answer": lambda answer: {"access_token": "opaque"}}),
    "no such token": ("token_unreadable", {"answer": lambda answer: {**answer, "id_token": "gibberish"}}),
    "a refusal": ("provider_refused", {"refuses": True}),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_at_the_provider_opens_nothing_and_is_said(
    client_as: Clients, house: House, services: TestedServices, what: str
) -> None:
    code, wrong = WRONG[what]
    for name, value in wrong.items():
        setattr(house, name, value)
    browser = client_as(None)
    came = signed_in(browser)
    assert came.status_code in (401, 403)
    assert SENTENCES[code].split(":")[0] in came.text and f"<code>{code}</code>" in came.text
    assert "cds" not in browser.cookies and browser.get("/account").status_code == 401
    with services.db.reading() as tx:
        last = list_entries(tx, limit=1)[0][0]
        assert tx.execute(select(accounts)).all() == []
    assert (last.kind, last.details["because"]) == ("sign_in.refused", code)


def test_a_token_signed_with_the_client_secret_is_not_believed(client_as: Clients, house: House) -> None:
    house.key = OctKey.import_key(SECRET.ljust(32), {"kid": "k1"})  # type: ignore[assignment]
    house.algorithm, house.published = "HS256", [IMPOSTOR]
    came = signed_in(client_as(None))
    assert came.status_code == 401 and "token_algorithm" in came.text


@pytest.mark.usefixtures("house")
def test_a_way_back_leads_in_once(client_as: Clients) -> None:
    browser = client_as(None)
    back = leave(browser)
    kept = browser.cookies["cds-attempt"]
    assert browser.get(back, headers=HTML).status_code == 303
    browser.cookies.clear()
    browser.cookies.set("cds-attempt", kept)
    again = browser.get(back, headers=HTML)
    assert again.status_code == 401 and "attempt_unknown" in again.text


@pytest.mark.usefixtures("house")
def test_a_way_back_does_not_open_another_browser(client_as: Clients) -> None:
    back = leave(client_as(None))
    victim = client_as(None)
    leave(victim)
    came = victim.get(back, headers=HTML)
    assert came.status_code == 401 and "attempt_unknown" in came.text and "cds" not in victim.cookies


@pytest.mark.usefixtures("house")
def test_a_sign_in_that_takes_too_long_starts_again(client_as: Clients, services: TestedServices) -> None:
    browser = client_as(None)
    back = leave(browser)
    services.clock.at += timedelta(minutes=11)
    assert "attempt_unknown" in browser.get(back, headers=HTML).text
    leave(client_as(None))
    with services.db.reading() as tx:
        assert len(tx.execute(select(openid_attempts)).all()) == 1  # the old one is swept away


@pytest.mark.usefixtures("house")
def test_a_code_of_another_sign_in_is_not_taken(client_as: Clients) -> None:
    stolen = leave(client_as(None)).partition("code=")[2].partition("&")[0]
    browser = client_as(None)
    mine = leave(browser)
    swapped = mine.replace(mine.partition("code=")[2].partition("&")[0], stolen)
    came = browser.get(swapped, headers=HTML)
    assert came.status_code == 401 and "code_refused" in came.text


def test_a_closed_account_stays_closed(client_as: Clients, house: House, services: TestedServices) -> None:
    signed_in(client_as(None))
    with services.db.transaction() as tx:
        tx.execute(update(accounts).values(disabled=True))
    came = signed_in(client_as(None))
    assert came.status_code == 403 and "account_disabled" in came.text


def test_a_name_that_is_taken_does_not_become_that_account(
    client_as: Clients, house: House, services: TestedServices
) -> None:
    client_as(Role.ADMINISTRATOR)  # its account is named a.administrator
    house.person["preferred_username"] = "A.Administrator"
    browser = client_as(None)
    signed_in(browser)
    assert browser.get("/audit").status_code == 403
    with services.db.reading() as tx:
        names = tx.scalars(select(accounts.c.name).order_by(accounts.c.created)).all()
    assert len(names) == 2 and any(name.startswith("a.administrator-") for name in names)


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"issuer": "https://elsewhere.example"}, "provider_other_issuer"),
        ({"authorization_endpoint": "http://127.0.0.1:9/authorize"}, "provider_elsewhere"),
        ({"authorization_endpoint": None}, "provider_incomplete"),
    ],
)
def test_a_provider_that_is_not_as_set_up_is_not_used(
    client_as: Clients, house: House, metadata: dict[str, Any], code: str
) -> None:
    house.metadata = metadata
    answer = client_as(None).get("/sign-in/provider", headers=HTML)
    assert answer.status_code == 503 and code in answer.text


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri"])
def test_only_the_host_that_was_configured_is_called(client_as: Clients, house: House, name: str) -> None:
    with provider_house() as elsewhere:
        house.metadata = {name: f"{elsewhere.address}/{'token' if name == 'token_endpoint' else 'keys'}"}
        came = signed_in(client_as(None))
        assert came.status_code == 503 and "provider_elsewhere" in came.text
        assert elsewhere.asked == []


def test_a_provider_that_does_not_answer_leaves_local_accounts(client_as: Clients, services: TestedServices) -> None:
    services.settings = services.settings.model_copy(
        update={"openid_issuer": "http://127.0.0.1:9", "openid_client": CLIENT, "openid_roles": "physician=ward-a"}
    )
    browser = client_as(None)
    answer = browser.get("/sign-in/provider", headers=HTML)
    assert answer.status_code == 503 and "provider_unavailable" in answer.text and "Password" in answer.text


@pytest.mark.usefixtures("house")
def test_signing_out_ends_the_sign_in_here_and_leads_to_the_provider(client_as: Clients, house: House) -> None:
    browser = client_as(None)
    signed_in(browser)
    kept = browser.cookies["cds"]
    out = browser.post("/sign-out", headers=HTML)
    assert out.status_code == 200 and "You are signed out here" in out.text
    assert out.headers["refresh"].startswith(f"0; url={house.address}/end?client_id={CLIENT}&")
    assert "post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Fsign-in" in out.headers["refresh"]
    browser.cookies.set("cds", kept)
    assert browser.get("/account").status_code == 401


def test_without_a_provider_there_is_no_such_way_in(client_as: Clients) -> None:
    browser = client_as(None)
    assert "Sign in with" not in browser.get("/sign-in", headers=HTML).text
    for path in ("/sign-in/provider", "/sign-in/provider/back?code=x&state=y"):
        assert browser.get(path, headers=HTML).status_code == 404


@pytest.mark.usefixtures("house")
def test_over_tls_what_the_browser_keeps_is_bound_to_this_host(app: FastAPI) -> None:
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as browser:
        kept = browser.get("/sign-in/provider").headers["set-cookie"]
    assert kept.startswith("__Host-cds-attempt=") and "Secure" in kept and "HttpOnly" in kept


@pytest.mark.parametrize(
    ("claims", "claim", "roles"),
    [
        ({"groups": ["a", "x"]}, "groups", {Role.PHYSICIAN}),
        ({"groups": "a"}, "groups", {Role.PHYSICIAN}),
        ({"groups": ["a", "q"]}, "groups", {Role.PHYSICIAN, Role.AUDITOR}),
        ({"realm_access": {"roles": ["q"]}}, "realm_access.roles", {Role.AUDITOR}),
        ({"https://house.example/roles": ["b"]}, "https://house.example/roles", {Role.PHYSICIAN}),
        ({"groups": ["A"]}, "groups", set()),
        ({"groups": {"a": 1}}, "absent.path", set()),
        ({"groups": [1, None]}, "groups", set()),
    ],
)
def test_roles_come_from_the_claim_by_the_administrators_table(
    claims: dict[str, Any], claim: str, roles: set[Role]
) -> None:
    assert roles_from(claims, claim=claim, table=roles_table("physician=a,b; auditor = q ;")) == roles


@pytest.mark.parametrize("setting", ["physician", "surgeon=a", "physician=", "physician=a, ; =b"])
def test_a_wrong_table_of_roles_is_refused_with_what_is_allowed(setting: str) -> None:
    with pytest.raises(InvalidSetting, match="CDS_OPENID_ROLES"):
        roles_table(setting)


@pytest.mark.parametrize(
    "wrong",
    [{"openid_issuer": "http://provider.example"}, {"openid_client": ""}, {"openid_roles": ""}],
)
def test_half_a_set_up_is_refused(services: TestedServices, tmp_path: Path, wrong: dict[str, str]) -> None:
    right = {"openid_issuer": "https://provider.example", "openid_client": "cds", "openid_roles": "physician=a"}
    services.settings = Settings(data=tmp_path, **{**right, **wrong})  # type: ignore[arg-type]
    with pytest.raises(InvalidSetting, match="CDS_OPENID"):
        _ = services.openid
