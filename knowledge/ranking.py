"""From a question to numbers of passages in order, over one generation; no database, no texts."""

from dataclasses import dataclass

import numpy as np

from knowledge.dense_index import Mask, Numbers
from knowledge.embedding import Encoded, Vectors
from knowledge.fusion import convex
from knowledge.generations import Generation
from knowledge.keyword_index import question_words

# Passages taken from each side before they are put in one order.
CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Ranked:
    """Passages by number, best first, and what each side said of them."""

    numbers: Numbers
    scores: Vectors  # for order only
    cosines: Vectors
    words: Vectors


def rank(generation: Generation, question: str, encoded: Encoded | None, *, allowed: Mask | None = None) -> Ranked:
    """Order the passages that may bear on the question; without a vector, by words alone."""
    scores = generation.keywords.scores(question_words(question))
    if allowed is not None:
        scores[~allowed] = 0.0
    by_words = _top(scores)
    if encoded is None:
        return Ranked(by_words, scores[by_words], np.zeros(len(by_words), np.float32), scores[by_words])
    near, near_cosines = generation.dense.nearest(encoded.pooled, CANDIDATES, allowed)
    others = np.setdiff1d(by_words, near)
    numbers = np.concatenate([near, others])
    cosines = np.concatenate([near_cosines, generation.dense.cosines(encoded.pooled, others)])
    word_scores = scores[numbers]
    joined = convex(cosines, word_scores)
    order = np.lexsort((numbers, -joined))
    return Ranked(numbers[order], joined[order], cosines[order], word_scores[order])


def _top(scores: Vectors) -> Numbers:
    found = np.flatnonzero(scores)
    if len(found) > CANDIDATES:
        found = found[np.argpartition(-scores[found], CANDIDATES - 1)[:CANDIDATES]]
    order = np.lexsort((found, -scores[found]))
    return np.asarray(found[order], dtype=np.int64)
