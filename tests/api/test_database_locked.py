"""Another program holds the database for longer than anybody waits: nothing is shown, and then all is as before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

import cds.db
from api.condition import Mode, condition_of
from cds.actors import Role
from cds.db import open_database
from cds.tables_recommendations import recommendations
from tests.api.conftest import ASKED, TestedServices

Clients = Callable[[Role | None], TestClient]
WAITS_MS = 300  # instead of ten seconds


@contextmanager
def locked(services: TestedServices) -> Iterator[None]:
    """As `cds backup` of another program, or an administrator's own client, may hold it."""
    if services.db.dialect == "sqlite":
        path = services.settings.data / "data"
        other = open_database("sqlite", data=path)
    else:
        other = open_database(services.db.engine.url.render_as_string(hide_password=False), data=services.settings.data)
    with other.transaction() as tx:
        if services.db.dialect == "postgresql":
            tx.execute(text("LOCK TABLE audit_head IN ACCESS EXCLUSIVE MODE"))
        yield
    other.close()


@pytest.fixture(autouse=True)
def _impatient(services: TestedServices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cds.db, "_BUSY_MS", WAITS_MS)
    services.db.engine.dispose()  # connections made from now on wait so long


def ask(client: TestClient) -> tuple[int, str]:
    answer = client.post("/api/v1/consults", json={"question": ASKED})
    assert answer.status_code == 201 or "amlodipine" not in answer.text
    assert answer.status_code == 201 or answer.headers["retry-after"]
    return answer.status_code, answer.json().get("code", "")


def test_a_question_meanwhile_is_refused_and_the_next_one_answered(
    services: TestedServices, client_as: Clients
) -> None:
    client = client_as(Role.PHYSICIAN)
    with locked(services):
        assert ask(client) == (503, "database_unavailable")
        assert condition_of(services).mode is Mode.READ_ONLY
    with services.db.reading() as tx:
        assert tx.execute(select(recommendations.c.id)).all() == []
    assert ask(client)[0] == 201
    assert condition_of(services).mode is Mode.QUOTED


def test_what_was_recorded_can_be_read_meanwhile(services: TestedServices, client_as: Clients) -> None:
    client = client_as(Role.PHYSICIAN)
    asked = client.post("/api/v1/consults", json={"question": ASKED}).json()
    services.clock.at += timedelta(minutes=5)  # so late that "last seen" would be written again
    with locked(services):
        assert client.get(f"/api/v1/consults/{asked['id']}").json() == asked
