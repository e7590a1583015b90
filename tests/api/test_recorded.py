"""The watch itself: it sees a request that changes something in silence."""

from collections.abc import Callable

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert

from api.deps import WriteTx, anyone
from knowledge.tables_guidelines import documents
from tests.api.conftest import TestedServices
from tests.conftest import NOW


def test_a_route_that_changes_something_in_silence_fails_its_test(
    every_change_is_recorded: Callable[[], None], app: FastAPI, services: TestedServices
) -> None:
    router = APIRouter()

    @router.post("/silent", dependencies=[anyone()])
    def silent(tx: WriteTx) -> None:
        tx.execute(insert(documents).values(id="d", id_stated=True, file="d", added_at=NOW))

    app.include_router(router)
    assert TestClient(app).post("/silent", headers={"origin": "http://testserver"}).status_code == 200
    with pytest.raises(AssertionError, match="without an entry"):
        every_change_is_recorded()
