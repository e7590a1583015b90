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

# Up to here one pass over every vector (15 MB) costs less than a millisecond; beyond, lists of near ones are kept.
EXACT_UP_TO = 10_000
# Up to here few lists of which half are read: on 19,463 real passages 0.994 of the ten nearest in a third of the time
# of an exact pass, where many small lists lost 3 %.
_FEW_UP_TO, _FEW = 50_000, 128
# How many lists are read at least; more until the recall is enough.
_PROBES = (32, 64, 128, 256)
_RECALL = 0.99
_CHECKED = 200  # questions on which a new index is measured
_DEPTH = 200  # candidates taken from quantised vectors before they are compared exactly
# Where a filter leaves less than this part, an exact pass over what it leaves is faster and misses nothing.
_NARROW = 0.1


class DenseIndex:
    """Unit vectors in a mapped file, and above a certain number the lists that say where to look."""

    def __init__(self, vectors: Vectors, lists: Any | None, *, probes: int) -> None:
        self._vectors, self._lists, self.probes = vectors, lists, probes
        self._lock = threading.Lock()

    @property
    def kind(self) -> str:
        return "exact" if self._lists is None else "ivf-sq8"

    @classmethod
    def build(cls, vectors: Vectors) -> Self:
        """The smallest kind of index that keeps its recall at this size."""
        if len(vectors) <= EXACT_UP_TO:
            return cls(vectors, None, probes=0)
        lists = _trained(vectors)
        index = cls(vectors, lists, probes=_PROBES[0])
        for probes in _PROBES:
            if probes < _FEW // 2 and lists.nlist == _FEW:
                continue  # real questions lie further out than the ones recall is measured on
            index.probes = min(probes, lists.nlist)
            if index.recall() >= _RECALL:
                break
        return index

    def recall(self) -> float:
        """Which part of the true ten nearest this index finds, for questions that lie between its own vectors."""
        chosen = np.random.default_rng(1).choice(len(self._vectors), _CHECKED, replace=False)
        found = 0
        for number in chosen:
            near = self._exact(self._vectors[number], 20, None)[0]
            question = self._vectors[near].mean(axis=0)  # nobody asks in the words of a passage
            question /= np.linalg.norm(question)
            true = self._exact(question, 10, None)[0]
            found += len(np.intersect1d(true, self.nearest(question, 10)[0]))
        return found / (10 * _CHECKED)

    def nearest(self, question: Vectors, count: int, allowed: Mask | None = None) -> tuple[Numbers, Vectors]:
        """The numbers and cosines of the nearest allowed passages, nearest first."""
        if self._lists is None or (allowed is not None and allowed.mean() < _NARROW):
            return self._exact(question, count, allowed)
        faiss: Any = import_module("faiss")  # its types do not know its own Python layer
        parameters = faiss.SearchParametersIVF(nprobe=self.probes)
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            parameters.sel = faiss.IDSelectorBitmap(bits)
        _, found = self._lists.search(question[None, :], max(_DEPTH, count), params=parameters)
        numbers = found[0][found[0] >= 0]
        return _best(numbers, self.cosines(question, numbers), count)

    def cosines(self, question: Vectors, numbers: Numbers) -> Vectors:
        """The exact cosine of each of these passages with the question."""
        return np.asarray(self._vectors[numbers] @ question, dtype=np.float32)

    def _exact(self, question: Vectors, count: int, allowed: Mask | None) -> tuple[Numbers, Vectors]:
        if allowed is None:
            scores = np.asarray(self._vectors @ question)
            numbers = np.arange(len(scores))
        elif allowed.mean() < _NARROW:
            numbers = np.flatnonzero(allowed)
            scores = self.cosines(question, numbers)
        else:
            numbers = np.flatnonzero(allowed)
            scores = np.asarray(self._vectors @ question)[numbers]
        return _best(numbers, scores, count)

    def save(self, folder: Path) -> None:
        """Write the files of this index into a folder."""
        np.save(folder / "vectors.npy", self._vectors)
        if self._lists is not None:
            import faiss

            faiss.write_index(self._lists, str(folder / "lists.faiss"))

    @classmethod
    def open(cls, folder: Path, *, probes: int) -> Self:
        """Map the files that `save` wrote; their hashes have been checked before."""
        _one_thread()
        vectors = mapped(folder / "vectors.npy")
        if not (folder / "lists.faiss").exists():
            return cls(vectors, None, probes=0)
        import faiss

        faiss.omp_set_num_threads(1)  # as with numpy above
        return cls(vectors, faiss.read_index(str(folder / "lists.faiss"), faiss.IO_FLAG_MMAP_IFC), probes=probes)


@cache
def _one_thread() -> None:
    """Let numpy multiply on one core: a search multiplies little, and waits long for a second core that is busy."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")


def mapped(path: Path) -> Any:
    """An array in a file, mapped; as a plain array, since every slice of a memmap costs microseconds more."""
    return np.asarray(np.load(path, mmap_mode="r"))


def _trained(vectors: Vectors) -> Any:
    import faiss

    # About four lists for each square root of the passages, a power of two: 1,024 at 100,000, 4,096 at a million.
    count = _FEW if len(vectors) <= _FEW_UP_TO else 2 ** round(np.log2(4 * np.sqrt(len(vectors))) - 0.25)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(vectors.shape[1]),
        vectors.shape[1],
        count,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    index.own_fields = False
    index.cp.seed = 1234  # the same passages give the same lists
    index.cp.niter = 8  # later rounds move the centres little and cost minutes at a million
    sample = np.random.default_rng(1).choice(len(vectors), min(len(vectors), 40 * count), replace=False)
    index.train(np.ascontiguousarray(vectors[np.sort(sample)]))
    for start in range(0, len(vectors), 50_000):
        index.add(np.ascontiguousarray(vectors[start : start + 50_000]))
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
    import faiss

    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index
