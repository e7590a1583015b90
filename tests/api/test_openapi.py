"""The API against its own description: generated requests as each role, by schemathesis."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as given_examples
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from api.auth.identity import LOOPBACK_COOKIE
from cds.actors import Role

Clients = Callable[[Role | None], TestClient]
# A 500 is documented nowhere, so the first of these finds it; 503 says that it is busy.
CHECKS = [status_code_conformance, response_schema_conformance]
# Enough to meet each kind of value; the whole table of routes is asked as every role.
EXAMPLES = 6


@pytest.mark.parametrize("role", [None, *Role])
def test_no_generated_request_breaks_a_promise(app: FastAPI, client_as: Clients, role: Role | None) -> None:
    client = client_as(role)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    headers = {"origin": "http://testserver", "host": "testserver"}
    if role is not None:
        headers["cookie"] = f"{LOOPBACK_COOKIE}={client.cookies[LOOPBACK_COOKIE]}"
    asked = [generate(found.ok(), headers) for found in schema.get_all_operations()]
    assert sum(asked) > 30


def generate(operation: Any, headers: dict[str, str]) -> int:
    """Ask one operation with generated requests; how many."""
    asked = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given_examples(data=st.data())
    def attempt(data: st.DataObject) -> None:
        nonlocal asked
        asked += 1
        case = data.draw(operation.as_strategy())
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    attempt()
    return asked


def test_each_operation_says_who_may_and_with_which_scope(client_as: Clients) -> None:
    paths = client_as(None).get("/api/v1/openapi.json").json()["paths"]
    ask = paths["/api/v1/consults"]["post"]
    assert ask["x-roles"] == ["physician"]
    assert {"token": ["consult"]} in ask["security"]
    assert "4XX" in ask["responses"] and "422" not in ask["responses"]
