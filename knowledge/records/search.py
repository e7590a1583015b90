"""Exact search inside one patient: every passage is compared, by meaning and by words."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from sqlalchemy import Connection, insert, select

from cds.evidence import Evidence, Hit
from cds.patient import PatientScope
from knowledge.records.reading import passages_by_id
from knowledge.records.storing import passage_input
from knowledge.records.tables import notes, passages, resources, vectors
from knowledge.records.words import bm25, stems


class PassageEmbedder(Protocol):
    """What is needed of the embedder here: normalised float32 vectors, and a digest that says which it is."""

    @property
    def digest(self) -> str: ...

    def embed_passages(self, texts: Sequence[str]) -> Any: ...

    def embed_query(self, text: str) -> Any: ...


# Opened when first needed: loading the weights takes seconds.
Embed = Callable[[], PassageEmbedder]

# Half and half: notes are short and full of names of drugs and numbers, where words find what meaning blurs.
_DENSE_SHARE = 0.5
# A BM25 score at which words alone count as half a match: one rare word found once in a short note.
_BM25_HALF = 3.0
# Vectors are made in batches so that a break loses little and no write transaction lasts.
_EMBED_BATCH = 64


def search_record(
    tx: Connection, question: str, scope: PatientScope, *, limit: int, embedder: PassageEmbedder | None
) -> Evidence:
    """The passages of this patient's notes that bear on the question, best first; never empty when there are any."""
    started = time.perf_counter()
    query = None if embedder is None else np.asarray(embedder.embed_query(question), dtype=np.float32).reshape(-1)
    embedded = time.perf_counter()
    rows = _candidates(tx, scope)
    words = bm25(stems(question), [(row.words, row.length) for row in rows])
    scores = np.array([score / (score + _BM25_HALF) for score in words], dtype=np.float64)
    cosine = None if query is None or embedder is None else _cosines(tx, scope, embedder, rows, query)
    if cosine is not None:
        # A passage without its vector yet is judged by its words alone.
        meaning = np.where(np.isnan(cosine), scores, np.clip(np.nan_to_num(cosine), 0, 1))
        scores = _DENSE_SHARE * meaning + (1 - _DENSE_SHARE) * scores
    order = _distinct(sorted(range(len(rows)), key=lambda i: (-scores[i], rows[i].id)), rows)[:limit]
    found = passages_by_id(tx, scope, [rows[i].id for i in order])
    hits = tuple(Hit(found[rows[i].id], round(float(scores[i]), 6)) for i in order if rows[i].id in found)
    ended = time.perf_counter()
    return Evidence(
        hits=hits,
        generation=None,  # the record has no index: each search compares everything
        mode="keyword" if cosine is None else "hybrid",
        relevance=hits[0].score if hits else 0.0,
        embedder=None if embedder is None else embedder.digest,
        milliseconds={
            "embed": round((embedded - started) * 1000, 3),
            "search": round((ended - embedded) * 1000, 3),
        },
    )


def _distinct(order: Sequence[int], rows: Sequence[Any]) -> list[int]:
    """The first of each text: notes are copied forward, and the same words twice help nobody."""
    first: dict[str, int] = {}
    for position in order:
        first.setdefault(rows[position].text_hash, position)
    return list(first.values())


def missing_vectors(tx: Connection, embedder: str, *, after: str) -> tuple[list[tuple[str, str, str]], str]:
    """Some texts without a vector yet (patient, hash, text), of the passages after this one; and the last of them."""
    p, n = passages.c, notes.c
    rows = tx.execute(
        select(p.id, p.patient, p.text_hash, p.section, p.start, p.end, n.text)
        .join_from(passages, notes, p.resource == n.resource)
        .outerjoin(
            vectors,
            (vectors.c.patient == p.patient) & (vectors.c.text_hash == p.text_hash) & (vectors.c.embedder == embedder),
        )
        .where(vectors.c.patient.is_(None), p.id > after)
        .order_by(p.id)
        .limit(_EMBED_BATCH)
    ).all()
    unique = {(row.patient, row.text_hash): passage_input(row.section, row.text[row.start : row.end]) for row in rows}
    return [(*of, text) for of, text in unique.items()], rows[-1].id if rows else after


def keep_vectors(tx: Connection, embedder: str, texts: Sequence[tuple[str, str, str]], made: Any) -> None:
    """Store the vectors of these texts, where their patient is still here and nobody was faster."""
    hashes = [text_hash for _, text_hash, _ in texts]
    p, v = passages.c, vectors.c
    stored = select(p.patient, p.text_hash).where(p.text_hash.in_(hashes)).distinct()
    made_already = select(v.patient, v.text_hash).where(v.embedder == embedder, v.text_hash.in_(hashes))
    there = {(row[0], row[1]) for row in tx.execute(stored)} - {(row[0], row[1]) for row in tx.execute(made_already)}
    rows = [
        {
            "patient": patient,
            "embedder": embedder,
            "text_hash": text_hash,
            "vector": np.ascontiguousarray(vector, dtype=np.float32).tobytes(),
        }
        for (patient, text_hash, _), vector in zip(texts, made, strict=True)
        if (patient, text_hash) in there
    ]
    if rows:
        tx.execute(insert(vectors), rows)


def _candidates(tx: Connection, scope: PatientScope) -> Sequence[Any]:
    p, r = passages.c, resources.c
    return tx.execute(
        select(p.id, p.words, p.length, p.text_hash)
        .join_from(passages, resources, p.resource == r.id)
        .where(p.patient == scope.patient, r.patient == scope.patient, r.current)
    ).all()


def _cosines(
    tx: Connection, scope: PatientScope, embedder: PassageEmbedder, rows: Sequence[Any], query: Any
) -> Any | None:
    """The dot product with each passage; NaN where a passage has no vector; None where none has."""
    v = vectors.c
    query_rows = tx.execute(
        select(v.text_hash, v.vector).where(v.patient == scope.patient, v.embedder == embedder.digest)
    )
    kept = {row[0]: row[1] for row in query_rows}
    cosine = np.full(len(rows), np.nan)
    having = [i for i, row in enumerate(rows) if row.text_hash in kept]
    if not having:
        return None
    matrix = np.frombuffer(b"".join(kept[rows[i].text_hash] for i in having), dtype=np.float32)
    cosine[having] = matrix.reshape(len(having), -1) @ query
    return cosine
