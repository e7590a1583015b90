"""A string planted where patients' texts are comes out in no log, error, metric or address, whatever is sent where."""

import logging
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cds.actors import Role
from tests.api.conftest import TestedServices
from tests.api.test_policies import routes_of

CANARY = "Zyxw9Canary"
Clients = Callable[[Role | None], TestClient]


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """Everything any library writes to its log, at the finest level."""
    kept = StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(handler)
    root.setLevel(before)


def bodies() -> list[dict[str, object]]:
    """What a person, a broken program or an attacker may send."""
    named = ("question", "patient", "reason", "comment", "text", "name", "password", "choice", "title", "why", "note")
    filled: dict[str, object] = dict.fromkeys(named, CANARY)
    return [
        {"json": filled},
        {"json": {**filled, CANARY: CANARY, "question": [CANARY], "limit": CANARY}},
        {"data": dict.fromkeys(named, CANARY)},
        {"content": f'{{"question": "{CANARY}'.encode(), "headers": {"content-type": "application/json"}},
        {"files": {"files": (f"{CANARY}.md", f"# {CANARY}\n\nText.".encode(), "text/markdown")}},
    ]


# The framework leaves a file of a form that it refuses to be closed by the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("role", [None, *Role])
def test_what_is_sent_is_in_no_error_log_metric_or_address(
    role: Role | None, app: FastAPI, client_as: Clients, services: TestedServices, my_patient: str, logged: StringIO
) -> None:
    client = client_as(role)
    leaks, errors = [], 0
    for method, path, _ in routes_of(app):
        if path == "/sign-out":
            continue
        for known in ("absent", my_patient):
            filled = "/".join(known if part.startswith("{") else part for part in path.split("/"))
            for body in [{}] if method == "GET" else bodies():
                answer = client.request(method, filled, **body)  # type: ignore[arg-type]
                errors += answer.status_code >= 400
                if answer.status_code >= 400 and CANARY in answer.text:
                    leaks.append((method, path, answer.status_code, "body"))
                leaks += [(method, path, name, "header") for name, value in answer.headers.items() if CANARY in value]
    assert errors > 50
    assert leaks == []
    assert [line for line in logged.getvalue().splitlines() if CANARY in line] == []
    assert "/api/v1/consults" in logged.getvalue(), "the log was not kept"
    assert CANARY not in client.get("/metrics").text


def test_a_text_of_the_record_that_a_defect_carries_is_in_no_log_or_answer(
    app: FastAPI, client_as: Clients, services: TestedServices, my_patient: str, logged: StringIO
) -> None:
    class Broken:
        """A search that fails with the patient's words in its message."""

        def search(self, *words: object, **more: object) -> object:
            raise RuntimeError(f"the note says {CANARY}")

        search_record = search

    services.shelf = Broken()  # type: ignore[assignment]
    client = client_as(Role.PHYSICIAN)
    for path in ("/api/v1/search", "/api/v1/consults"):
        answer = client.post(path, json={"question": "What now?", "patient": my_patient})
        assert answer.status_code == 500
        assert CANARY not in answer.text
    assert CANARY not in logged.getvalue()
    assert "RuntimeError" in logged.getvalue()
