"""Searching one patient's notes among many: foreign passages, recall, emptiness, and time beside the embedding.

Run: python -m tests.benchmarks.record_search [--patients 100 2000 20000] [--searches 100000]

Every question names another patient and quotes one of that patient's own sentences, which a shared index would find.
"""

import argparse
import random
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import api.tables  # noqa: F401 every table is known
from cds.access import open_patient
from cds.actors import local_operator
from cds.audit import AuditLog
from cds.clock import SystemClock
from cds.db import metadata, open_database
from cds.patient import PatientScope, Source
from ingest.records.notes import make_note
from knowledge.records import Records
from knowledge.records.incoming import Identifier, Item, Person
from knowledge.records.words import stems
from tests.benchmarks.results import keep
from tests.benchmarks.synthetic_records import Synthetic

DIMENSIONS = 384  # of the default embedder


class Hashing:
    """Stands in for the embedder, whose time is not measured here: each word votes for a few directions."""

    digest = "hashing"

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def embed_passages(self, texts: list[str]) -> Any:
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Any:
        vector = np.full(DIMENSIONS, 1e-4, dtype=np.float32)
        for word in stems(text):
            if word not in self.known:
                self.known[word] = np.random.default_rng(sum(word.encode())).integers(0, DIMENSIONS, 4)
            vector[self.known[word]] += 1
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def fill(records: Records, count: int, *, notes: int) -> dict[str, list[str]]:
    """So many patients with notes of their own; the texts of each by record number."""
    made = Synthetic(seed=7)
    texts: dict[str, list[str]] = {}
    for start in range(0, count, 500):
        people, items = [], []
        for number in range(start, min(start + 500, count)):
            subject = Identifier("mrn", f"n{number}")
            people.append(Person(key=f"Patient/{number}", identifiers=(), record=subject, source=Source("Patient")))
            texts[subject.value] = [f"Patient Given{number}. {made.note()}" for _ in range(notes)]
            for n, text in enumerate(texts[subject.value]):
                key = f"DocumentReference/{number}-{n}"
                note = make_note(text, title="Progress note")
                items.append(Item(key=key, type="DocumentReference", subject=subject, source=Source(key), note=note))
        with records.db.transaction() as tx:
            records.store(tx, people, items)
    records.embed_missing()
    return texts


def measure(count: int, *, searches: int, notes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        db = open_database("sqlite", data=Path(place))
        with db.transaction() as tx:
            metadata.create_all(tx)
        clock, embedder, me = SystemClock(), Hashing(), local_operator("benchmark")
        log, records = AuditLog(clock=clock), Records(db, embed=lambda: embedder, clock=clock)
        texts = fill(records, count, notes=notes)
        pick = random.Random(3)
        asked = pick.sample(sorted(texts), min(count, 2000))
        scopes: dict[str, PatientScope] = {}
        with db.transaction() as tx:
            for number in asked:
                found = records.find(tx, number)
                assert found is not None
                scopes[number] = open_patient(tx, me, found, clock=clock, log=log)
        foreign = empty = missed = 0
        times = []
        for n in range(searches):
            mine, other = asked[n % len(asked)], pick.choice(asked)
            question = f"What about Given{other[1:]}? {pick.choice(texts[other])[:120]}"
            evidence = records.search(question, scopes[mine], limit=5)
            times.append(evidence.milliseconds["search"])
            empty += not evidence.hits
            foreign += sum(hit.passage.text not in _whole(texts[mine]) for hit in evidence.hits)
            if n % 50 == 0:
                missed += not _is_exact(evidence.hits, texts[mine], embedder, question)
        db.close()
    ordered = sorted(times)
    return {
        "patients": count,
        "searches": searches,
        "foreign passages": foreign,
        "empty": empty,
        "not the exact first five": missed,
        "ms p50": round(statistics.median(ordered), 2),
        "ms p95": round(ordered[int(len(ordered) * 0.95)], 2),
        "ms p99": round(ordered[int(len(ordered) * 0.99)], 2),
    }


def _whole(texts: list[str]) -> str:
    return "\n".join(texts)


def _is_exact(hits: Any, texts: list[str], embedder: Hashing, question: str) -> bool:
    """Whether those found are the best by meaning and words of all of this patient's, compared one by one."""
    from knowledge.records.words import bm25, packed

    inputs = [f"Progress note\n{text}" for text in texts]
    cosine = np.clip(embedder.embed_passages(texts) @ embedder.embed_query(question), 0, 1)
    found = [stems(text) for text in inputs]
    words = np.array(bm25(stems(question), [(packed(one), len(one)) for one in found]))
    best = np.sort(0.5 * cosine + 0.5 * words / (words + 3.0))[::-1][: len(hits)]
    return bool(np.allclose([hit.score for hit in hits], best, atol=1e-4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, nargs="+", default=[100, 2000, 20000])
    parser.add_argument("--searches", type=int, default=100_000, help="at 2,000 patients; a tenth of it elsewhere")
    parser.add_argument("--notes", type=int, default=6)
    given = parser.parse_args()
    rows = [
        measure(count, searches=given.searches if count == 2000 else given.searches // 10, notes=given.notes)
        for count in given.patients
    ]
    for name in rows[0]:
        print(f"{name:26}" + "".join(f"{row[name]:>12}" for row in rows))
    keep("record_search", {str(row["patients"]): row for row in rows})


if __name__ == "__main__":
    main()
