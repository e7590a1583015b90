"""The official MCP client lists and calls the tools, as somebody who may and as somebody who may not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import anyio
import orjson
import pytest
from fastapi.testclient import TestClient
from mcp.client.client import Client

from api.auth.accounts import Account
from api.auth.identity import Identity
from api.auth.tokens import Scope, add_token
from api.mcp_server import mcp_server
from cds.actors import Role
from tests.api.conftest import ASKED, TestedServices

Clients = Callable[[Role | None], TestClient]
ALL = frozenset({Scope.SEARCH, Scope.CONSULT, Scope.DECIDE})


def call(services: TestedServices, identity: Identity, tool: str, **arguments: Any) -> Any:
    async def talk() -> Any:
        async with Client(mcp_server(services, identity)) as client:
            return await client.call_tool(tool, arguments)

    return anyio.run(talk)


@pytest.fixture
def physician(account_of: Callable[[Role], Account]) -> Identity:
    return Identity(account_of(Role.PHYSICIAN).actor, "token", ALL)


def test_the_tools_are_search_consult_and_decide(services: TestedServices, physician: Identity) -> None:
    async def talk() -> list[str]:
        async with Client(mcp_server(services, physician)) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    assert anyio.run(talk) == ["search", "consult", "decide"]


def test_an_answer_is_recorded_and_decided(services: TestedServices, physician: Identity) -> None:
    answer = call(services, physician, "consult", question=ASKED)
    shown = answer.structured_content
    assert shown["status"] == "quoted" and shown["audit"]["seq"] > 0
    decided = call(services, physician, "decide", consult=shown["id"], choice="accepted")
    assert decided.structured_content["choice"] == "accepted"


def test_search_finds_passages(services: TestedServices, physician: Identity) -> None:
    assert call(services, physician, "search", question=ASKED).structured_content["hits"][0]["passage"] == "p1"


def test_a_patient_who_is_not_mine_does_not_exist(services: TestedServices, physician: Identity, patient: str) -> None:
    for named in (patient, "absent"):
        answer = call(services, physician, "consult", question=ASKED, patient=named)
        assert answer.is_error and "[no_patient]" in answer.content[0].text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.LIBRARIAN, Role.ADMINISTRATOR])
def test_other_roles_cannot_ask(services: TestedServices, account_of: Callable[[Role], Account], role: Role) -> None:
    answer = call(services, Identity(account_of(role).actor, "token", ALL), "consult", question=ASKED)
    assert answer.is_error and "[denied]" in answer.content[0].text


def test_a_token_without_the_scope_cannot_decide(
    services: TestedServices, account_of: Callable[[Role], Account], physician: Identity
) -> None:
    shown = call(services, physician, "consult", question=ASKED).structured_content
    narrow = Identity(account_of(Role.PHYSICIAN).actor, "token", frozenset({Scope.CONSULT}))
    answer = call(services, narrow, "decide", consult=shown["id"], choice="accepted")
    assert answer.is_error and "[denied]" in answer.content[0].text


def test_over_http_the_token_says_who_calls(
    client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]
) -> None:
    account = account_of(Role.PHYSICIAN)
    with services.db.transaction() as tx:
        secret, _ = add_token(tx, account, name="mcp", scopes=ALL, at=services.clock.now(), lasts=timedelta(days=1))
    program = client_as(None)
    del program.headers["origin"]
    program.headers.update({"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"})
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "consult", "arguments": {"question": ASKED}},
    }
    assert program.post("/mcp", json=message).status_code == 401
    program.headers["authorization"] = f"Bearer {secret}"
    answer = program.post("/mcp", json=message)
    assert answer.status_code == 200, answer.text
    assert orjson.loads(answer.content)["result"]["structuredContent"]["status"] == "quoted"
