"""Compares a question with passages token by token: each token of the question with the one nearest to it.

A passage's token vectors are kept as the signs of a fixed random rotation: 48 bytes a token instead of 1,536, and on
the development sets the order they give is that of the full vectors.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from knowledge.dense_index import Numbers, mapped
from knowledge.embedding import Encoded, Vectors

Codes = npt.NDArray[np.uint8]

# More signs than this bring nothing; a model of fewer dimensions has as many signs as dimensions.
_MOST_BITS = 384
# The mean of |x| for a coordinate of a random unit vector, times the square root of its dimensions.
_MEAN_SIZE = float(np.sqrt(2 / np.pi))
# Above this many passages the codes (about 5 kB each) would no longer be checked and mapped within seconds.
KEPT_UP_TO = 250_000


@cache
def _rotation(dimensions: int) -> Vectors:
    square = np.random.default_rng(384).standard_normal((dimensions, dimensions))
    rotation, _ = np.linalg.qr(square)
    return np.ascontiguousarray(rotation[:, : min(dimensions, _MOST_BITS) // 8 * 8], dtype=np.float32)


def pack(passage: Encoded) -> bytes:
    """The codes of a passage's content tokens; of all its tokens where it has no content."""
    tokens = passage.tokens[passage.content] if passage.content.any() else passage.tokens
    return np.packbits(tokens @ _rotation(tokens.shape[1]) > 0, axis=1).tobytes()


class TokenCodes:
    """The codes of every passage's tokens, one after the other."""

    def __init__(self, codes: Codes, starts: Numbers) -> None:
        self._codes, self._starts = codes, starts

    @classmethod
    def build(cls, packed: Iterable[bytes], *, dimensions: int) -> Self:
        width = _rotation(dimensions).shape[1] // 8
        parts = list(packed)
        codes = np.frombuffer(b"".join(parts), np.uint8).reshape(-1, width)
        return cls(codes, np.concatenate([[0], np.cumsum([len(part) // width for part in parts])]).astype(np.int64))

    def save(self, folder: Path) -> None:
        np.save(folder / "token_codes.npy", self._codes)
        np.save(folder / "token_starts.npy", self._starts)

    @classmethod
    def open(cls, folder: Path) -> Self | None:
        """Map the files that `save` wrote, where there are any."""
        if not (folder / "token_codes.npy").exists():
            return None
        return cls(mapped(folder / "token_codes.npy"), np.load(folder / "token_starts.npy"))

    def closeness(self, question: Encoded, numbers: Sequence[int] | Numbers) -> Vectors:
        """For each passage, the mean over the question's tokens of the cosine with its nearest token, as codes tell."""
        result = np.zeros(len(numbers), np.float32)
        numbers = np.asarray(numbers)
        has = self._starts[numbers + 1] > self._starts[numbers] if len(numbers) else np.zeros(0, np.bool_)
        if has.any():
            result[has] = self._closeness(question, numbers[has])
        return result

    def _closeness(self, question: Encoded, numbers: Numbers) -> Vectors:
        rotated = question.tokens @ _rotation(question.tokens.shape[1])
        spans = [(self._starts[number], self._starts[number + 1]) for number in numbers]
        signs = np.unpackbits(np.concatenate([self._codes[start:end] for start, end in spans]), axis=1)
        # With signs of ±1 written as 0 and 1: x·(2b − 1) = 2 x·b − Σx.
        products = signs.astype(np.float32) @ (2.0 * rotated.T)
        products -= rotated.sum(axis=1)
        firsts = np.concatenate([[0], np.cumsum([end - start for start, end in spans])[:-1]])
        best = np.maximum.reduceat(products, firsts, axis=0)
        return np.asarray(best.mean(axis=1) / (_MEAN_SIZE * np.sqrt(rotated.shape[1])), dtype=np.float32)
