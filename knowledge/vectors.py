"""The vectors of texts, kept in SQL so that a text goes through each embedder once."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Column, Connection, LargeBinary, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from cds.db import metadata

vectors = Table(
    "vectors",
    metadata,
    Column("embedder", String(64), primary_key=True),  # its digest
    Column("text_hash", String(64), primary_key=True),
    Column("pooled", LargeBinary, nullable=False),  # float32
    Column("tokens", LargeBinary, nullable=False),  # as `late_interaction.pack` wrote them; empty where none are kept
)

# Ids asked for in one statement: far below the limit of either database.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of one text."""

    pooled: bytes
    tokens: bytes


def text_hash(text: str) -> str:
    """What a text is known by among the vectors."""
    return hashlib.sha256(text.encode()).hexdigest()


def missing(tx: Connection, embedder: str, hashes: Sequence[str]) -> set[str]:
    """Which of these texts this embedder has not read yet."""
    wanted = set(hashes)
    for some in _some(sorted(wanted)):
        found = select(vectors.c.text_hash).where(vectors.c.embedder == embedder, vectors.c.text_hash.in_(some))
        wanted.difference_update(tx.execute(found).scalars())
    return wanted


def load(tx: Connection, embedder: str, hashes: Iterable[str]) -> dict[str, Stored]:
    """What is kept of these texts."""
    kept: dict[str, Stored] = {}
    for some in _some(hashes):
        found = select(vectors.c.text_hash, vectors.c.pooled, vectors.c.tokens).where(
            vectors.c.embedder == embedder, vectors.c.text_hash.in_(some)
        )
        kept.update((row.text_hash, Stored(row.pooled, row.tokens)) for row in tx.execute(found))
    return kept


def store(tx: Connection, embedder: str, rows: Mapping[str, Stored]) -> None:
    """Keep these; a text somebody else embedded meanwhile stays as it is."""
    if not rows:
        return
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(
        insert(vectors).on_conflict_do_nothing(),
        [
            {"embedder": embedder, "text_hash": key, "pooled": row.pooled, "tokens": row.tokens}
            for key, row in rows.items()
        ],
    )


def _some(values: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
