"""Joins what the vectors, the words and the tokens say of the same passages into one score."""

import numpy as np

from knowledge.embedding import Vectors
from knowledge.late_interaction import Reading

# Weights of three measures that each have a scale of their own, so that no candidate changes another's score. Between
# half and twice these values the order is about as good on all six development sets: docs/decisions/0030.
_WORDS = 0.5
_TOKENS = 0.8
_TOGETHER = 0.8


def first_score(cosines: Vectors, coverage: Vectors) -> Vectors:
    """By the whole passage's meaning and by the question's words: decides which passages are read token by token."""
    return np.asarray(cosines + _WORDS * coverage, dtype=np.float32)


def final_score(first: Vectors, read: Reading) -> Vectors:
    """With the tokens beside it: decides the order."""
    return np.asarray(first + _TOKENS * read.closeness + _TOGETHER * read.together, dtype=np.float32)
