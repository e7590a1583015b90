"""Generations of the index: built aside from what SQL holds, checked, and switched to at once."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

import numpy as np
from sqlalchemy import Connection, insert, select, update

from cds.actors import Actor
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.errors import CdsError, Conflict, Integrity, Unavailable
from cds.evidence import Passage
from knowledge import vectors
from knowledge.embedding import Embedder, Progress, Vectors
from knowledge.engines import Engine
from knowledge.filling import Fill, FillingAhead, fill
from knowledge.generations import (
    IN_FILES,
    EmbedderIdentity,
    Entry,
    Generation,
    discard_leftovers,
    is_whole,
    open_generation,
    write_generation,
)
from knowledge.late_interaction import KEPT_UP_TO, TokenCodes
from knowledge.tables_builds import current_generation, generations
from knowledge.tables_guidelines import editions, passages

# Older generations stay on disk so that a recent consult can be replayed on the index it saw.
_KEPT = 5
# Vectors read between two of the database's batches while an index is put together.
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """What SQL and the index say of each other."""

    generation: str | None
    passages: int  # in SQL
    whole: bool  # every byte of the index is as it was written
    missing: int  # passages the index lacks
    extra: int  # passages the index has and SQL has not
    embedder: bool  # the index was made with the embedder in use

    @property
    def ok(self) -> bool:
        return self.generation is not None and self.whole and not self.missing and not self.extra and self.embedder


def passage_input(passage: Passage) -> str:
    """What of a passage is embedded and indexed by its words."""
    return headed(passage.document.title, passage.section, passage.text)


def headed(title: str, section: Sequence[str], text: str) -> str:
    """A text under its document's title and its headings, each said once."""
    heads = list(dict.fromkeys(part.strip() for part in (title, *section) if part.strip()))
    return f"{' › '.join(heads)}\n{text}" if heads else text


