"""What a search costs beside embedding its question, at growing sizes.

Run: python -m tests.benchmarks.retrieval_latency [SIZE…] [--folder FOLDER] [--build-only] [--keep]

Vectors are made up in clusters, texts from a skewed vocabulary, tokens at random; editions, access and texts come from
a real database. Prints, for each size, the whole search over the embedding of its question (the machine cancels out),
how long a new process takes to its first answer, and what it holds in memory. Each size is measured in a process of
its own. With a folder, what was built there is used again; a build that was stopped goes on where it was.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sqlalchemy import func, insert, select

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
from knowledge.vectors import Stored, store, text_hash
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
ALLOWED = {15_000: 1.25, 100_000: 1.5, 1_000_000: 2.5}  # the whole search over its embedding
DIFFERENT = 20_000  # texts; they repeat after that
TOKENS = 110 * 48  # bytes a passage


def made_up(size: int, rng: np.random.Generator, *, into: Path | None = None) -> np.ndarray:
    """Unit vectors in clusters, as the topics of a library are."""
    centres = rng.standard_normal((max(8, size // 100), 384)).astype(np.float32)
    shape = (size, 384)
    made = np.empty(shape, np.float32) if into is None else np.lib.format.open_memmap(into, "w+", np.float32, shape)
    for start in range(0, size, 50_000):
        end = min(size, start + 50_000)
        near = centres[rng.integers(0, len(centres), end - start)]
        some = near + 0.7 * rng.standard_normal((end - start, 384)).astype(np.float32)
        made[start:end] = some / np.linalg.norm(some, axis=1, keepdims=True)
    return made


def texts(rng: np.random.Generator) -> list[str]:
    """Texts of a hundred words that are as unevenly common as words are; some are those of the questions."""
    known = [word.strip("?,").lower() for question in QUESTIONS for word in question.split()]
    words = np.array([*dict.fromkeys(known), *(f"word{i}" for i in range(40_000))])
    chance = 1 / np.arange(3, len(words) + 3)
    drawn = rng.choice(len(words), (DIFFERENT, 100), p=chance / chance.sum())
    return [" ".join(words[row]) for row in drawn]


def build(folder: Path, size: int) -> None:
    """A library of this size in the database and on disk, and its generation; what is there already is kept."""
    if (folder / "generation").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    embedder, clock = open_embedder("default"), SystemClock()
    db = open_database("sqlite", data=folder / "data")
    rng = np.random.default_rng(1)
    body = texts(rng)
    fill(db, size, body, embedder, rng)
    if not (folder / "vectors.npy").exists():
        made_up(size, rng, into=folder / "vectors.part")
        (folder / "vectors.part").rename(folder / "vectors.npy")
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    entries = [Entry(f"{i:024x}", edition(i), body[i % DIFFERENT]) for i in range(size)]
    tokens = None
    if size <= KEPT_UP_TO:
        packed = (rng.integers(0, 256, TOKENS, dtype=np.uint8).tobytes() for _ in range(size))
        tokens = TokenCodes.build(packed, dimensions=384)
    identity = EmbedderIdentity(embedder.name, embedder.digest)
    begun = time.perf_counter()
    generation = write_generation(folder / "index", entries, vectors, identity, tokens=tokens)
    builder = Builder(db, folder / "index", embedder=lambda: embedder, log=AuditLog(clock=clock), clock=clock)
    with db.transaction() as tx:
        builder.make_current(tx, builder.open(generation))
    db.close()
    (folder / "vectors.npy").unlink()
    (folder / "generation").write_text(f"{time.perf_counter() - begun:.1f}")


def edition(number: int) -> str:
    return f"doc{number // PASSAGES_OF_AN_EDITION}@1"


def fill(db: Database, size: int, body: list[str], embedder: Embedder, rng: np.random.Generator) -> None:
    """Passages, their editions and documents; and tokens, where a search reads them from here."""
    now, today = SystemClock().now(), SystemClock().now().date()
    with db.transaction() as tx:
        metadata.create_all(tx)
        done = tx.execute(select(func.count()).select_from(passages)).scalar_one()
        if done == 0 and size > KEPT_UP_TO:
            for start in range(0, DIFFERENT, 1_000):
                some = body[start : start + 1_000]
                store(tx, embedder.digest, {text_hash(t): Stored(b"", rng.bytes(TOKENS)) for t in some})
    step = 500 * PASSAGES_OF_AN_EDITION
    for start in range(done, size, step):
        numbers = range(start, min(start + step, size))
        names = sorted({edition(number).split("@")[0] for number in numbers})
        with db.transaction() as tx:
            tx.execute(
                insert(documents),
                [{"id": name, "id_stated": True, "file": f"{name}.md", "added_at": now} for name in names],
            )
            tx.execute(
                insert(editions),
                [
                    {
                        "id": f"{name}@1", "document": name, "content_hash": f"{name:0>64}",
                        "original_hash": f"{name:0>64}", "file": name, "format": "markdown", "state": "published",
                        "title": name, "provenance": {}, "text": "", "text_hash": "", "flags": [],
                        "passages": PASSAGES_OF_AN_EDITION, "added_at": now, "force_from": today,
                    }
                    for name in names
                ],
            )  # fmt: skip
            tx.execute(
                insert(passages),
                [
                    {
                        "id": f"{number:024x}", "edition": edition(number), "number": number,
                        "text": body[number % DIFFERENT], "start": 0, "end": len(body[number % DIFFERENT]),
                        "section": ["Section"], "sentences": [[0, len(body[number % DIFFERENT])]], "boxes": [],
                    }
                    for number in numbers
                ],
            )  # fmt: skip


def measure(folder: Path, size: int, started: float) -> dict[str, Any]:
    """One row of the table, in a process that was started at that moment for this."""
    db, clock, embedder = open_database("sqlite", data=folder / "data"), SystemClock(), open_embedder("default")
    log = AuditLog(clock=clock)
    builder = Builder(db, folder / "index", embedder=lambda: embedder, log=log, clock=clock)
    library = Library(db, log=log, clock=clock)
    knowledge = KnowledgeBase(
        db, library=library, builder=builder, embedder=lambda: embedder, records=None, clock=clock
    )
    first = knowledge.search(QUESTIONS[0])
    to_first = time.time() - started
    spent: dict[str, list[float]] = {"search": [], "embedding": []}
    for number in range(200):
        taken = knowledge.search(f"{QUESTIONS[number % len(QUESTIONS)]} {number}").milliseconds
        spent["search"].append(taken["total"])
        spent["embedding"].append(taken["embedding"])
    resident = _kib("VmRSS"), _kib("VmHWM")
    plain = _plain_embedding(embedder)
    p50 = {name: float(np.median(values[10:])) for name, values in spent.items()}
    assert first.generation is not None
    if first.mode != "hybrid":
        raise SystemExit(f"{folder} was built with another embedder; delete it")
    dense = builder.open(first.generation).dense
    assert isinstance(dense, DenseIndex)
    row = {
        "passages": size,
        "index": dense.kind,
        "lists_read": dense.probes,
        "recall@10": round(dense.recall(), 4),
        "embedding_ms": round(p50["embedding"], 2),
        "sentence_transformers_ms": round(plain, 2),
        "search_ms": round(p50["search"], 2),
        "rest_ms": round(p50["search"] - p50["embedding"], 2),
        "search_over_embedding": round(p50["search"] / p50["embedding"], 3),
        "allowed": ALLOWED.get(size),
        "search_over_sentence_transformers": round(p50["search"] / plain, 3),
        "first_answer_s": round(to_first, 2),
        "resident_gib": round(resident[0] / 2**20, 2),
        "most_gib": round(resident[1] / 2**20, 2),
        "index_gib": round(sum(f.stat().st_size for f in (folder / "index").rglob("*")) / 2**30, 2),
        "build_s": float((folder / "generation").read_text()),
    }
    db.close()
    return row


def _plain_embedding(embedder: Embedder) -> float:
    """Milliseconds that plain sentence-transformers takes for a question."""
    import torch
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(embedder.folder), device="cpu", local_files_only=True)
    torch.set_num_threads(1)
    taken = []
    for number in range(60):
        begun = time.perf_counter()
        plain.encode(f"{QUESTIONS[number % len(QUESTIONS)]} {number}", show_progress_bar=False)
        taken.append(1000 * (time.perf_counter() - begun))
    return float(np.median(taken[6:]))


def _kib(name: str) -> int:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0])


def measured(folder: Path, size: int) -> dict[str, Any]:
    """Builds what is not there, and measures in a new process."""
    build(folder, size)
    command = [sys.executable, "-m", __spec__.name, str(size), "--folder", str(folder), "--started", str(time.time())]
    row: dict[str, Any] = orjson.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[15_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where libraries are kept and found again")
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep the figures as a file")
    parser.add_argument("--started", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.started is not None:
        print(orjson.dumps(measure(given.folder, given.sizes[0], given.started)).decode())
        return
    rows = []
    with tempfile.TemporaryDirectory() as made:
        for size in given.sizes:
            folder = (given.folder or Path(made)) / str(size)
            if given.build_only:
                build(folder, size)
                continue
            rows.append(measured(folder, size))
            print("\n".join(f"{name:<36}{value}" for name, value in rows[-1].items()), "", sep="\n", flush=True)
    if given.keep and rows:
        print(keep("retrieval_latency", {"sizes": rows}))


if __name__ == "__main__":
    main()
