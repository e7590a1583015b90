"""What a search costs beside embedding its question, at growing sizes: `python -m tests.benchmarks.retrieval_latency`.

Vectors are made up in clusters, texts from a skewed vocabulary, tokens at random; editions, access and texts come from
a real database. Prints, for each size, the whole search over the embedding of its question (the machine cancels out).
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import insert

import api.tables  # noqa: F401
from cds.audit import AuditLog
from cds.clock import SystemClock
from cds.db import Database, metadata, open_database
from knowledge.builds import Builder
from knowledge.dense_index import DenseIndex
from knowledge.embedding import Embedder, open_embedder
from knowledge.generations import EmbedderIdentity, Entry, write_generation
from knowledge.guidelines import Library
from knowledge.late_interaction import KEPT_UP_TO, TokenCodes
from knowledge.search import KnowledgeBase
from knowledge.tables_guidelines import documents, editions, passages
from tests.benchmarks.results import keep

QUESTIONS = [
    "What is the first-line treatment for hypertension in adults with chronic kidney disease?",
    "can I take ibuprofen together with warfarin",
    "When should anticoagulation be started after an ischaemic stroke in atrial fibrillation?",
    "my mother is 82 and falls often, should her blood pressure tablets be reduced?",
    "metformin eGFR 30",
    "How long should antibiotics be given for community-acquired pneumonia of moderate severity?",
]
PASSAGES_OF_AN_EDITION = 60


def made_up(size: int, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors in clusters, as the topics of a library are."""
    centres = rng.standard_normal((max(8, size // 100), 384)).astype(np.float32)
    vectors = np.empty((size, 384), np.float32)
    for start in range(0, size, 50_000):
        end = min(size, start + 50_000)
        near = centres[rng.integers(0, len(centres), end - start)]
        vectors[start:end] = near + 0.7 * rng.standard_normal((end - start, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def texts(size: int, rng: np.random.Generator) -> list[str]:
    """Texts of a hundred words that are as unevenly common as words are; some are those of the questions."""
    known = [word.strip("?,").lower() for question in QUESTIONS for word in question.split()]
    words = np.array([*dict.fromkeys(known), *(f"word{i}" for i in range(40_000))])
    chance = 1 / np.arange(3, len(words) + 3)
    drawn = rng.choice(len(words), (min(size, 20_000), 100), p=chance / chance.sum())
    made = [" ".join(words[row]) for row in drawn]
    return [made[i % len(made)] for i in range(size)]


def filled(db: Database, root: Path, size: int, embedder: Embedder) -> str:
    """A library of this size in the database and on disk; its generation."""
    rng = np.random.default_rng(1)
    body = texts(size, rng)
    entries = [Entry(f"{i:024x}", f"doc{i // PASSAGES_OF_AN_EDITION}@1", text) for i, text in enumerate(body)]
    now, today = SystemClock().now(), SystemClock().now().date()
    with db.transaction() as tx:
        metadata.create_all(tx)
        for edition in sorted({entry.edition for entry in entries}):
            name = edition.split("@")[0]
            tx.execute(insert(documents).values(id=name, id_stated=True, file=f"{name}.md", added_at=now))
            tx.execute(
                insert(editions).values(
                    id=edition, document=name, content_hash=f"{name:0>64}", original_hash=f"{name:0>64}", file=name,
                    format="markdown", state="published", title=name, provenance={}, text="", text_hash="", flags=[],
                    passages=PASSAGES_OF_AN_EDITION, added_at=now, force_from=today,
                )
            )  # fmt: skip
        for start in range(0, size, 5_000):
            tx.execute(
                insert(passages),
                [
                    {
                        "id": entry.passage, "edition": entry.edition, "number": start + i, "text": entry.text,
                        "start": 0, "end": len(entry.text), "section": ["Section"], "sentences": [[0, len(entry.text)]],
                        "boxes": [],
                    }
                    for i, entry in enumerate(entries[start : start + 5_000])
                ],
            )  # fmt: skip
    vectors = made_up(size, rng)
    tokens = None
    if size <= KEPT_UP_TO:
        packed = (rng.integers(0, 256, 110 * 48, dtype=np.uint8).tobytes() for _ in range(size))
        tokens = TokenCodes.build(packed, dimensions=384)
    identity = EmbedderIdentity(embedder.name, embedder.digest)
    return write_generation(root, entries, vectors, identity, tokens=tokens)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int, default=[15_000, 100_000])
    rows = []
    embedder = open_embedder("default")
    for size in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(Path(folder), size, embedder))
            print(rows[-1], flush=True)
    keep("retrieval_latency", {"sizes": rows})


def measured(folder: Path, size: int, embedder: Embedder) -> dict[str, object]:
    """One row of the table."""
    from sentence_transformers import SentenceTransformer

    db, clock = open_database("sqlite", data=folder / "data"), SystemClock()
    log = AuditLog(clock=clock)
    begun = time.perf_counter()
    generation = filled(db, folder / "index", size, embedder)
    built = time.perf_counter() - begun
    builder = Builder(db, folder / "index", embedder=lambda: embedder, log=log, clock=clock)
    begun = time.perf_counter()
    opened = builder.open(generation)
    opening = time.perf_counter() - begun
    with db.transaction() as tx:
        builder.make_current(tx, opened)
    library = Library(db, log=log, clock=clock)
    knowledge = KnowledgeBase(
        db, library=library, builder=builder, embedder=lambda: embedder, records=None, clock=clock
    )
    plain = SentenceTransformer(str(embedder.folder), device="cpu", local_files_only=True)
    taken: dict[str, list[float]] = {"search": [], "embedding": [], "rest": [], "plain": []}
    for number in range(60):
        question = f"{QUESTIONS[number % len(QUESTIONS)]} {number}"
        begun = time.perf_counter()
        plain.encode(question, show_progress_bar=False)
        taken["plain"].append(1000 * (time.perf_counter() - begun))
        spent = knowledge.search(question).milliseconds
        taken["search"].append(spent["total"])
        taken["embedding"].append(spent["embedding"])
        taken["rest"].append(spent["search"])
    p50 = {name: float(np.median(values[6:])) for name, values in taken.items()}
    dense: DenseIndex = opened.dense
    row: dict[str, object] = {
        "passages": size,
        "index": dense.kind,
        "probes": dense.probes,
        "recall@10": round(dense.recall(), 4),
        "embedding_ms": round(p50["embedding"], 2),
        "sentence_transformers_ms": round(p50["plain"], 2),
        "rest_ms": round(p50["rest"], 2),
        "search_ms": round(p50["search"], 2),
        "search_over_embedding": round(p50["search"] / p50["embedding"], 3),
        "search_over_sentence_transformers": round(p50["search"] / p50["plain"], 3),
        "build_seconds": round(built, 1),
        "open_seconds": round(opening, 2),
        "most_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    db.close()
    return row


if __name__ == "__main__":
    main()
