"""From a question to numbers of passages in order, over one generation; no database, no texts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from knowledge.dense_index import Mask, Numbers
from knowledge.embedding import Asked, Vectors
from knowledge.fusion import final_score, first_score, with_feedback, with_parts
from knowledge.generations import Generation
from knowledge.keyword_index import question_words
from knowledge.late_interaction import TokenCodes

# Passages taken from each side before they are put in one order.
CANDIDATES = 200
# Of these the first are read token by token; twice as many order no better, and cost twice the time.
READ_CLOSELY = 32
# Passages taken for each sentence of a long question.
CANDIDATES_OF_A_PART = 50


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
    encoded: Asked | None,
    *,
    allowed: Mask | None = None,
    stored: Callable[[Numbers], TokenCodes] | None = None,
) -> Ranked:
    """Order the passages that may bear on the question; without a vector, by words alone.

    `stored` gives the tokens of those to be read closely where the index has none.
    """
    if encoded is None:
        by_words, coverage = generation.keywords.best(question_words(question), CANDIDATES, allowed=allowed)
        nothing = np.zeros(0, np.float32)
        return Ranked(by_words, np.zeros(len(by_words), np.float32), coverage, nothing, by_meaning=False)
    numbers, cosines, coverage = _candidates(generation, encoded, allowed)
    first = with_parts(first_score(cosines, coverage))
    order = np.lexsort((numbers, -first))
    closeness = np.zeros(0, np.float32)
    head = order[:READ_CLOSELY]
    tokens, places = generation.tokens, numbers[head]
    if tokens is None and stored is not None:
        tokens, places = stored(places), np.arange(len(places))
    if tokens is not None:
        reads = [tokens.read(one, places) for one in (encoded, *encoded.parts)]
        closeness = np.stack([read.closeness for read in reads])
        together = np.stack([read.together for read in reads])
        final = with_parts(final_score(first_score(cosines[:, head], coverage[:, head]), closeness, together))
        final = with_feedback(final, generation.dense.vectors(numbers[head]))
        again = np.lexsort((numbers[head], -final))
        order = np.concatenate([head[again], order[READ_CLOSELY:]])
        closeness = closeness.max(axis=0)[again]
    # What is known of a passage is what the question, or the part of it that fits best, says of it.
    return Ranked(numbers[order], cosines.max(axis=0)[order], coverage.max(axis=0)[order], closeness)


def _candidates(generation: Generation, asked: Asked, allowed: Mask | None) -> tuple[Numbers, Vectors, Vectors]:
    """The nearest passages and those with the question's words; cosines and coverage, a row for it and each part."""
    keywords, dense = generation.keywords, generation.dense
    near, near_cosines = dense.nearest(asked.pooled, CANDIDATES, allowed)
    if asked.parts:
        more = [dense.nearest(part.pooled, CANDIDATES_OF_A_PART, allowed)[0] for part in asked.parts]
        near = np.unique(np.concatenate([near, *more]))
        near_cosines = dense.cosines(asked.pooled, near)
    found, covered = keywords.best(question_words(asked.text), CANDIDATES, allowed=allowed, also=near)
    here = set(near.tolist())
    new = [place for place, number in enumerate(found[: len(found) - len(near)].tolist()) if number not in here]
    others = found[new]
    numbers = np.concatenate([near, others])
    cosines = [np.concatenate([near_cosines, dense.cosines(asked.pooled, others)])]
    coverage = [np.concatenate([covered[len(found) - len(near) :], covered[new]])]
    for part in asked.parts:
        cosines.append(dense.cosines(part.pooled, numbers))
        coverage.append(keywords.best(question_words(part.text), 1, allowed=allowed, also=numbers)[1][-len(numbers) :])
    return numbers, np.stack(cosines), np.stack(coverage)
