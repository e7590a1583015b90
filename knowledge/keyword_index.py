"""BM25 over words: postings with their weights computed once, read from mapped files."""

from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from knowledge.dense_index import Mask, mapped
from knowledge.vocabulary import other_names, spelled_out
from knowledge.word_list import Words
from knowledge.words import words

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

# Low, as suits passages of like length whose vectors count repetition already: the best of four pairs tried.
_K1, _B = 0.9, 0.4
# A word found in more passages than this is read from its best postings first: it decides little, and costs much.
_CHAMPIONS = 20_000
# Up to here looking at every passage's sum costs less than putting those of each word together.
_DENSE = 50_000
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
        words: Words,
        starts: Numbers,
        numbers: npt.NDArray[np.int32],
        weights: Floats,
        size: int,
        *,
        common: Mapping[int, Postings],
    ) -> None:
        self.words, self._starts, self._numbers, self._weights = words, starts, numbers, weights
        self.size = size
        self._common = common  # the best postings of common words, by row
        self._sums: deque[Floats] = deque()  # zeros, one a search at a time

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
        order = np.argsort(row, kind="stable")  # passages were read in order
        frequency = np.bincount(row, minlength=len(names))
        idf = np.log1p((size - frequency + 0.5) / (frequency + 0.5))
        norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1.0)) if size else np.zeros(0)
        weights = idf[row] * counts * (k1 + 1) / (counts + norm[columns]) if len(rows) else np.zeros(0)
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        numbers, worth = columns[order].astype(np.int32), weights[order].astype(np.float32)
        common = {}
        for word in np.flatnonzero(frequency > _CHAMPIONS).tolist():
            here = slice(starts[word], starts[word + 1])
            # A stable sort, so that the same texts keep the same postings.
            best = np.sort(np.argsort(-worth[here], kind="stable")[:_CHAMPIONS])
            common[word] = Postings(numbers[here][best], worth[here][best])
        return cls(Words.of(names), starts, numbers, worth, size, common=common)

    def save(self, folder: Path) -> None:
        """Write the files of this index into a folder; the same texts give the same bytes."""
        self.words.save(folder)
        np.save(folder / "word_starts.npy", self._starts)
        np.save(folder / "word_passages.npy", self._numbers)
        np.save(folder / "word_weights.npy", self._weights)
        best = self._common.values()
        np.save(folder / "common_words.npy", np.array(list(self._common), np.int64))
        np.save(folder / "common_passages.npy", np.array([one.numbers for one in best], np.int32))
        np.save(folder / "common_weights.npy", np.array([one.weights for one in best], np.float32))

    @classmethod
    def open(cls, folder: Path, size: int) -> Self:
        """Map the files that `save` wrote."""
        best = zip(mapped(folder / "common_passages.npy"), mapped(folder / "common_weights.npy"), strict=True)
        common = np.load(folder / "common_words.npy").tolist()
        return cls(
            Words.open(folder),
            mapped(folder / "word_starts.npy"),
            mapped(folder / "word_passages.npy"),
            mapped(folder / "word_weights.npy"),
            size,
            common={row: Postings(*one) for row, one in zip(common, best, strict=True)},
        )

    def idf(self, word: str) -> float:
        """How much a word tells passages apart; a word the library does not have tells most of all."""
        return rarity(self.frequency(word), self.size)

    def frequency(self, word: str) -> int:
        """In how many passages a word stands."""
        return len(self._postings(word).numbers)

    def holds(self, word: str, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of these passages have the word."""
        return _places(self._postings(word).numbers, numbers)[1]

    def coverage(self, weighted: Mapping[str, float]) -> Floats:
        """For every passage, which part of what these words could score it does score: from 0 to 1."""
        most = most_possible(weighted, self.idf)
        return np.minimum(self.scores(weighted) / np.float32(most), 1.0) if most else np.zeros(self.size, np.float32)

    def scores(self, weighted: Mapping[str, float]) -> Floats:
        """The score of every passage for these words, each with its weight in the question."""
        total = np.zeros(self.size, np.float32)
        for word, weight in weighted.items():
            postings = self._best_postings(word)
            total[postings.numbers] += np.float32(weight) * postings.weights
        return total

    def best(
        self, weighted: Mapping[str, float], count: int, *, allowed: Mask | None = None, also: Numbers | None = None
    ) -> tuple[Numbers, Floats]:
        """The best passages for these words that are allowed, best first, and then `also`; each with its coverage."""
        most = most_possible(weighted, self.idf)
        also = np.zeros(0, np.int64) if also is None else also
        if not most:
            return also, np.zeros(len(also), np.float32)
        try:
            sums = self._sums.pop()
        except IndexError:
            sums = np.zeros(self.size, np.float32)
        touched = [self._add(sums, word, weight) for word, weight in weighted.items()]
        found = self._touched(touched, sums)
        if allowed is not None:
            found = found[allowed[found]]
        # Where passages are many, one stands there once for each of its words.
        most_often = 1 if len(sums) <= _DENSE else len(touched)
        if len(found) > count * most_often:
            found = found[np.argpartition(-sums[found], count * most_often - 1)[: count * most_often]]
        numbers = (found if most_often == 1 else np.unique(found)).astype(np.int64)
        numbers = numbers[np.lexsort((numbers, -sums[numbers]))[:count]]
        numbers = np.concatenate([numbers, also])
        scores = sums[numbers]
        for one in touched:
            sums[one] = 0.0
        self._sums.append(sums)
        if self._common:
            for word, weight in weighted.items():
                self._mend(scores, numbers, word, weight)
        return numbers, np.minimum(scores / np.float32(most), 1.0)

    def _touched(self, touched: Sequence[npt.NDArray[np.int32]], sums: Floats) -> npt.NDArray[np.integer[Any]]:
        """Every passage that has one of the words."""
        if len(sums) <= _DENSE:
            return np.flatnonzero(sums)
        return np.concatenate(touched) if touched else np.zeros(0, np.int32)

    def _add(self, sums: Floats, word: str, weight: float) -> npt.NDArray[np.int32]:
        postings = self._best_postings(word)
        sums[postings.numbers] += np.float32(weight) * postings.weights
        return postings.numbers

    def _mend(self, scores: Floats, numbers: Numbers, word: str, weight: float) -> None:
        """Add what a common word is worth in passages that are not among its best."""
        row = self.words.row(word)
        if row is None or row not in self._common:
            return
        full, known = self._postings(word), self._common[row]
        places, here = _places(full.numbers, numbers)
        _, there = _places(known.numbers, numbers)
        left = here & ~there
        scores[left] += np.float32(weight) * full.weights[places[left]]

    def frequencies(self) -> Numbers:
        """In how many passages each word stands, in the order of the words."""
        return np.diff(self._starts)

    def by_passage(self) -> tuple[Numbers, npt.NDArray[np.int32], Floats]:
        """The same the other way round: where each passage's words begin, which they are, what each is worth."""
        rows = np.repeat(np.arange(len(self._starts) - 1, dtype=np.int32), self.frequencies())
        order = np.argsort(self._numbers, kind="stable")
        counts = np.bincount(self._numbers, minlength=self.size)
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), rows[order], self._weights[order]

    def _postings(self, word: str) -> Postings:
        row = self.words.row(word)
        if row is None:
            return Postings(np.zeros(0, np.int32), np.zeros(0, np.float32))
        start, end = self._starts[row], self._starts[row + 1]
        return Postings(self._numbers[start:end], self._weights[start:end])

    def _best_postings(self, word: str) -> Postings:
        row = self.words.row(word)
        return self._common[row] if row is not None and row in self._common else self._postings(word)


