"""The only home of faiss: which passages lie nearest to a question, exactly while there are few of them."""

import threading
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from knowledge.embedding import Vectors

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Up to here one pass over every vector (8 MB) costs a quarter of a millisecond.
EXACT_UP_TO = 5_000
# Up to here one pass over every vector's short code (19 MB) costs less than a millisecond; beyond, the codes lie in
# lists of near ones, of which some are read, and the vectors behind them are kept in half the bytes.
FLAT_UP_TO = 200_000
# Part of the lists that is read at least: real questions lie further out than those that recall is measured on.
_READ = 1 / 8
_RECALL = 0.99
_CHECKED = 200  # questions on which a new index is measured
_DEPTH = 300  # candidates by their codes, which are then compared by their vectors
# Where a filter leaves no more than this, what it leaves is compared exactly: faster, and it misses nothing.
_NARROW = 5_000
_AT_ONCE = 50_000  # vectors held in memory at a time while an index is made


class DenseIndex:
    """Unit vectors in a mapped file, and above a certain number short codes of them that say where to look."""

    def __init__(self, vectors: Any, codes: Any | None, *, probes: int) -> None:
        self._vectors, self.probes = vectors, probes
        self._codes: Any = codes
        self._lock = threading.Lock()

    @property
    def kind(self) -> str:
        if self._codes is None:
            return "exact"
        return "ivf-pq4" if self.probes else "pq4"

    @classmethod
    def build(cls, vectors: Vectors, *, flat_up_to: int = FLAT_UP_TO) -> Self:
        """The smallest kind of index that keeps its recall at this size."""
        if len(vectors) <= EXACT_UP_TO:
            return cls(vectors, None, probes=0)
        lists = 0 if len(vectors) <= flat_up_to else _lists(len(vectors))
        index = cls(vectors, _trained(vectors, lists), probes=int(lists * _READ))
        while lists and index.probes < lists and index.recall() < _RECALL:
            index.probes = min(2 * index.probes, lists)
        return index

    def recall(self) -> float:
        """Which part of the true ten nearest this index finds, for questions that lie between its own vectors."""
        chosen = np.sort(np.random.default_rng(1).choice(len(self._vectors), _CHECKED, replace=False))
        near = self._nearest_to_each(self._vectors[chosen].astype(np.float32), 20)
        questions = np.stack([self._vectors[row].astype(np.float32).mean(axis=0) for row in near])
        questions /= np.linalg.norm(questions, axis=1, keepdims=True)  # nobody asks in the words of a passage
        true = self._nearest_to_each(questions, 10)
        found = [len(np.intersect1d(true[i], self.nearest(questions[i], 10)[0])) for i in range(_CHECKED)]
        return sum(found) / (10 * _CHECKED)

    def nearest(self, question: Vectors, count: int, allowed: Mask | None = None) -> tuple[Numbers, Vectors]:
        """The numbers and cosines of the nearest allowed passages, nearest first."""
        if self._codes is None or (allowed is not None and np.count_nonzero(allowed) <= _NARROW):
            return self._exact(question, count, allowed)
        depth = max(_DEPTH, 2 * count)
        numbers = self._in_lists(question, depth, allowed) if self.probes else self._in_all(question, depth, allowed)
        return _best(numbers, self.cosines(question, numbers), count)

    def cosines(self, question: Vectors, numbers: Numbers) -> Vectors:
        """The exact cosine of each of these passages with the question."""
        return np.asarray(self.vectors(numbers) @ question, dtype=np.float32)

    def vectors(self, numbers: Numbers) -> Vectors:
        """The vectors of these passages, one a row."""
        return np.asarray(self._vectors[numbers].astype(np.float32, copy=False))

    def _in_all(self, question: Vectors, depth: int, allowed: Mask | None) -> Numbers:
        """The best by their codes of all that are allowed: as many are taken as it needs for that."""
        size = len(self._vectors)
        taken = depth if allowed is None else depth * size // int(np.count_nonzero(allowed)) * 5 // 4
        while True:
            _, found = self._codes.search(question[None, :], min(taken, size))
            numbers = found[0][found[0] >= 0]
            if allowed is None:
                return np.asarray(numbers)
            chosen = numbers[allowed[numbers]]
            if len(chosen) >= depth or taken >= size:
                return np.asarray(chosen[:depth])
            taken *= 4

    def _in_lists(self, question: Vectors, depth: int, allowed: Mask | None) -> Numbers:
        """The best by their codes of those allowed in the nearest lists; a filter that leaves few reads more lists."""
        faiss = _faiss()
        lists = int(self._codes.nlist)
        parameters = faiss.SearchParametersIVF(nprobe=self.probes)
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            parameters.sel = faiss.IDSelectorBitmap(bits)
            parameters.nprobe = min(lists, self.probes * len(allowed) // int(np.count_nonzero(allowed)))
        _, found = self._codes.search(question[None, :], depth, params=parameters)
        return np.asarray(found[0][found[0] >= 0])

    def _exact(self, question: Vectors, count: int, allowed: Mask | None) -> tuple[Numbers, Vectors]:
        if allowed is None:
            return _best(np.arange(len(self._vectors)), np.asarray(self._vectors @ question), count)
        numbers = np.flatnonzero(allowed)
        if 2 * len(numbers) < len(allowed):
            return _best(numbers, self.cosines(question, numbers), count)
        return _best(numbers, np.asarray(self._vectors @ question)[numbers], count)

    def _nearest_to_each(self, questions: Vectors, count: int) -> Numbers:
        """The true nearest of many questions at once, in one pass over the file."""
        best = np.full((len(questions), 0), -1.0, np.float32)
        numbers = np.zeros((len(questions), 0), np.int64)
        for start in range(0, len(self._vectors), _AT_ONCE):
            some = questions @ self._vectors[start : start + _AT_ONCE].astype(np.float32).T
            best = np.concatenate([best, some], axis=1)
            here = np.broadcast_to(np.arange(start, start + some.shape[1]), some.shape)
            numbers = np.concatenate([numbers, here], axis=1)
            kept = np.argpartition(-best, count - 1, axis=1)[:, :count]
            best, numbers = np.take_along_axis(best, kept, 1), np.take_along_axis(numbers, kept, 1)
        return numbers

    def save(self, folder: Path) -> None:
        """Write the files of this index into a folder."""
        np.save(folder / "vectors.npy", self._vectors.astype(np.float16) if self.probes else self._vectors)
        if self._codes is not None:
            _faiss().write_index(self._codes, str(folder / "codes.faiss"))

    @classmethod
    def open(cls, folder: Path, *, probes: int) -> Self:
        """Map the files that `save` wrote; their hashes have been checked before."""
        one_thread()
        vectors = mapped(folder / "vectors.npy")
        if not (folder / "codes.faiss").exists():
            return cls(vectors, None, probes=0)
        return cls(vectors, _faiss().read_index(str(folder / "codes.faiss")), probes=probes)


@cache
def one_thread() -> None:
    """Let numpy multiply on one core: a search multiplies little, and waits long for a second core that is busy."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")


@cache
def _faiss() -> Any:
    faiss: Any = import_module("faiss")  # its types do not know its own Python layer
    # As with numpy; making an index with two threads beside a busy one took sixteen times as long as with one.
    faiss.omp_set_num_threads(1)
    return faiss


def mapped(path: Path) -> Any:
    """An array in a file, mapped; as a plain array, since every slice of a memmap costs microseconds more."""
    return np.asarray(np.load(path, mmap_mode="r"))


def _lists(size: int) -> int:
    """About two lists for each square root of the passages, a power of two: 2,048 at a million."""
    return int(2 ** round(np.log2(2 * np.sqrt(size))))


def _trained(vectors: Vectors, lists: int) -> Any:
    faiss = _faiss()
    dimensions = vectors.shape[1]
    # Four bits for every two dimensions: the 300 nearest by these hold the ten nearest of all sets tried.
    parts = dimensions // 2 if dimensions % 2 == 0 else dimensions
    kind = f"IVF{lists},PQ{parts}x4fs" if lists else f"PQ{parts}x4fs"
    index: Any = faiss.index_factory(dimensions, kind, faiss.METRIC_INNER_PRODUCT)
    if lists:
        index.cp.niter = 8  # later rounds move the centres little and cost minutes at a million
    rng = np.random.default_rng(1)  # the same passages give the same codes
    sample = rng.choice(len(vectors), min(len(vectors), max(20_000, 40 * lists)), replace=False)
    index.train(np.ascontiguousarray(vectors[np.sort(sample)], dtype=np.float32))
    for start in range(0, len(vectors), _AT_ONCE):
        index.add(np.ascontiguousarray(vectors[start : start + _AT_ONCE], dtype=np.float32))
    return index


def _best(numbers: Numbers, scores: Vectors, count: int) -> tuple[Numbers, Vectors]:
    """The best of them, best first; equal ones in the order of the library."""
    if len(scores) > count:
        kept = np.argpartition(-scores, count - 1)[:count]
        numbers, scores = numbers[kept], scores[kept]
    order = np.lexsort((numbers, -scores))
    return np.asarray(numbers[order], dtype=np.int64), np.asarray(scores[order], dtype=np.float32)


def flat_euclidean(vectors: Vectors) -> Any:
    """Every vector as it is, compared by Euclidean distance: what simple vector stores do."""
    index = _faiss().IndexFlatL2(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index
