"""What a score means: the probability that a passage bears on the question, and that the library answers it at all.

The weights are in relevance.json, with how they were fitted and how well they hold on other questions.
"""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import orjson

from knowledge.generations import Generation
from knowledge.ranking import Ranked
from knowledge.words import words

_FILE = Path(__file__).with_name("relevance.json")
# What a model reads: passages further down do not make a question answerable.
READ = 8
# The names of the measures, in the order of their weights.
PASSAGE_MEASURES = ("cosine", "closeness", "coverage")
QUESTION_MEASURES = ("cosine", "closeness", "coverage", "said by the first", "lead")


def passage_relevance(ranked: Ranked, place: int) -> float:
    """The probability that the passage at this place bears on the question; by words alone, what they cover of it."""
    if not ranked.by_meaning:
        return float(ranked.coverage[place])
    return _chance("passage", passage_measures(ranked, place))


def question_relevance(generation: Generation, question: str, ranked: Ranked) -> float:
    """The probability that the library answers the question at all."""
    if not len(ranked.numbers):
        return 0.0
    if not ranked.by_meaning:
        return float(ranked.coverage.max())
    return _chance("question", question_measures(generation, question, ranked))


def passage_measures(ranked: Ranked, place: int) -> tuple[float, ...]:
    """What the relevance of one passage is judged by."""
    # Those that were not read token by token: their closeness follows their cosine.
    close = float(ranked.closeness[place]) if place < len(ranked.closeness) else 0.5 * float(ranked.cosines[place])
    return float(ranked.cosines[place]), close, float(ranked.coverage[place])


def question_measures(generation: Generation, question: str, ranked: Ranked) -> tuple[float, ...]:
    """What the relevance of the library to a question is judged by."""
    index = generation.keywords
    weights = {word: index.idf(word) for word in words(question)}
    said = sum(weight for word, weight in weights.items() if index.holds(word, ranked.numbers[:1])[0])
    close = ranked.closeness[:READ] if len(ranked.closeness) else 0.5 * ranked.cosines[:READ]
    return (
        float(ranked.cosines[:READ].max()),
        float(close.max()),
        float(ranked.coverage[:READ].max()),
        said / (sum(weights.values()) or 1.0),
        float(close.max() - close.mean()),
    )


def _chance(of: str, measures: Sequence[float]) -> float:
    base, weights = _weights()[of]
    return 1 / (1 + math.exp(-(base + sum(weight * value for weight, value in zip(weights, measures, strict=True)))))


@cache
def _weights() -> dict[str, tuple[float, tuple[float, ...]]]:
    kept = orjson.loads(_FILE.read_bytes())
    return {
        of: (float(kept[of]["base"]), tuple(float(kept[of]["weights"][name]) for name in names))
        for of, names in (("passage", PASSAGE_MEASURES), ("question", QUESTION_MEASURES))
    }
