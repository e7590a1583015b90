"""A library loaded by the product's own pipeline, with an embedding that is crude, real and quick.

Run as a program it loads a folder, so that a test can kill it: python -m tests.ingest.pipeline.loading DATA FOLDER"""

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import api.tables  # noqa: F401 every table is known
from cds.actors import local_operator
from cds.audit import AuditLog
from cds.clock import Clock, SystemClock
from cds.db import Database, metadata, open_database
from ingest.pipeline.guidelines import GuidelineReport, ingest_guidelines
from knowledge.builds import Builder
from knowledge.embedding import Embedder, Encoded
from knowledge.guidelines import Library
from knowledge.originals import Originals

OPERATOR = local_operator("tests")


class CountingEmbedder(Embedder):
    """Each word votes for one direction; every text that is embedded is counted."""

    digest = "counting"
    dimensions = 16

    def __init__(self) -> None:
        super().__init__(Path("counting"))
        self.embedded: list[str] = []

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> Iterator[list[tuple[int, Encoded]]]:
        self.embedded.extend(texts)
        for number, text in enumerate(texts):
            vector = np.full(self.dimensions, 0.01, np.float32)
            for word in text.split():
                vector[hashlib.sha256(word.encode()).digest()[0] % self.dimensions] += 1
            vector /= np.linalg.norm(vector)
            yield [(number, Encoded(vector, vector[None, :], np.ones(1, np.bool_)))]


class Loader:
    """Everything a load needs, on one data folder."""

    def __init__(self, data: Path, *, db: Database | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.db = db or open_database("sqlite", data=data)
        with self.db.transaction() as tx:
            metadata.create_all(tx)
        self.log = AuditLog(clock=self.clock)
        self.library = Library(self.db, log=self.log, clock=self.clock)
        self.embedder = CountingEmbedder()
        self.builder = Builder(
            self.db, data / "generations", embedder=lambda: self.embedder, log=self.log, clock=self.clock
        )
        self.originals = Originals(data / "originals")

    def load(self, *paths: Path, publish: bool = True, **more: Any) -> GuidelineReport:
        return ingest_guidelines(
            paths,
            library=self.library,
            builder=self.builder,
            db=self.db,
            log=self.log,
            clock=self.clock,
            actor=OPERATOR,
            publish=publish,
            originals=self.originals,
            **more,
        )


def guideline(name: str, *, year: int = 2025, sections: int = 3, dose: int = 500) -> str:
    """A small guideline in Markdown; another dose is another text in one section."""
    body = "\n\n".join(
        f"## Part {n}\n\nOffer {name} {dose if n == 0 else 100 + n} mg to adults in part {n}. "
        f"Review {name} after {n + 2} days and stop it when the cause is gone."
        for n in range(sections)
    )
    return f"---\ntitle: {name.title()}\nid: {name}\npublished: {year}-01-01\n---\n\n# {name.title()}\n\n{body}\n"


def main() -> None:
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    print("begun", flush=True)
    Loader(data).load(folder)


if __name__ == "__main__":
    main()
