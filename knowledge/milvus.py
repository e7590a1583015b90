"""The only home of pymilvus: vectors, words and filters searched inside Milvus, where one machine is too small.

Each generation is a collection of its own, named by the generation's hash, filled and loaded before SQL points to it.
What a search needs besides (ids, editions, which words there are) lies in the generation's folder, as with files.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cds.errors import InvalidSetting, Unavailable
from knowledge.dense_index import Mask, Numbers, mapped
from knowledge.embedding import Vectors
from knowledge.engines import Dense, EditionOf, Keywords, Place
from knowledge.keyword_index import KeywordIndex, most_possible, rarity
from knowledge.word_list import Words

# Up to here Milvus compares every vector; above, it keeps a graph of them.
_EXACT_UP_TO = 50_000
_ROWS = 1_000  # sent at once: 2 MB
_SECONDS = 10.0  # for one question; a search that takes longer is answered by words from SQL
_BUILD_SECONDS = 600.0  # for one step of filling
_NOBODY = "number < 0"


class InMilvus:
    """Keeps generations as collections of one Milvus service, or of a Milvus Lite file."""

    def __init__(self, address: str, *, token: str = "") -> None:
        self.address, self._token = address, token
        self._away = False

    @property
    def away(self) -> bool:
        return self._away

    def write(
        self, folder: Path, texts: Iterable[str], edition_of: EditionOf, vectors: Vectors
    ) -> tuple[dict[str, Any], Place]:
        words = KeywordIndex.build(texts)
        words.words.save(folder)
        np.save(folder / "word_frequencies.npy", words.frequencies())
        content = hashlib.sha256(np.ascontiguousarray(vectors).tobytes())
        rows = words.by_passage()
        for column in rows:
            content.update(column.tobytes())
        kind = "FLAT" if len(edition_of) <= _EXACT_UP_TO else "HNSW"
        described = {
            "kind": "milvus",
            "vectors": kind,
            "dimensions": vectors.shape[1],
            "sha256": content.hexdigest(),
        }
        return described, lambda generation: self._fill(generation, kind, edition_of, vectors, rows)

    def open(self, folder: Path, described: Mapping[str, Any], edition_of: EditionOf) -> tuple[Dense, Keywords]:
        collection = _Collection(self, _named(folder.name), edition_of, graph=described["vectors"] == "HNSW")
        words, frequencies = Words.open(folder), mapped(folder / "word_frequencies.npy")
        dense = MilvusDense(collection, dimensions=int(described["dimensions"]))
        return dense, MilvusKeywords(collection, words, frequencies, size=len(edition_of))

    def has(self, generation: str, size: int) -> bool:
        name = _named(generation)
        with self.asking() as client:
            if not client.has_collection(name, timeout=_SECONDS):
                return False
            counted = client.get_collection_stats(name, timeout=_SECONDS)
        return int(counted["row_count"]) == size

    def discard(self, generation: str) -> None:
        with self.asking() as client:
            client.drop_collection(_named(generation), timeout=_SECONDS)

    def close(self) -> None:
        if "client" in self.__dict__:
            self.client.close()

    @cached_property
    def client(self) -> Any:
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise InvalidSetting(
                "CDS_ENGINE is milvus, but its client is not installed. Install the extra `milvus`, or set CDS_ENGINE "
                "to faiss.",
                code="milvus_missing",
            ) from error
        with self._translated():
            return MilvusClient(self.address, token=self._token, timeout=_SECONDS)

    @contextmanager
    def asking(self) -> Iterator[Any]:
        """The client; whether it answers is remembered."""
        client = self.client
        with self._translated():
            yield client

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except MilvusException as error:
            self._away = True
            raise Unavailable(
                "Milvus does not answer, or refuses. Search works on words only until it does; see that it runs and "
                "that CDS_MILVUS is its address.",
                code="milvus_unavailable",
            ) from error
        self._away = False

    def _fill(
        self,
        generation: str,
        kind: str,
        edition_of: EditionOf,
        vectors: Vectors,
        rows: Sequence[npt.NDArray[Any]],
    ) -> None:
        from pymilvus import DataType

        name = _named(generation)
        starts, words, weights = rows
        with self.asking() as client:
            client.drop_collection(name, timeout=_SECONDS)  # what a build that was stopped left
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("number", DataType.INT64, is_primary=True)
            schema.add_field("edition", DataType.INT64)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
            schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
            indexes = client.prepare_index_params()
            graph = {"M": 24, "efConstruction": 200} if kind == "HNSW" else {}
            indexes.add_index("vector", index_type=kind, metric_type="IP", params=graph)
            indexes.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
            client.create_collection(
                name, schema=schema, index_params=indexes, consistency_level="Eventually", timeout=_BUILD_SECONDS
            )
            for start in range(0, len(edition_of), _ROWS):
                some = [
                    {
                        "number": number,
                        "edition": int(edition_of[number]),
                        "vector": vectors[number],
                        "words": _sparse(starts, words, weights, number),
                    }
                    for number in range(start, min(start + _ROWS, len(edition_of)))
                ]
                client.insert(name, some, timeout=_BUILD_SECONDS)
            client.flush(name, timeout=_BUILD_SECONDS)
            client.load_collection(name, timeout=_BUILD_SECONDS)


def open_milvus(address: str, *, key_file: Path | None) -> InMilvus:
    """The service the settings name."""
    if not address:
        raise InvalidSetting("CDS_ENGINE is milvus, but CDS_MILVUS does not say where it is: `http(s)://host:port`.")
    try:
        token = key_file.read_text(encoding="utf-8").strip() if key_file is not None else ""
    except OSError:
        raise InvalidSetting(f"{key_file} cannot be read. CDS_MILVUS_KEY_FILE is a file with a token.") from None
    return InMilvus(address, token=token)


class _Collection:
    """One generation's collection, and the filters it is asked with."""

    def __init__(self, engine: InMilvus, name: str, edition_of: EditionOf, *, graph: bool) -> None:
        self.engine, self.name, self.graph = engine, name, graph
        self._edition_of = edition_of
        self._last: tuple[Mask, str] | None = None

    def search(self, field: str, asked: Any, count: int, where: str) -> tuple[Numbers, Vectors]:
        if where == _NOBODY or count == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        # As many are looked at as a graph needs for the ten nearest to be the true ones.
        params = {"params": {"ef": max(400, 2 * count)}} if self.graph and field == "vector" else {}
        with self.engine.asking() as client:
            found = client.search(
                self.name, data=[asked], anns_field=field, limit=count, filter=where, search_params=params,
                output_fields=["number"], timeout=_SECONDS,
            )[0]  # fmt: skip
        numbers = np.array([hit["number"] for hit in found], np.int64)
        scores = np.array([hit["distance"] for hit in found], np.float32)
        order = np.lexsort((numbers, -scores))  # equal ones in the order of the library
        return numbers[order], scores[order]

    def rows(self, numbers: Numbers, field: str) -> dict[int, Any]:
        with self.engine.asking() as client:
            found = client.get(self.name, ids=numbers.tolist(), output_fields=["number", field], timeout=_SECONDS)
        return {int(row["number"]): row[field] for row in found}

    def where(self, allowed: Mask | None) -> str:
        """What the mask says, by whole editions and single passages."""
        if allowed is None:
            return ""
        if self._last is None or self._last[0] is not allowed:
            self._last = allowed, self._expression(allowed)
        return self._last[1]

    def _expression(self, allowed: Mask) -> str:
        all_of = np.bincount(self._edition_of)
        left = np.bincount(self._edition_of[allowed], minlength=len(all_of))
        whole = np.flatnonzero((left == all_of) & (all_of > 0))
        none = np.flatnonzero(left == 0)
        single = np.flatnonzero(allowed & (left != all_of)[self._edition_of])
        if not len(whole) and not len(single):
            return _NOBODY
        if not len(single):
            return f"edition in {whole.tolist()}" if len(whole) <= len(none) else f"edition not in {none.tolist()}"
        some = f"number in {single.tolist()}"
        return f"({some} or edition in {whole.tolist()})" if len(whole) else some


