"""Where the vectors and words of a generation are searched: files of this machine, or a service beside it."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from knowledge.dense_index import DenseIndex, Mask, Numbers
from knowledge.embedding import Vectors
from knowledge.keyword_index import KeywordIndex

EditionOf = npt.NDArray[np.int32]
# Given the name of the generation, puts what does not lie in its folder where it will be searched.
Place = Callable[[str], None]


class Dense(Protocol):
    """Finds passages by their vectors."""

    def nearest(self, question: Vectors, count: int, allowed: Mask | None = None) -> tuple[Numbers, Vectors]: ...

    def cosines(self, question: Vectors, numbers: Numbers) -> Vectors: ...

    def vectors(self, numbers: Numbers) -> Vectors: ...


class Keywords(Protocol):
    """Finds passages by their words."""

    @property
    def size(self) -> int: ...

    def best(
        self, weighted: Mapping[str, float], count: int, *, allowed: Mask | None = None, also: Numbers | None = None
    ) -> tuple[Numbers, Vectors]: ...

    def idf(self, word: str) -> float: ...

    def frequency(self, word: str) -> int: ...

    def holds(self, word: str, numbers: Numbers) -> Mask: ...


class Engine(Protocol):
    """Keeps and searches the vectors and words of generations."""

    @property
    def away(self) -> bool:
        """Whether it gave no answer when it was last asked; asks nothing."""
        ...

    def write(
        self, folder: Path, texts: Iterable[str], edition_of: EditionOf, vectors: Vectors
    ) -> tuple[dict[str, Any], Place]:
        """Write what lies in the folder; what the manifest says of it, and how the rest is put in its place."""
        ...

    def open(self, folder: Path, described: Mapping[str, Any], edition_of: EditionOf) -> tuple[Dense, Keywords]:
        """What was written, ready to search; its files have been checked."""
        ...

    def has(self, generation: str, size: int) -> bool:
        """Whether what does not lie in the folder is all there."""
        ...

    def discard(self, generation: str) -> None:
        """Let go of what does not lie in the folder."""
        ...

    def close(self) -> None:
        """End what was opened."""
        ...


class InFiles:
    """Everything in the generation's folder, mapped and searched in this process."""

    @property
    def away(self) -> bool:
        return False

    def write(
        self, folder: Path, texts: Iterable[str], edition_of: EditionOf, vectors: Vectors
    ) -> tuple[dict[str, Any], Place]:
        KeywordIndex.build(texts).save(folder)
        dense = DenseIndex.build(vectors)
        dense.save(folder)
        return {"kind": dense.kind, "probes": dense.probes}, lambda generation: None

    def open(self, folder: Path, described: Mapping[str, Any], edition_of: EditionOf) -> tuple[Dense, Keywords]:
        return DenseIndex.open(folder, probes=int(described["probes"])), KeywordIndex.open(folder, len(edition_of))

    def has(self, generation: str, size: int) -> bool:
        return True

    def discard(self, generation: str) -> None:
        """There is nothing else."""

    def close(self) -> None:
        """Mapped files end with their arrays."""
