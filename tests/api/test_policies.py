"""Every route × every identity: who may do what, and nothing without a policy."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from api.auth.accounts import Account, add_account
from api.auth.identity import LOOPBACK_COOKIE
from api.auth.sign_in import start_sign_in
from api.auth.tokens import Scope, add_token
from api.deps import Open, Policy
from api.openapi import policies_of as policies_named
from cds.actors import Role
from tests.api.conftest import ASKED, TestedServices

Clients = Callable[[Role | None], TestClient]
REFUSED = {401, 403}
BODY = {"choice": "accepted"}


def routes_of(app: FastAPI) -> Iterator[tuple[str, str, Policy | Open]]:
    for context in iter_route_contexts(app.routes):
        policies = list(policies_of(context))
        assert len(policies) == 1, f"{context.path} names {len(policies)} policies; one is needed"
        for method in sorted(context.methods or ()):
            yield method, str(context.path), policies[0]


def policies_of(context: RouteContext) -> Iterator[Policy | Open]:
    route = context.original_route
    assert isinstance(route, APIRoute), f"{context.path} is no route of ours, so it has no policy"
    return policies_named(route.dependant)


def ask(client: TestClient, method: str, path: str, **headers: str) -> int:
    filled = "/".join("absent" if part.startswith("{") else part for part in path.split("/"))
    return client.request(method, filled, headers=headers).status_code


def test_every_route_names_one_policy(app: FastAPI) -> None:
    assert len(list(routes_of(app))) > 5


def test_a_policy_without_a_role_cannot_be_written() -> None:
    from api.deps import allow

    with pytest.raises(ValueError, match="at least one role"):
        allow()


def test_nobody_gets_past_a_policy_without_signing_in(app: FastAPI, client_as: Clients) -> None:
    nobody = client_as(None)
    wrong = {
        (method, path): status
        for method, path, policy in routes_of(app)
        if isinstance(policy, Policy) and (status := ask(nobody, method, path)) != 401
    }
    assert wrong == {}


def test_what_is_open_is_open(app: FastAPI, client_as: Clients) -> None:
    nobody = client_as(None)
    opened = {path: ask(nobody, method, path) for method, path, policy in routes_of(app) if isinstance(policy, Open)}
    assert REFUSED.isdisjoint({status for path, status in opened.items() if path != "/sign-in"})


def test_a_sign_in_that_has_ended_opens_nothing(app: FastAPI, client_as: Clients, services: TestedServices) -> None:
    late = client_as(Role.PHYSICIAN)
    services.clock.at += timedelta(minutes=16)
    assert {ask(late, method, path) for method, path, policy in routes_of(app) if isinstance(policy, Policy)} == {401}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_names_it_and_nothing_else(app: FastAPI, client_as: Clients, role: Role) -> None:
    wrong = {}
    for method, path, policy in routes_of(app):
        if isinstance(policy, Open):
            continue
        status = ask(client_as(role), method, path)
        if role in policy.roles and (status in REFUSED or status >= 500):
            wrong[method, path] = status
        if role not in policy.roles and status != 403:
            wrong[method, path] = status
    assert wrong == {}


def test_a_token_opens_what_names_its_scope_and_nothing_else(
    app: FastAPI, client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]
) -> None:
    nobody = client_as(None)
    wrong = {}
    for role in Role:
        account = account_of(role)
        with services.db.transaction() as tx:
            secrets = {
                scope: add_token(
                    tx, account, name="t", scopes={scope}, at=services.clock.now(), lasts=timedelta(days=1)
                )[0]
                for scope in Scope
            }
        for method, path, policy in routes_of(app):
            if isinstance(policy, Open):
                continue
            for scope, secret in secrets.items():
                status = ask(nobody, method, path, authorization=f"Bearer {secret}")
                opens = scope == policy.scope and role in policy.roles
                if opens == (status in REFUSED):
                    wrong[method, path, role, scope] = status
    assert wrong == {}


def test_a_revoked_and_an_unknown_token_open_nothing_even_beside_a_good_cookie(client_as: Clients) -> None:
    browser = client_as(Role.PHYSICIAN)
    assert browser.get("/account").status_code == 200
    assert browser.get("/account", headers={"authorization": "Bearer cds_unknown"}).status_code == 401


def test_what_is_of_another_physicians_patient_looks_like_what_is_not_there(
    app: FastAPI, client_as: Clients, services: TestedServices, my_patient: str
) -> None:
    mine = client_as(Role.PHYSICIAN)
    asked = mine.post("/api/v1/consults", json={"question": ASKED, "patient": my_patient}).json()["id"]
    opened = mine.post("/sessions", data={"consult": asked}).headers["location"].rsplit("/", 1)[-1].partition("#")[0]
    with services.db.transaction() as tx:
        other = add_account(
            tx, name="b.physician", display="B", roles={Role.PHYSICIAN}, password=None, at=services.clock.now()
        )
        secret = start_sign_in(tx, other, method="password", at=services.clock.now())
    stranger = client_as(None)
    stranger.cookies.set(LOOPBACK_COOKIE, secret)
    ids = {"patient_id": my_patient, "consult_id": asked, "session_id": opened}
    seen, differs = 0, {}
    for method, path, policy in routes_of(app):
        named = [name for name in ids if f"{{{name}}}" in path]
        if not named or isinstance(policy, Open) or Role.PHYSICIAN not in policy.roles:
            continue
        if path.endswith("/emergency"):
            continue  # this is how a record is opened: it works for a patient who is there
        # The other parts of the address are absent either way.
        filled = re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: ids.get(part[1], "absent"), path)
        absent = re.sub(r"\{\w+(?::\w+)?\}", "absent", path)
        there, not_there = (stranger.request(method, at, json=BODY) for at in (filled, absent))
        seen += 1
        if (there.status_code, there.text) != (not_there.status_code, not_there.text) or there.status_code < 400:
            differs[method, path] = (there.text, not_there.text)
    assert seen > 20 and differs == {}