class MilvusDense:
    """Finds passages by their vectors, inside Milvus."""

    def __init__(self, collection: _Collection, *, dimensions: int) -> None:
        self._collection, self._dimensions = collection, dimensions

    def nearest(self, question: Vectors, count: int, allowed: Mask | None = None) -> tuple[Numbers, Vectors]:
        return self._collection.search("vector", question, count, self._collection.where(allowed))

    def cosines(self, question: Vectors, numbers: Numbers) -> Vectors:
        return np.asarray(self.vectors(numbers) @ question, dtype=np.float32)

    def vectors(self, numbers: Numbers) -> Vectors:
        found = self._collection.rows(numbers, "vector") if len(numbers) else {}
        made = np.zeros((len(numbers), self._dimensions), np.float32)
        for place, number in enumerate(numbers.tolist()):
            made[place] = found[number]
        return made


class MilvusKeywords:
    """Finds passages by their words, inside Milvus: each passage's words are a sparse vector of what they are worth."""

    def __init__(self, collection: _Collection, words: Words, frequencies: Numbers, *, size: int) -> None:
        self._collection, self._words, self._frequencies, self._size = collection, words, frequencies, size

    @property
    def size(self) -> int:
        return self._size

    def best(
        self, weighted: Mapping[str, float], count: int, *, allowed: Mask | None = None, also: Numbers | None = None
    ) -> tuple[Numbers, Vectors]:
        most = most_possible(weighted, self.idf)
        also = np.zeros(0, np.int64) if also is None else also
        asked = {row: float(weight) for word, weight in weighted.items() if (row := self._words.row(word)) is not None}
        if not most or not asked:
            return also, np.zeros(len(also), np.float32)
        numbers, scores = self._collection.search("words", asked, count, self._collection.where(allowed))
        known = dict(zip(numbers.tolist(), scores.tolist(), strict=True))
        left = [number for number in also.tolist() if number not in known]
        among = f"number in {left}" if left else _NOBODY
        others, theirs = self._collection.search("words", asked, len(left), among)
        known.update(zip(others.tolist(), theirs.tolist(), strict=True))
        numbers = np.concatenate([numbers, also])
        scores = np.array([known.get(number, 0.0) for number in numbers.tolist()], np.float32)
        return numbers, np.minimum(scores / np.float32(most), 1.0)

    def idf(self, word: str) -> float:
        return rarity(self.frequency(word), self._size)

    def frequency(self, word: str) -> int:
        row = self._words.row(word)
        return 0 if row is None else int(self._frequencies[row])

    def holds(self, word: str, numbers: Numbers) -> Mask:
        row = self._words.row(word)
        if row is None or not len(numbers):
            return np.zeros(len(numbers), np.bool_)
        found = self._collection.rows(np.asarray(numbers), "words")
        return np.array([row in found[number] for number in numbers.tolist()], np.bool_)


def _sparse(
    starts: Numbers, words: npt.NDArray[np.int32], weights: npt.NDArray[np.float32], number: int
) -> dict[int, float]:
    here = slice(starts[number], starts[number + 1])
    # A passage without words still needs one: that of no question.
    return dict(zip(words[here].tolist(), weights[here].tolist(), strict=True)) or {2**31 - 1: 1.0}


def _named(generation: str) -> str:
    return f"cds_{generation[:48]}"