def rarity(frequency: int, size: int) -> float:
    """How much a word that stands in so many passages tells them apart."""
    return float(np.log1p((size - frequency + 0.5) / (frequency + 0.5)))


def most_possible(weighted: Mapping[str, float], idf: Callable[[str], float]) -> float:
    """What a passage that covers everything asked would score."""
    return (_K1 + 1) * sum(weight * idf(word) for word, weight in weighted.items() if weight >= 1.0)


def _places(within: npt.NDArray[np.int32], numbers: Numbers) -> tuple[Numbers, Mask]:
    """Where each number stands in a sorted row, and whether it does."""
    if not len(within):
        return np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.bool_)
    # Of its own type: another would have the whole row copied.
    numbers = numbers.astype(within.dtype)
    places = np.minimum(np.searchsorted(within, numbers), len(within) - 1)
    return places, within[places] == numbers


def question_words(question: str) -> dict[str, float]:
    """The words of a question, each once, and more softly the clinical names of what it says in everyday words."""
    own = dict.fromkeys(words(question), 1.0)
    other = dict.fromkeys(words(" ".join(other_names(spelled_out(question)))), _OTHER_NAME)
    meant = dict.fromkeys(words(spelled_out(question)), _OTHER_NAME)
    return {**other, **meant, **own}
