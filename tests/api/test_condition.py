"""What the service can do now is said on every page, in readiness and in the metrics; what it cannot, it refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert, select, text

from api.condition import Mode, Watch, condition_of
from cds.actors import Role
from cds.db import open_database
from cds.errors import Unavailable
from cds.tables_recommendations import recommendations
from knowledge.milvus import InMilvus
from knowledge.tables_builds import current_generation, generations
from tests.api.conftest import ASKED, TestedServices

ClientAs = Callable[[Role | None], TestClient]
FULL = 10 * 2**20


def ask(client: TestClient) -> int:
    return client.post("/api/v1/consults", json={"question": ASKED}).status_code


def test_without_a_model_by_choice_nothing_is_said(services: TestedServices, client_as: ClientAs) -> None:
    assert condition_of(services).mode is Mode.QUOTED
    assert 'class="banner"' not in client_as(Role.PHYSICIAN).get("/consults").text


def test_a_full_disk_refuses_the_question_and_shows_what_was_recorded(
    services: TestedServices, client_as: ClientAs
) -> None:
    client = client_as(Role.PHYSICIAN)
    asked = client.post("/api/v1/consults", json={"question": ASKED})
    assert asked.status_code == 201
    services.free = FULL
    refused = client.post("/api/v1/consults", json={"question": ASKED})
    assert (refused.status_code, refused.json()["code"]) == (503, "no_disk_space")
    assert client.get(f"/api/v1/consults/{asked.json()['id']}").status_code == 200
    with services.db.reading() as tx:
        assert len(tx.execute(select(recommendations.c.id)).all()) == 1


def test_a_full_disk_is_said_in_readiness_on_the_page_and_in_the_metrics(
    app: FastAPI, services: TestedServices, client_as: ClientAs
) -> None:
    services.free = FULL
    app.state.condition = Watch(services)
    client = client_as(Role.PHYSICIAN)
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["mode"] == "read-only"
    assert ready.json()["parts"]["disk"] is False
    assert "nearly full" in client.get("/consults").text


def test_the_mode_is_a_metric(client_as: ClientAs) -> None:
    metrics = client_as(None).get("/metrics").text
    assert 'cds_mode{mode="quoted"} 1.0' in metrics
    assert 'cds_mode{mode="read-only"} 0.0' in metrics
    assert "cds_consults_running 0.0" in metrics


def test_a_database_that_refuses_a_write_is_read_only_until_one_succeeds(services: TestedServices) -> None:
    def write(statement: str) -> None:
        with services.db.transaction() as tx:
            tx.execute(text(statement))

    write("CREATE TABLE scratch (one INTEGER)")
    if services.db.dialect == "sqlite":
        with services.db.reading() as tx:
            tx.execute(text("PRAGMA query_only = ON"))  # as a file system that went read-only
        with pytest.raises(Unavailable):
            write("INSERT INTO scratch VALUES (1)")
        assert condition_of(services).code == "database_unavailable"
        with services.db.reading() as tx:
            tx.execute(text("PRAGMA query_only = OFF"))
    write("INSERT INTO scratch VALUES (2)")
    assert condition_of(services).mode is Mode.QUOTED


def test_an_index_that_cannot_be_read_is_the_keyword_mode(services: TestedServices) -> None:
    with services.db.transaction() as tx:
        now = services.clock.now()
        made = {"id": "gone", "embedder": "e", "embedder_digest": "d", "passages": 1, "made_at": now}
        tx.execute(insert(generations).values(**made))
        tx.execute(insert(current_generation).values(slot=1, generation="gone", switched_at=now))
    with services.db.reading() as tx, pytest.raises(Exception, match="index"):
        services.builder.current(tx)
    found = condition_of(services)
    assert (found.mode, found.code) == (Mode.KEYWORD, "index_unreadable")
    assert "words only" in found.banner


def test_a_milvus_that_is_away_is_the_keyword_mode_until_it_answers(
    services: TestedServices, app: FastAPI, client_as: ClientAs, tmp_path: Path
) -> None:
    milvus = InMilvus(str(tmp_path / "lite.db"))
    services.engine = milvus  # type: ignore[misc]
    assert (milvus.has("none", 0), condition_of(services).code) == (False, "no_model")
    milvus.client.close()
    with pytest.raises(Unavailable):
        milvus.has("none", 0)
    found = condition_of(services)
    assert (found.mode, found.code) == (Mode.KEYWORD, "milvus_unavailable")
    app.state.condition = Watch(services)
    client = client_as(Role.PHYSICIAN)
    assert found.banner in client.get("/consults").text
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["mode"], ready.json()["parts"]["index"]) == (200, "keyword", False)
    del milvus.client
    assert (milvus.has("none", 0), condition_of(services).code) == (False, "no_model")
    milvus.close()


@pytest.mark.parametrize("address", ["sqlite", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_is_away_is_read_only(
    address: str, services: TestedServices, client_as: ClientAs, tmp_path: Path
) -> None:
    client = client_as(None)
    (tmp_path / "away" / "cds.db").mkdir(parents=True)  # a file that cannot be opened
    services.db = open_database(address, data=tmp_path / "away")  # type: ignore[misc]
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["parts"]["database"] is False
    assert client.get("/livez").status_code == 200