class Builder:
    """Makes generations and says which one is current."""

    def __init__(
        self,
        db: Database,
        folder: Path,
        *,
        embedder: Callable[[], Embedder],
        log: AuditLog,
        clock: Clock,
        engine: Engine = IN_FILES,
        tokens_up_to: int = KEPT_UP_TO,
    ) -> None:
        self.engine = engine
        self.db, self.folder, self.log, self.clock = db, folder, log, clock
        self.tokens_up_to = tokens_up_to  # above, an index has no tokens, and a search reads those of a few from SQL
        self.fill: Fill = fill
        self._embedder = embedder
        self._opened: dict[str, Generation] = {}
        self._broken: dict[str, Integrity] = {}
        self._lock = Lock()
        self._repair: Thread | None = None

    # ── making ───────────────────────────────────────────────────────────────────────────────────────────────────

    def prepare(self, progress: Progress | None = None, cancelled: Callable[[], bool] = lambda: False) -> Generation:
        """Embed what is new and write a generation of every edition SQL holds; no transaction is open meanwhile."""
        embedder = self._embedder()
        with self.db.reading() as tx:
            entries = list(_entries(tx))
            kept = set(
                tx.execute(select(generations.c.id).order_by(generations.c.made_at.desc()).limit(_KEPT)).scalars()
            )
        self._discard_old(kept)
        self.fill(
            self.db, embedder, {vectors.text_hash(entry.text): entry.text for entry in entries}, progress, cancelled
        )
        identity = EmbedderIdentity(embedder.name, embedder.digest)
        pooled, tokens = self._vectors(embedder, entries)
        return self.open(write_generation(self.folder, entries, pooled, identity, tokens=tokens, engine=self.engine))

    def filling_ahead(self) -> FillingAhead:
        """Embeds passages while others are still being read; the embedder is loaded when there is a batch of them."""
        if self.fill is not fill:
            return FillingAhead(self.db, self._embedder, most_waiting=0)  # nothing is embedded here
        return FillingAhead(self.db, self._embedder)

    def make_current(self, tx: Connection, generation: Generation, *, actor: Actor | None = None) -> None:
        """Let every search from this transaction's end on read this generation; refused when SQL has moved past it."""
        unknown = set(tx.execute(select(editions.c.id).where(editions.c.state == "published")).scalars())
        unknown.difference_update(generation.editions)
        if unknown:
            raise Conflict(
                f"{len(unknown)} published editions came in after this index was begun. Prepare it again.",
                code="index_stale",
            )
        now = self.clock.now()
        if tx.execute(select(generations.c.id).where(generations.c.id == generation.id)).first() is None:
            tx.execute(
                insert(generations).values(
                    id=generation.id,
                    embedder=generation.embedder.name,
                    embedder_digest=generation.embedder.digest,
                    passages=generation.size,
                    made_at=now,
                )
            )
        values = {"generation": generation.id, "switched_at": now}
        if tx.execute(update(current_generation).values(values)).rowcount == 0:
            tx.execute(insert(current_generation).values(slot=1, **values))
        self.log.append(
            tx,
            kind="index.switched",
            actor=actor,
            subject=generation.id,
            details={"passages": generation.size, "embedder": generation.embedder.digest},
        )

    def rebuild(
        self,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        *,
        actor: Actor | None = None,
    ) -> Generation:
        """Make the index anew from SQL and switch to it."""
        with self._lock:
            self._broken.clear()
        generation = self.prepare(progress, cancelled)
        with self.db.transaction() as tx:
            self.make_current(tx, generation, actor=actor)
        return generation

    def rebuild_in_background(self) -> None:
        """Start a rebuild unless one is running; searches go on by words meanwhile."""
        with self._lock:
            if self._repair is None or not self._repair.is_alive():
                self._repair = Thread(target=self._rebuild_quietly, name="index-rebuild", daemon=True)
                self._repair.start()

    def _rebuild_quietly(self) -> None:
        try:
            self.rebuild()
        except CdsError:
            return  # searches by words go on; the next one that finds the index broken tries again

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def current_id(self, tx: Connection) -> str | None:
        """The generation searches read, None before the first."""
        return tx.execute(select(current_generation.c.generation)).scalar_one_or_none()

    def is_broken(self, tx: Connection) -> bool:
        """Whether the current generation was found unreadable; nothing is opened for it."""
        return self.current_id(tx) in self._broken

    def current(self, tx: Connection) -> Generation | None:
        """The generation searches read, opened; raises `Integrity` when a byte of it is wrong."""
        generation = self.current_id(tx)
        return None if generation is None else self.open(generation)

    def open(self, generation: str) -> Generation:
        """A generation by its id, checked byte by byte the first time."""
        with self._lock:
            if generation in self._broken:
                raise self._broken[generation]
            if generation not in self._opened:
                try:
                    opened = open_generation(self.folder, generation, engine=self.engine)
                except Integrity as error:
                    self._broken[generation] = error
                    raise
                # The one before stays for searches that began with it.
                self._opened = {**dict(list(self._opened.items())[-1:]), generation: opened}
            return self._opened[generation]

    def remake(self, generation: str, editions: frozenset[str], *, into: Path) -> Generation:
        """Make a generation that was cleared away once more; the same content has the same id, or it is not it."""
        embedder = self._embedder()
        with self.db.reading() as tx:
            entries = [entry for entry in _entries(tx) if entry.edition in editions]
        if not entries or self._missing(embedder, entries):
            raise Unavailable("The index of then is gone and cannot be made again.", code="generation_gone")
        pooled, tokens = self._vectors(embedder, entries)
        identity = EmbedderIdentity(embedder.name, embedder.digest)
        if write_generation(into, entries, pooled, identity, tokens=tokens, engine=self.engine) != generation:
            raise Unavailable("The index of then is gone and cannot be made again.", code="generation_gone")
        return open_generation(into, generation, engine=self.engine)

    def _missing(self, embedder: Embedder, entries: Sequence[Entry]) -> set[str]:
        with self.db.reading() as tx:
            return vectors.missing(tx, embedder.digest, [vectors.text_hash(entry.text) for entry in entries])

    def check(self) -> IndexCheck:
        """Compare what SQL holds with what the index holds."""
        with self.db.reading() as tx:
            generation = self.current_id(tx)
            wanted = set(tx.execute(select(passages.c.id)).scalars())
        if generation is None or not is_whole(self.folder, generation, engine=self.engine):
            return IndexCheck(generation, len(wanted), whole=False, missing=len(wanted), extra=0, embedder=False)
        opened = open_generation(self.folder, generation, engine=self.engine)
        has = {passage.decode() for passage in opened.passages.tolist()}
        same = opened.embedder.digest == self._embedder().digest
        return IndexCheck(generation, len(wanted), True, len(wanted - has), len(has - wanted), same)

    # ── vectors ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _vectors(self, embedder: Embedder, entries: Sequence[Entry]) -> tuple[Vectors, TokenCodes | None]:
        hashes = [vectors.text_hash(entry.text) for entry in entries]
        pooled = np.zeros((len(hashes), embedder.dimensions), np.float32)
        if not hashes:
            return pooled, None
        tokens: list[bytes] = []
        with self.db.reading() as tx:
            for start in range(0, len(hashes), _AT_ONCE):
                some = hashes[start : start + _AT_ONCE]
                kept = vectors.load(tx, embedder.digest, dict.fromkeys(some))
                pooled[start : start + len(some)] = [np.frombuffer(kept[key].pooled, np.float32) for key in some]
                if len(hashes) <= self.tokens_up_to:
                    tokens.extend(kept[key].tokens for key in some)
        return pooled, TokenCodes.build(tokens, dimensions=embedder.dimensions) if tokens else None

    def _discard_old(self, kept: set[str]) -> None:
        discard_leftovers(self.folder)
        if not self.folder.exists():
            return
        with self.db.reading() as tx:
            known = set(tx.execute(select(generations.c.id)).scalars())
        for path in self.folder.iterdir():
            if path.name in known - kept:
                self.engine.discard(path.name)
                shutil.rmtree(path, ignore_errors=True)


def _entries(tx: Connection) -> Iterator[Entry]:
    query = (
        select(passages.c.id, passages.c.edition, editions.c.title, passages.c.section, passages.c.text)
        .join(editions, editions.c.id == passages.c.edition)
        .order_by(passages.c.edition, passages.c.number)
    )
    for row in tx.execute(query):
        yield Entry(row.id, row.edition, headed(row.title, row.section, row.text))
