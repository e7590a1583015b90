"""A model server with every fault we know, as a physician meets it: the library is quoted in time, and it says so."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.condition import Mode, condition_of
from cds.actors import Role
from cds.clock import FixedClock
from cds.consult import ConsultParts
from cds.db import Database
from cds.recommendations import load
from cds.settings import Settings
from tests.api.conftest import ASKED, FIRST, TestedServices
from tests.cds.fakes import Shelf
from tests.cds.language_model.server import Answer, Server, model_server

LET_GO = threading.Event()  # ends what hangs, when the tests of this file have ended


class WithServer(TestedServices):
    """The suite's services with the model that the settings name."""

    def consult_parts(self) -> ConsultParts:
        return replace(super().consult_parts(), model=self.model)


@pytest.fixture(scope="module", autouse=True)
def _let_go() -> Iterator[None]:
    LET_GO.clear()
    yield
    LET_GO.set()


Serve = Callable[..., WithServer]


@pytest.fixture
def serve(db: Database, clock: FixedClock, tmp_path: Path, shelf: Shelf) -> Iterator[Serve]:
    made: list[WithServer] = []

    def start(address: str, **settings: Any) -> WithServer:
        chosen = Settings(data=tmp_path, model=address, **settings)
        made.append(WithServer(chosen, clock=clock, database=db, shelf=shelf))
        return made[-1]

    yield start
    for services in made:
        services.model_source.close()


@pytest.fixture
def services(request: pytest.FixtureRequest, serve: Serve) -> Iterator[TestedServices]:
    answers, settings = request.param
    with model_server(answers) as (address, _):
        yield serve(address, **settings)


def hangs(server: Server, body: dict[str, Any]) -> None:
    LET_GO.wait(30)


def trickles(server: Server, body: dict[str, Any]) -> None:
    server.stream(*["x"] * 200, pause=0.05)  # ten times as long as it may take


def resets(server: Server, body: dict[str, Any]) -> None:
    server.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    server.connection.close()


def garbles(server: Server, body: dict[str, Any]) -> None:
    server._send(200, b"data: \xff\xfe{not json\n\n", "text/event-stream")


def rambles(server: Server, body: dict[str, Any]) -> None:
    server.stream("Certainly! The answer is: amlodipine 500 mg. [1]")  # a stream in order, and no JSON in it


def floods(server: Server, body: dict[str, Any]) -> None:
    server.stream(*["x" * 100_000] * 100)


def forgets_its_name(server: Server, body: dict[str, Any]) -> None:
    server._send(404, b'{"error":{"message":"no such model"}}')


def fails(server: Server, body: dict[str, Any]) -> None:
    server._send(500, b'{"error":{"message":"out of memory"}}')


def answers_well(server: Server, body: dict[str, Any]) -> None:
    text = "Offer amlodipine 5 mg once daily as the first medicine for hypertension in adults aged 55 years or over."
    server.stream(json.dumps({"answered": "yes", "statements": [{"cites": ["1"], "text": text}]}))


SHORT: dict[str, Any] = {"answer_seconds": 1.0}
FAULTS: dict[str, tuple[Answer, dict[str, Any], str]] = {
    "hangs": (hangs, SHORT, "model_too_slow"),
    "ten times slow": (trickles, SHORT, "model_too_slow"),
    "resets": (resets, {}, "model_unreachable"),
    "garbage": (garbles, {}, "model_failed"),
    "no JSON": (rambles, {}, "invalid_draft"),
    "ten megabytes": (floods, {}, "model_talks_too_much"),
    "another model by now": (forgets_its_name, {}, "model_not_served"),
    "out of memory": (fails, {}, "model_failed"),
}


def ask(client: TestClient) -> Any:
    answer = client.post("/api/v1/consults", json={"question": ASKED})
    assert answer.status_code == 201, answer.text
    return answer.json()


def because(services: TestedServices, shown: Any) -> object:
    with services.db.reading() as tx:
        return load(tx, shown["id"])[0].extra["because"]


@pytest.mark.parametrize(
    ("services", "code"),
    [((answers, settings), code) for answers, settings, code in FAULTS.values()],
    ids=FAULTS,
    indirect=["services"],
)
def test_a_fault_of_the_server_means_the_library_is_quoted_and_why(
    services: TestedServices, client_as: Callable[[Role | None], TestClient], code: str
) -> None:
    client = client_as(Role.PHYSICIAN)
    shown = ask(client)
    assert (shown["status"], because(services, shown)) == ("quoted", code)
    assert shown["statements"][0]["text"] in FIRST.text
    assert client.get(f"/api/v1/consults/{shown['id']}").json() == shown  # recorded as it was shown


@pytest.mark.parametrize("services", [(answers_well, {})], indirect=True)
def test_a_server_without_faults_is_heard(
    services: TestedServices, client_as: Callable[[Role | None], TestClient]
) -> None:
    shown = ask(client_as(Role.PHYSICIAN))
    assert shown["status"] == "answered"
    assert services.model_source.state == "ready"


@pytest.mark.parametrize("services", [(fails, {})], indirect=True)
def test_after_three_faults_it_is_left_alone_and_every_page_says_so(
    services: TestedServices, client_as: Callable[[Role | None], TestClient]
) -> None:
    client = client_as(Role.PHYSICIAN)
    assert [because(services, ask(client)) for _ in range(4)] == [*["model_failed"] * 3, "model_resting"]
    found = condition_of(services)
    assert (found.mode, found.code) == (Mode.QUOTED, "model_unavailable")
    assert "quoted word for word" in found.banner


@pytest.mark.parametrize("services", [(answers_well, {"model_name": "another-70b"})], indirect=True)
def test_a_name_the_server_does_not_have_is_quoted_and_named_to_the_administrator(
    services: TestedServices, client_as: Callable[[Role | None], TestClient]
) -> None:
    shown = ask(client_as(Role.PHYSICIAN))
    assert (shown["status"], because(services, shown)) == ("quoted", "no_model")
    assert services.model_source.state == "away"
    assert "district-8b" in (services.model_source.trouble or "")


def test_a_server_that_is_not_there_costs_one_try_a_minute(serve: Serve) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        services = serve(f"http://127.0.0.1:{probe.getsockname()[1]}/v1")
        assert services.consult_parts().model is None
        assert services.model_source.state == "away"
        assert condition_of(services).code == "model_unavailable"
