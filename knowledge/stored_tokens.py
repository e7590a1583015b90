"""The tokens of a few passages read from the database, where an index of all of them would be too large."""

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, select

from knowledge.dense_index import Numbers
from knowledge.generations import Generation
from knowledge.late_interaction import TokenCodes
from knowledge.vectors import vectors

_TOKENS = select(vectors.c.text_hash, vectors.c.tokens).where(
    vectors.c.embedder == bindparam("embedder"), vectors.c.text_hash.in_(bindparam("hashes", expanding=True))
)


def stored_tokens(tx: Connection, generation: Generation, *, dimensions: int) -> Callable[[Numbers], TokenCodes]:
    """Gives the tokens of passages by their numbers, in the order asked for."""

    def read(numbers: Numbers) -> TokenCodes:
        hashes = generation.text_hashes(numbers)
        asked = {"embedder": generation.embedder.digest, "hashes": sorted(set(hashes))}
        kept = {row.text_hash: row.tokens for row in tx.execute(_TOKENS, asked)}
        return TokenCodes.build((kept.get(key, b"") for key in hashes), dimensions=dimensions)

    return read
