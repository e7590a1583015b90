"""Joins what the vectors and what the words say of the same passages into one score."""

import numpy as np

from knowledge.embedding import Vectors

# What meaning weighs against words.
_MEANING = 0.5


def convex(cosines: Vectors, words: Vectors) -> Vectors:
    """A weighted mean of both, each on its own scale from the weakest candidate to the best."""
    return np.asarray(_MEANING * _scaled(cosines) + (1 - _MEANING) * _scaled(words), dtype=np.float32)


def _scaled(scores: Vectors) -> Vectors:
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)
