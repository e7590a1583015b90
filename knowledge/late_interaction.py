"""Compares a question with passages token by token: each token of the question with the one nearest to it.

A passage's token vectors are kept as the signs of a fixed random rotation: 48 bytes a token instead of 1,536, and on
the development sets the order they give is that of the full vectors.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
# The largest whole number a coordinate of the question becomes: two products of it still fit in 16 bits.
_LARGEST = 127
# Content tokens in half a stretch: a stretch is about two sentences.
_STEP = 12
# Above this many passages the codes (about 5 kB each) would no longer be checked and mapped within seconds.
KEPT_UP_TO = 250_000


@cache
def _rotation(dimensions: int) -> Vectors:
    square = np.random.default_rng(384).standard_normal((dimensions, dimensions))
    rotation, _ = np.linalg.qr(square)
    return np.ascontiguousarray(rotation[:, : min(dimensions, _MOST_BITS) // 8 * 8], dtype=np.float32)


def pack(passages: Sequence[Encoded]) -> list[bytes]:
    """For each passage the codes of its content tokens; of all its tokens where it has no content."""
    if not passages:
        return []
    said = [one.tokens[one.content] if one.content.any() else one.tokens for one in passages]
    # One product for all of them: many small ones cost ten times as much beside a busy embedder.
    codes = np.packbits(np.concatenate(said) @ _rotation(said[0].shape[1]) > 0, axis=1)
    ends = np.cumsum([len(tokens) for tokens in said])
    return [part.tobytes() for part in np.split(codes, ends[:-1])]


def _whole_product(signs: Codes, question: Vectors) -> npt.NDArray[np.int32]:
    """Rows of 0 and 1 times the rows of a question in small whole numbers."""
    import torch

    # The product of bytes wants a multiple of eight columns on some machines.
    padded = np.zeros((signs.shape[1], -(-len(question) // 8) * 8), np.int8)
    padded[:, : len(question)] = question.T
    try:
        # Not promised by the library: it may be gone one day, or refuse on some machine.
        product = torch._int_mm(torch.from_numpy(signs.view(np.int8)), torch.from_numpy(padded))
    except (AttributeError, RuntimeError):
        return _floating_product(signs, question)
    return np.asarray(product.numpy()[:, : len(question)])


def _floating_product(signs: Codes, question: Vectors) -> npt.NDArray[np.int32]:
    """The same in floating point, slower: its sums are whole and far below 2²⁴, so not one is rounded."""
    return np.asarray(signs.astype(np.float32) @ question.T.astype(np.float32)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the tokens of some passages say of a question, from -1 to 1."""

    closeness: Vectors  # the mean over the question's tokens of the cosine with the passage's nearest token
    together: Vectors  # the same of its content tokens within one stretch of the passage, the best one


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

    def read(self, question: Encoded, numbers: Sequence[int] | Numbers) -> Reading:
        """Each passage token by token, as codes tell; a passage without tokens is near to nothing."""
        numbers = np.asarray(numbers)
        found = Reading(np.zeros(len(numbers), np.float32), np.zeros(len(numbers), np.float32))
        has = self._starts[numbers + 1] > self._starts[numbers] if len(numbers) else np.zeros(0, np.bool_)
        if has.any():
            some = self._read(question, numbers[has])
            found.closeness[has], found.together[has] = some.closeness, some.together
        return found

    def _read(self, question: Encoded, numbers: Numbers) -> Reading:
        rotated = question.tokens @ _rotation(question.tokens.shape[1])
        starts, ends = self._starts[numbers].tolist(), self._starts[numbers + 1].tolist()
        spans = list(zip(starts, ends, strict=True))
        signs = np.unpackbits(np.concatenate([self._codes[start:end] for start, end in spans]), axis=1)
        # The question in whole numbers: a tenth of the time, and the same sum on every machine.
        scale = np.abs(rotated).max(axis=1) / _LARGEST
        whole = np.round(rotated / scale[:, None])
        products = _whole_product(signs, whole)
        steps, firsts, lasts = _steps([end - start for start, end in spans])
        in_step = np.maximum.reduceat(products, steps, axis=0)
        # With signs of ±1 written as 0 and 1: x·(2b − 1) = 2 x·b − Σx.
        unit = scale / (_MEAN_SIZE * np.sqrt(rotated.shape[1]))
        best = (2 * np.maximum.reduceat(in_step, firsts, axis=0) - whole.sum(axis=1)) * unit
        content = question.content if question.content.any() else ~question.content
        # A stretch is a step and the next one of the same passage, so that nothing falls between two.
        following = np.minimum(np.arange(len(steps)) + 1, np.repeat(lasts, lasts - firsts + 1))
        pairs = np.maximum(in_step, in_step[following])[:, content]
        stretches = ((2 * pairs - whole[content].sum(axis=1)) * unit[content]).mean(axis=1)
        return Reading(best.mean(axis=1).astype(np.float32), np.maximum.reduceat(stretches, firsts).astype(np.float32))


def _steps(lengths: Sequence[int]) -> tuple[Numbers, Numbers, Numbers]:
    """Where each step of tokens begins, and for each passage which is its first step and which its last."""
    counts = np.array([-(-length // _STEP) for length in lengths])
    firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    begins = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    within = np.arange(counts.sum()) - np.repeat(firsts, counts)
    return np.repeat(begins, counts) + within * _STEP, firsts, firsts + counts - 1
