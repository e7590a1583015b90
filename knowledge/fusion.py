"""Joins what the vectors, the words and the tokens say of the same passages into one score."""

import numpy as np

from knowledge.embedding import Vectors

# Weights of measures that each have a scale of their own, so that no candidate changes another's. Between half and
# twice these values the order is about as good on every development set: docs/decisions/0036.
_WORDS = 0.6
_TOKENS = 1.2
_TOGETHER = 0.5
_PARTS = 1.0
_FEEDBACK = 0.6
# How fast a passage's say in the feedback falls with its distance from the best: at 0.05 below to a third.
_SHARPNESS = 20.0


def first_score(cosines: Vectors, coverage: Vectors) -> Vectors:
    """By the whole passage's meaning and by the question's words: decides which passages are read token by token."""
    return np.asarray(cosines + _WORDS * coverage, dtype=np.float32)


def final_score(first: Vectors, closeness: Vectors, together: Vectors) -> Vectors:
    """With the tokens beside it: decides the order."""
    return np.asarray(first + _TOKENS * closeness + _TOGETHER * together, dtype=np.float32)


def with_parts(scores: Vectors) -> Vectors:
    """The first row is the whole question's, the others its parts': the whole, and the part that fits best."""
    return scores[0] if len(scores) == 1 else np.asarray(scores[0] + _PARTS * scores[1:].max(axis=0), dtype=np.float32)


def with_feedback(scores: Vectors, vectors: Vectors) -> Vectors:
    """What lies near the best passages is lifted: those weighted by how good they are say what was meant."""
    if not len(scores):
        return scores
    say = np.exp(_SHARPNESS * (scores - scores.max()))
    meant = (say / say.sum()) @ vectors
    return np.asarray(scores + _FEEDBACK * (vectors @ meant), dtype=np.float32)
