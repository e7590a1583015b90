"""The words of a note as they are compared: lower case, stemmed, stop words left out; BM25 over one patient."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache

import snowballstemmer

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[a-z0-9]+(?:[.,][0-9]+)*|[µ°%]")
_STOP_WORDS = """
    a about an and any are as at be been by can did do does for from had has have he her his how i if in is it its me my
    of on or our she should so than that the their them then there these they this those to was we were what when where
    which who why will with would you your patient
"""
_STOP = frozenset(_STOP_WORDS.split())
# The usual constants of BM25: how soon repetition stops counting, and how much length counts.
_K1, _B = 1.2, 0.75


def stems(text: str) -> list[str]:
    """The stems of a text, in order."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP]


@lru_cache(maxsize=65_536)  # a clinic's whole vocabulary; stemming in Python is the slow part
def _stem(word: str) -> str:
    stem: str = _STEMMER.stemWord(word)
    return stem


def packed(words: Sequence[str]) -> str:
    """Stems in one string, two spaces apart, so that counting " word " counts whole words at the speed of C."""
    return " " + "  ".join(words) + " " if words else ""


def bm25(question: Sequence[str], documents: Sequence[tuple[str, int]]) -> list[float]:
    """How well each packed document matches the question, among these documents alone."""
    if not documents:
        return []
    average = sum(length for _, length in documents) / len(documents) or 1.0
    scores = [0.0] * len(documents)
    for word in set(question):
        padded = f" {word} "
        counts = [text.count(padded) for text, _ in documents]
        having = sum(1 for count in counts if count)
        if not having:
            continue
        weight = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
        for position, count in enumerate(counts):
            if count:
                length = documents[position][1]
                scores[position] += weight * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length / average))
    return scores
