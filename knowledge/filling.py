"""Texts that have no vectors yet: put through the embedder and kept, all at once or while others are still read."""

from collections.abc import Callable, Mapping
from threading import Condition, Thread
from types import TracebackType
from typing import Protocol, Self

from cds.db import Database
from cds.errors import CdsError, Conflict
from knowledge import vectors
from knowledge.embedding import Embedder, Progress
from knowledge.late_interaction import pack

# Texts embedded between two writes: about ten seconds of work on two cores, so little is lost and nobody waits long.
_BATCH = 256
# Texts that wait for the embedder are few megabytes at this number; the rest is found in SQL when the index is made.
_MOST_WAITING = 8 * _BATCH


class Fill(Protocol):
    """Embeds those of these texts, by their hashes, that have no vectors yet, and keeps what was made."""

    def __call__(
        self,
        db: Database,
        embedder: Embedder,
        texts: Mapping[str, str],
        progress: Progress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None: ...


def fill(
    db: Database,
    embedder: Embedder,
    texts: Mapping[str, str],
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Embed those of these texts, by their hashes, that have no vectors yet; no transaction is open meanwhile."""
    with db.reading() as tx:
        new = vectors.missing(tx, embedder.digest, list(texts))
    order = longest_first(new, texts)
    for start in range(0, len(order), _BATCH):
        if cancelled():
            raise Conflict("Building the index was stopped; what was embedded is kept.", code="cancelled")
        some = order[start : start + _BATCH]
        _embed(db, embedder, {key: texts[key] for key in some})
        if progress is not None:
            progress(start + len(some), len(order))


class FillingAhead:
    """Embeds what is handed to it while documents are still being read; what it does not get to is filled later."""

    def __init__(self, db: Database, embedder: Callable[[], Embedder], *, most_waiting: int = _MOST_WAITING) -> None:
        self._db, self._embedder, self._most_waiting = db, embedder, most_waiting
        self._waiting: dict[str, str] = {}
        self._changed = Condition()
        self._over = False
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()  # it ends with the batch it is at, which is wanted in any case

    def add(self, text: str) -> None:
        """Have this text embedded when there is a batch of them."""
        with self._changed:
            if len(self._waiting) < self._most_waiting:
                self._waiting[vectors.text_hash(text)] = text
            if len(self._waiting) < _BATCH:
                return
            if self._thread is None:
                self._thread = Thread(target=self._run, name="embedding-ahead", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        try:
            embedder = self._embedder()
            while some := self._next():
                with self._db.reading() as tx:
                    new = vectors.missing(tx, embedder.digest, list(some))
                _embed(self._db, embedder, {key: some[key] for key in longest_first(new, some)})
        except CdsError:
            return  # the same work is done again, and its error told, when the index is made

    def _next(self) -> dict[str, str]:
        with self._changed:
            while len(self._waiting) < _BATCH and not self._over:
                self._changed.wait()
            if self._over:
                return {}
            order = longest_first(self._waiting, self._waiting)[:_BATCH]
            return {key: self._waiting.pop(key) for key in order}


def longest_first(keys: set[str] | Mapping[str, str], texts: Mapping[str, str]) -> list[str]:
    """Batches of like length, and the time left is never more than it seems."""
    return sorted(keys, key=lambda key: (-len(texts[key]), key))


def read(embedder: Embedder, texts: Mapping[str, str]) -> dict[str, vectors.Stored]:
    """What the embedder makes of these texts, as it is kept."""
    keys = list(texts)
    rows: dict[str, vectors.Stored] = {}
    for some in embedder.encode_passages([texts[key] for key in keys]):
        codes = pack([one for _, one in some])
        for (number, one), code in zip(some, codes, strict=True):
            rows[keys[number]] = vectors.Stored(one.pooled.tobytes(), code)
    return rows


def _embed(db: Database, embedder: Embedder, texts: Mapping[str, str]) -> None:
    rows = read(embedder, texts)
    with db.transaction() as tx:
        vectors.store(tx, embedder.digest, rows)
