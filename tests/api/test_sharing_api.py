"""Shared sessions by API: the same steps, the same refusals, opened once however often it is asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.auth.accounts import Account
from api.auth.tokens import Scope, add_token
from cds.actors import Role
from tests.api.conftest import TestedServices
from tests.api.test_sharing import CHOICE, QUESTION
from tests.cds.fakes import Shelf

Clients = Callable[[Role | None], TestClient]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(CHOICE)


def opened(client: TestClient, **headers: str) -> dict[str, Any]:
    consult = client.post("/api/v1/consults", json={"question": QUESTION}).json()["id"]
    answer = client.post("/api/v1/sessions", json={"consult": consult}, headers=headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/sessions/{found['id']}"
    return found


def test_a_session_from_opening_to_its_end(client_as: Clients) -> None:
    physician, patient = client_as(Role.PHYSICIAN), client_as(None)
    made = opened(physician)
    at = f"/api/v1/sessions/{made['id']}"
    assert [option["name"] for option in made["grid"]["options"]] == [
        "No anticoagulant, with regular review",
        "Warfarin",
    ]
    assert made["released"] == [] and "benefits" not in [item["item"] for item in made["missing"]]

    code = physician.post(f"{at}/code").json()["code"]["code"]
    assert patient.post("/join", data={"code": code}).status_code == 303
    (member,) = physician.get(at).json()["members"]
    assert member["state"] == "waiting"
    physician.post(f"{at}/members/{member['id']}", json={"admit": "yes"})

    warfarin = made["grid"]["options"][1]
    physician.put(f"{at}/topics/condition", json={"text": ""})
    refused = physician.post(f"{at}/release", json={"items": [f"option.{warfarin['id']}"]})
    assert refused.status_code == 409 and refused.json()["code"] == "reason_needed"
    shown = physician.post(f"{at}/release", json={"items": [f"option.{warfarin['id']}"], "reason": "First this one"})
    assert {item["option_name"] for item in shown.json()["released"]} == {"Warfarin"}
    assert len(shown.json()["released"]) == 4
    seen = patient.get("/shared/live").text
    assert "3 in 100" in seen and "No anticoagulant" not in seen

    line = warfarin["cells"][1]["lines"][0]
    changed = physician.put(
        f"{at}/cells/{warfarin['id']}/harms",
        json={"lines": [{"id": line["id"], "text": line["text"].replace("about 3", "about 30")}]},
    ).json()
    assert changed["grid"]["options"][1]["cells"][1]["lines"][0]["failed"].startswith("number")
    assert "30 have" not in patient.get("/shared/live").text

    physician.post(f"{at}/withdraw", json={"items": [f"option.{warfarin['id']}"]})
    assert "3 in 100" not in patient.get("/shared/live").text
    agreed = physician.put(f"{at}/agreement", json={"choice": "Warfarin", "review_on": "2027-02-01"}).json()
    assert agreed["agreement"]["choice"] == "Warfarin" and agreed["agreement"]["recommendations"] == [made["consult"]]
    assert physician.post(f"{at}/end").json()["ended_at"]
    late = physician.put(f"{at}/topics/condition", json={"text": "late"})
    assert late.status_code == 409 and late.json()["code"] == "session_ended"
    assert [one["id"] for one in physician.get("/api/v1/sessions").json()["sessions"]] == [made["id"]]


def test_a_session_asked_for_twice_under_one_key_is_opened_once(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    consult = physician.post("/api/v1/consults", json={"question": QUESTION}).json()["id"]
    key = {"idempotency-key": "once-1"}
    first, again = (
        physician.post("/api/v1/sessions", json={"consult": consult}, headers=key).json()["id"] for _ in range(2)
    )
    assert first == again and len(physician.get("/api/v1/sessions").json()["sessions"]) == 1
    other = physician.post("/api/v1/sessions", json={"consult": "another"}, headers=key)
    assert other.status_code == 422 and other.json()["code"] == "idempotency_mismatch"


def test_what_made_nothing_may_be_asked_again_under_its_key(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    key = {"idempotency-key": "once-2"}
    for _ in range(2):
        assert physician.post("/api/v1/sessions", json={"consult": "absent"}, headers=key).status_code == 404


def test_a_token_needs_the_scope_for_it(
    client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]
) -> None:
    account = account_of(Role.PHYSICIAN)
    with services.db.transaction() as tx:
        secret, _ = add_token(
            tx,
            account,
            name="t",
            scopes={Scope.SHARE, Scope.CONSULT},
            at=services.clock.now(),
            lasts=timedelta(days=1),
        )
    program = client_as(None)
    program.headers["authorization"] = f"Bearer {secret}"
    made = opened(program)
    assert program.get(f"/api/v1/sessions/{made['id']}").status_code == 200
    assert program.get(f"/sessions/{made['id']}").status_code == 401, "pages are for browsers"
