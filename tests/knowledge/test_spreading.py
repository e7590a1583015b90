"""Embedding on Ray's workers: the same vectors as without it. Ray takes half a minute to start on a busy machine."""

from pathlib import Path

import pytest

from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from knowledge.builds import Builder
from knowledge.embedding import open_embedder
from knowledge.guidelines import Library
from knowledge.spreading import Reader, Spread
from tests.knowledge.library import TEXTS, add_published

pytest.importorskip("ray")


@pytest.mark.ray
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)  # Ray's own
def test_a_library_embedded_by_workers_has_the_same_index(db: Database, clock: FixedClock, tmp_path: Path) -> None:
    embedder, log = open_embedder("default"), AuditLog(clock=clock)
    library = Library(db, log=log, clock=clock)
    with db.transaction() as tx:
        for name in TEXTS:
            add_published(tx, library, name)
    builder = Builder(db, tmp_path / "spread", embedder=lambda: embedder, log=log, clock=clock)
    builder.fill = Spread()
    told: list[tuple[int, int]] = []
    spread = builder.prepare(lambda done, total: told.append((done, total)))
    assert told[-1] == (7, 7)
    with db.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM vectors")
    here = Builder(db, tmp_path / "here", embedder=lambda: embedder, log=log, clock=clock).prepare()
    assert spread.id == here.id


def test_a_worker_with_another_embedder_is_refused() -> None:
    embedder = open_embedder("default")
    with pytest.raises(Exception, match="another one"):
        Reader(str(embedder.folder), "0" * 64)
