"""BM25 over words: postings with their weights computed once, read from mapped files."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from knowledge.dense_index import mapped
from knowledge.vocabulary import other_names, spelled_out
from knowledge.words import words

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

# Low, as suits passages of like length whose vectors count repetition already: the best of four pairs tried.
_K1, _B = 0.9, 0.4
# A word found in more passages than this is read from its best postings first: it decides little, and costs much.
_CHAMPIONS = 20_000
# What a word that the question does not say itself, but means, counts for.
_OTHER_NAME = 0.3


@dataclass(frozen=True, slots=True)
class Postings:
    """Passage numbers in order, and what the word is worth in each."""

    numbers: npt.NDArray[np.int32]
    weights: Floats


class KeywordIndex:
    """Which words stand in which passage, and what each is worth there."""

    def __init__(
        self,
        terms: Mapping[str, int],
        starts: Numbers,
        numbers: npt.NDArray[np.int32],
        weights: Floats,
        size: int,
        *,
        common: Numbers,
        best: npt.NDArray[np.int64],
    ) -> None:
        self._terms, self._starts, self._numbers, self._weights = terms, starts, numbers, weights
        self.size = size
        # The rows of common words, and where each one's best postings lie.
        self._common, self._best_of = common, best
        self._common_place = {int(row): place for place, row in enumerate(common)}

    @classmethod
    def build(
        cls, texts: Iterable[str], *, split: Callable[[str], list[str]] = words, k1: float = _K1, b: float = _B
    ) -> Self:
        """Read every text once."""
        terms: dict[str, int] = {}
        rows, columns, counts, lengths = array("i"), array("i"), array("i"), array("i")
        size = 0
        for size, text in enumerate(texts, start=1):
            found = split(text)
            lengths.append(len(found))
            for word, count in Counter(found).items():
                rows.append(terms.setdefault(word, len(terms)))
                columns.append(size - 1)
                counts.append(count)
        return cls._weighted(
            terms,
            np.asarray(rows),
            np.asarray(columns),
            np.asarray(counts),
            np.asarray(lengths),
            size,
            k1,
            b,
        )

    @classmethod
    def _weighted(
        cls,
        terms: dict[str, int],
        rows: npt.NDArray[np.int32],
        columns: npt.NDArray[np.int32],
        counts: npt.NDArray[np.int32],
        lengths: npt.NDArray[np.int32],
        size: int,
        k1: float,
        b: float,
    ) -> Self:
        names = sorted(terms)
        place = np.empty(len(names), np.int64)
        place[[terms[name] for name in names]] = np.arange(len(names))
        row = place[rows] if len(rows) else np.zeros(0, np.int64)
        order = np.lexsort((columns, row))
        frequency = np.bincount(row, minlength=len(names))
        idf = np.log1p((size - frequency + 0.5) / (frequency + 0.5))
        norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1.0)) if size else np.zeros(0)
        weights = idf[row] * counts * (k1 + 1) / (counts + norm[columns]) if len(rows) else np.zeros(0)
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        sorted_weights = weights[order].astype(np.float32)
        common = np.flatnonzero(frequency > _CHAMPIONS)
        best = np.zeros((len(common), _CHAMPIONS), np.int64)
        for at, word in enumerate(common.tolist()):
            # A stable sort, so that the same texts keep the same postings.
            by_weight = np.argsort(-sorted_weights[starts[word] : starts[word + 1]], kind="stable")
            best[at] = starts[word] + np.sort(by_weight[:_CHAMPIONS])
        return cls(
            {name: i for i, name in enumerate(names)},
            starts,
            columns[order].astype(np.int32),
            sorted_weights,
            size,
            common=common,
            best=best,
        )

    def save(self, folder: Path) -> None:
        """Write the files of this index into a folder; the same texts give the same bytes."""
        (folder / "words.txt").write_text("\n".join(self._terms), encoding="utf-8")
        np.save(folder / "word_starts.npy", self._starts)
        np.save(folder / "word_passages.npy", self._numbers)
        np.save(folder / "word_weights.npy", self._weights)
        np.save(folder / "common_words.npy", self._common)
        np.save(folder / "common_best.npy", self._best_of)

    @classmethod
    def open(cls, folder: Path, size: int) -> Self:
        """Map the files that `save` wrote."""
        names = (folder / "words.txt").read_text(encoding="utf-8").split("\n")
        return cls(
            {name: i for i, name in enumerate(names) if name},
            np.load(folder / "word_starts.npy"),
            mapped(folder / "word_passages.npy"),
            mapped(folder / "word_weights.npy"),
            size,
            common=np.load(folder / "common_words.npy"),
            best=mapped(folder / "common_best.npy"),
        )

    def idf(self, word: str) -> float:
        """How much a word tells passages apart; a word the library does not have tells most of all."""
        frequency = len(self._postings(word).numbers)
        return float(np.log1p((self.size - frequency + 0.5) / (frequency + 0.5)))

    def frequency(self, word: str) -> int:
        """In how many passages a word stands."""
        return len(self._postings(word).numbers)

    def holds(self, word: str, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of these passages have the word."""
        has = self._postings(word).numbers
        if not len(has):
            return np.zeros(len(numbers), np.bool_)
        places = np.minimum(np.searchsorted(has, numbers), len(has) - 1)
        return np.asarray(has[places] == numbers)

    def coverage(self, weighted: Mapping[str, float]) -> Floats:
        """For every passage, which part of what these words could score it does score: from 0 to 1."""
        most = (_K1 + 1) * sum(weight * self.idf(word) for word, weight in weighted.items() if weight >= 1.0)
        return np.minimum(self.scores(weighted) / np.float32(most), 1.0) if most else np.zeros(self.size, np.float32)

    def scores(self, weighted: Mapping[str, float]) -> Floats:
        """The score of every passage for these words, each with its weight in the question."""
        total = np.zeros(self.size, np.float32)
        for word, weight in weighted.items():
            postings = self._best_postings(word)
            total[postings.numbers] += np.float32(weight) * postings.weights
        return total

    def _postings(self, word: str) -> Postings:
        row = self._terms.get(word)
        if row is None:
            return Postings(np.zeros(0, np.int32), np.zeros(0, np.float32))
        start, end = self._starts[row], self._starts[row + 1]
        return Postings(self._numbers[start:end], self._weights[start:end])

    def _best_postings(self, word: str) -> Postings:
        place = self._common_place.get(self._terms.get(word, -1))
        if place is None:
            return self._postings(word)
        best = self._best_of[place]
        return Postings(self._numbers[best], self._weights[best])


def question_words(question: str) -> dict[str, float]:
    """The words of a question, each once, and more softly the clinical names of what it says in everyday words."""
    own = dict.fromkeys(words(question), 1.0)
    other = dict.fromkeys(words(" ".join(other_names(spelled_out(question)))), _OTHER_NAME)
    meant = dict.fromkeys(words(spelled_out(question)), _OTHER_NAME)
    return {**other, **meant, **own}
