"""From a question to numbers of passages in order, over one generation; no database, no texts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from knowledge.dense_index import Mask, Numbers
from knowledge.embedding import Encoded, Vectors
from knowledge.fusion import final_score, first_score
from knowledge.generations import Generation
from knowledge.keyword_index import question_words
from knowledge.late_interaction import TokenCodes

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


def rank(
    generation: Generation,
    question: str,
    encoded: Encoded | None,
    *,
    allowed: Mask | None = None,
    stored: Callable[[Numbers], TokenCodes] | None = None,
) -> Ranked:
    """Order the passages that may bear on the question; without a vector, by words alone.

    `stored` gives the tokens of those to be read closely where the index has none.
    """
    asked, keywords = question_words(question), generation.keywords
    if encoded is None:
        by_words, coverage = keywords.best(asked, CANDIDATES, allowed=allowed)
        nothing = np.zeros(0, np.float32)
        return Ranked(by_words, np.zeros(len(by_words), np.float32), coverage, nothing, by_meaning=False)
    near, near_cosines = generation.dense.nearest(encoded.pooled, CANDIDATES, allowed)
    found, covered = keywords.best(asked, CANDIDATES, allowed=allowed, also=near)
    here = set(near.tolist())
    new = [place for place, number in enumerate(found[: len(found) - len(near)].tolist()) if number not in here]
    others = found[new]
    numbers = np.concatenate([near, others])
    cosines = np.concatenate([near_cosines, generation.dense.cosines(encoded.pooled, others)])
    coverage = np.concatenate([covered[len(found) - len(near) :], covered[new]])
    first = first_score(cosines, coverage)
    order = np.lexsort((numbers, -first))
    closeness = np.zeros(0, np.float32)
    head = order[:READ_CLOSELY]
    tokens, places = generation.tokens, numbers[head]
    if tokens is None and stored is not None:
        tokens, places = stored(places), np.arange(len(places))
    if tokens is not None:
        read = tokens.read(encoded, places)
        again = np.lexsort((numbers[head], -final_score(first[head], read)))
        order = np.concatenate([head[again], order[READ_CLOSELY:]])
        closeness = read.closeness[again]
    return Ranked(numbers[order], cosines[order], coverage[order], closeness)
