"""Other people's programs against the service as served: OpenAI's client, the MCP client, a medical record."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import httpx
import httpx2
import openai
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from api.auth.accounts import account_named
from api.auth.tokens import Scope, add_token
from api.hooks.models import Cards, Services
from api.services import services_from_environment
from tests.journeys.serving import Service, add_people
from tests.journeys.test_physician import PNEUMONIA

GATE = "How should I oil the squeaking hinge of a garden gate?"


def token_in(data: Path) -> str:
    """An API token of the physician's."""
    services = services_from_environment({"CDS_DATA": str(data), "CDS_MODEL": "none"})
    with services.db.transaction() as tx:
        account = account_named(tx, "physician")
        assert account is not None
        secret, _ = add_token(
            tx, account, name="programs", scopes=set(Scope), at=services.clock.now(), lasts=timedelta(days=1)
        )
    services.close()
    return secret


@pytest.fixture
def token(service: Service) -> str:
    return token_in(service.log.parent / "cds")


def test_the_openai_client_gets_a_grounded_answer_and_an_abstention(service: Service, token: str) -> None:
    with openai.OpenAI(base_url=f"{service.address}/v1", api_key=token, max_retries=0) as client:
        name = client.models.list().data[0].id

        def ask(question: str) -> str:
            made = client.chat.completions.create(model=name, messages=[{"role": "user", "content": question}])
            return str(made.choices[0].message.content)

        grounded, silent = ask(PNEUMONIA), ask(GATE)
        streamed = client.chat.completions.create(
            model=name, messages=[{"role": "user", "content": PNEUMONIA}], stream=True
        )
        whole = "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
    assert "[1]" in grounded and "Sources:" in grounded and "Record " in grounded
    assert "Sources:" not in silent and "do not answer" in silent
    assert whole.partition("Record ")[0] == grounded.partition("Record ")[0]


async def talk(client: Client) -> list[Any]:
    tools = [tool.name for tool in (await client.list_tools()).tools]
    found = await client.call_tool("search", {"question": PNEUMONIA})
    asked = await client.call_tool("consult", {"question": PNEUMONIA})
    decided = await client.call_tool("decide", {"consult": asked.structured_content["id"], "choice": "accepted"})
    return [tools, found.structured_content, asked.structured_content, decided.structured_content]


def on_its_own(work: Callable[[], Any]) -> Any:
    """In a thread of its own: the browser's driver keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, work).result()


def hold(said: list[Any]) -> None:
    tools, found, asked, decided = said
    assert tools == ["search", "consult", "decide"]
    assert found["hits"] and asked["status"] == "quoted" and asked["statements"][0]["citations"]
    assert decided["choice"] == "accepted"


def test_the_mcp_client_over_http(service: Service, token: str) -> None:
    async def run() -> list[Any]:
        async with (
            httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=60) as http,
            Client(streamable_http_client(f"{service.address}/mcp", http_client=http)) as client,
        ):
            return await talk(client)

    hold(on_its_own(run))


def test_the_mcp_client_over_standard_input_and_output(data: Path) -> None:
    add_people(data)
    kept = data / "token"
    kept.write_text(token_in(data))
    started = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from api.cli import main; main()", "mcp", "--token-file", str(kept)],
        env={"CDS_DATA": str(data), "CDS_MODEL": "none", "PATH": ""},
        cwd=str(Path(__file__).parents[2]),
    )

    async def run() -> list[Any]:
        async with Client(started) as client:
            return await talk(client)

    hold(on_its_own(run))


def test_a_medical_record_finds_the_services_calls_one_and_gives_feedback(
    service: Service, token: str, chart: Callable[[], dict[str, Any]]
) -> None:
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=service.address, timeout=60) as record:
        offered = Services.model_validate(record.get("/cds-services").json()).services
        sign = next(one for one in offered if one.hook == "order-sign")
        answer = record.post(f"/cds-services/{sign.id}", json=chart(), headers=headers)
        assert answer.status_code == 200, answer.text
        found = Cards.model_validate(answer.json()).cards
        assert found[0].indicator == "critical" and "penicillin" in found[0].summary.lower()
        assert found[0].suggestions and found[0].selectionBehavior and found[0].overrideReasons
        chosen = found[0].suggestions[0]
        given = {
            "card": found[0].uuid,
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": chosen.uuid}],
            "outcomeTimestamp": "2026-11-21T09:00:00Z",
        }
        told = record.post(f"/cds-services/{sign.id}/feedback", json={"feedback": [given]}, headers=headers)
        assert told.status_code == 200
        assert found[0].links is not None
        consult = found[0].links[0].url.rsplit("/", 1)[-1]
        decided = record.get(f"/api/v1/consults/{consult}", headers=headers).json()["decisions"]
    assert [one["choice"] for one in decided] == ["accepted"]


@pytest.fixture
def chart() -> Callable[[], dict[str, Any]]:
    """A call of order-sign as the specification's examples have it: amoxicillin for somebody allergic to penicillin."""
    about = {"reference": "Patient/1288992"}

    def sent() -> dict[str, Any]:
        order = {
            "resourceType": "MedicationRequest",
            "id": "draft-1",
            "status": "draft",
            "intent": "order",
            "subject": about,
            "medicationCodeableConcept": {"text": "Amoxicillin 500 MG Oral Capsule"},
        }
        allergy = {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "patient": about,
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "code": {"text": "Penicillin"},
        }
        patient = {"resourceType": "Patient", "id": "1288992", "gender": "male", "birthDate": "1950-12-23"}
        return {
            "hook": "order-sign",
            "hookInstance": str(uuid4()),
            "context": {
                "userId": "Practitioner/example",
                "patientId": "1288992",
                "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]},
            },
            "prefetch": {
                "patient": patient,
                "allergies": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": allergy}]},
            },
        }

    return sent
