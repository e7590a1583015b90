"""An index that cannot be read, through the doors: words still find, and it is made anew meanwhile."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep

import pytest
from fastapi.testclient import TestClient

from api.services import Services
from cds.actors import Role
from cds.clock import FixedClock
from cds.db import Database
from cds.settings import Settings
from knowledge.builds import Builder
from tests.api.conftest import TestedServices
from tests.cds.fakes import Shelf
from tests.knowledge.library import TEXTS, add_published

WAITED = 120.0  # seconds at most, on a busy machine


class Searching(TestedServices):
    """The suite's services with the product's own search."""

    @cached_property
    def knowledge(self) -> object:  # type: ignore[override]
        return Services.knowledge.func(self)


@pytest.fixture
def services(db: Database, clock: FixedClock, tmp_path: Path, shelf: Shelf) -> TestedServices:
    made = Searching(Settings(data=tmp_path, model="none"), clock=clock, database=db, shelf=shelf)
    with db.transaction() as tx:
        for name in TEXTS:
            add_published(tx, made.library, name)
    made.builder.rebuild()
    return made


def alter(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("harm", [alter, Path.unlink], ids=["altered", "removed"])
def test_an_index_that_was_harmed_is_searched_by_words_said_so_and_made_anew(
    services: TestedServices, client_as: Callable[[Role], TestClient], harm: Callable[[Path], None]
) -> None:
    client = client_as(Role.PHYSICIAN)

    def search() -> tuple[str, str | None, str]:
        found = client.post("/api/v1/search", json={"question": "metformin when eGFR is below 30"})
        body = found.raise_for_status().json()
        return body["mode"], body["generation"], body["hits"][0]["document"]["id"]

    mode, generation, document = search()
    assert (mode, document) == ("hybrid", "diabetes") and generation is not None
    harm(services.builder.folder / generation / "vectors.npy")
    # As after a start: nothing of it is open.
    services.__dict__["builder"] = Builder(
        services.db,
        services.builder.folder,
        embedder=lambda: services.embedder,
        log=services.log,
        clock=services.clock,
        engine=services.engine,
    )
    del services.__dict__["knowledge"]
    assert search() == ("keyword", None, "diabetes")
    waited_until = monotonic() + WAITED
    while search()[0] == "keyword" and monotonic() < waited_until:
        sleep(0.2)
    assert search() == ("hybrid", generation, "diabetes")  # the same passages give the same index
    assert services.builder.check().ok
