"""From a question to numbers of passages in order, over one generation; no database, no texts."""

from dataclasses import dataclass

import numpy as np

from knowledge.dense_index import Mask, Numbers
from knowledge.embedding import Encoded, Vectors
from knowledge.fusion import final_score, first_score
from knowledge.generations import Generation
from knowledge.keyword_index import question_words

# Passages taken from each side before they are put in one order.
CANDIDATES = 200
# Of these the first are read token by token; twice as many order no better, and cost twice the time.
READ_CLOSELY = 32


@dataclass(frozen=True, slots=True)
class Ranked:
    """Passages by number, best first, and what each measure said of them."""

    numbers: Numbers
    cosines: Vectors
    coverage: Vectors
    closeness: Vectors  # of the first ones only
    by_meaning: bool = True  # False: there was no vector to compare with


def rank(generation: Generation, question: str, encoded: Encoded | None, *, allowed: Mask | None = None) -> Ranked:
    """Order the passages that may bear on the question; without a vector, by words alone."""
    coverage = generation.keywords.coverage(question_words(question))
    if allowed is not None:
        coverage[~allowed] = 0.0
    by_words = _top(coverage)
    if encoded is None:
        nothing = np.zeros(0, np.float32)
        return Ranked(by_words, np.zeros(len(by_words), np.float32), coverage[by_words], nothing, by_meaning=False)
    near, near_cosines = generation.dense.nearest(encoded.pooled, CANDIDATES, allowed)
    others = np.setdiff1d(by_words, near)
    numbers = np.concatenate([near, others])
    cosines = np.concatenate([near_cosines, generation.dense.cosines(encoded.pooled, others)])
    first = first_score(cosines, coverage[numbers])
    order = np.lexsort((numbers, -first))
    closeness = np.zeros(0, np.float32)
    if generation.tokens is not None:
        head = order[:READ_CLOSELY]
        closeness = generation.tokens.closeness(encoded, numbers[head])
        again = np.lexsort((numbers[head], -final_score(first[head], closeness)))
        order = np.concatenate([head[again], order[READ_CLOSELY:]])
        closeness = closeness[again]
    return Ranked(numbers[order], cosines[order], coverage[numbers][order], closeness)


def _top(scores: Vectors) -> Numbers:
    found = np.flatnonzero(scores)
    if len(found) > CANDIDATES:
        found = found[np.argpartition(-scores[found], CANDIDATES - 1)[:CANDIDATES]]
    order = np.lexsort((found, -scores[found]))
    return np.asarray(found[order], dtype=np.int64)
