"""What a score means: the probability that a passage bears on the question, and that the library answers it at all."""

import math

from knowledge.generations import Generation
from knowledge.keyword_index import question_words
from knowledge.ranking import Ranked


def passage_relevance(ranked: Ranked, place: int) -> float:
    """The probability that the passage at this place bears on the question."""
    return _logistic(12.0 * (float(ranked.cosines[place]) - 0.45))


def question_relevance(generation: Generation, question: str, ranked: Ranked) -> float:
    """The probability that the library answers the question at all."""
    if not len(ranked.numbers):
        return 0.0
    asked = question_words(question)
    if not asked:
        return 0.0
    return _logistic(12.0 * (float(ranked.cosines[:8].max()) - 0.5))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
