"""The words of an index in order, in a mapped file."""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from knowledge.dense_index import Numbers, mapped

# Words whose place is remembered: those that questions are asked in.
_REMEMBERED = 20_000


class Words:
    """Every word of an index in order, found by halving: nothing is read at start, however many there are."""

    def __init__(self, letters: bytes | mmap.mmap, ends: Numbers) -> None:
        self._letters, self._ends = letters, ends
        self._known: dict[str, int | None] = {}

    @classmethod
    def of(cls, names: Sequence[str]) -> Self:
        encoded = [name.encode() for name in names]  # in the order of their letters, in bytes too
        return cls(b"".join(encoded), np.cumsum([len(name) for name in encoded], dtype=np.int64))

    def save(self, folder: Path) -> None:
        (folder / "words.txt").write_bytes(self._letters[:])
        np.save(folder / "word_ends.npy", self._ends)

    @classmethod
    def open(cls, folder: Path) -> Self:
        ends = mapped(folder / "word_ends.npy")
        if not len(ends):
            return cls(b"", ends)
        with (folder / "words.txt").open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), ends)

    def row(self, word: str) -> int | None:
        """The place of a word among all, None where no text has it."""
        if word not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[word] = self._find(word.encode())
        return self._known[word]

    def _find(self, word: bytes) -> int | None:
        low, high = 0, len(self._ends)
        while low < high:
            middle = (low + high) // 2
            if self._at(middle) < word:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self._ends) and self._at(low) == word else None

    def _at(self, row: int) -> bytes:
        return self._letters[int(self._ends[row - 1]) if row else 0 : int(self._ends[row])]
