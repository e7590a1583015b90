"""The guideline library: what is known, in which edition, and what is in force on a day."""

from collections.abc import Collection, Mapping
from datetime import date
from hashlib import sha256
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from cds.actors import Actor
from cds.audit import AuditLog
from cds.clock import Clock, today
from cds.db import Database
from cds.errors import Conflict, NotFound
from cds.evidence import Passage
from knowledge.edition_rows import (
    EDITION_COLUMNS,
    HITS,
    PASSAGE_COLUMNS,
    batches,
    edition_from,
    edition_row,
    passage_from,
    passage_rows,
    reference_from,
    reference_to,
)
from knowledge.editions import Affected, Box, Edition, NewDocument, WordBox, edition_id, slug
from knowledge.recall import affected_by
from knowledge.tables_guidelines import documents, editions, passages

# Any number that nothing else in the database locks by.
_TURN_OF_DRAFTS = 7203849


class Library:
    """The catalogue of guidelines and the life of their editions."""

    def __init__(self, db: Database, *, log: AuditLog, clock: Clock) -> None:
        self.db = db
        self.log = log
        self.clock = clock

    # ── taking in ────────────────────────────────────────────────────────────────────────────────────────────────

    def add_draft(self, tx: Connection, new: NewDocument, *, actor: Actor | None = None) -> str:
        """Keep a new edition where no search finds it yet; its id. The same content again is the same draft."""
        _one_at_a_time(tx)
        known = self.by_content(tx, [new.content_hash])
        if known:
            return known[new.content_hash].id
        document = self.document_for(tx, new)
        edition = edition_id(document, new.content_hash)
        now = self.clock.now()
        if tx.execute(select(documents.c.id).where(documents.c.id == document)).first() is None:
            stated = new.metadata.id is not None
            tx.execute(insert(documents).values(id=document, id_stated=stated, file=new.file, added_at=now))
        else:
            tx.execute(update(documents).where(documents.c.id == document).values(file=new.file))
        tx.execute(
            insert(editions).values(**edition_row(document, edition, new, at=now, by=actor.id if actor else None))
        )
        for some in batches(list(passage_rows(document, edition, new))):
            tx.execute(insert(passages), some)
        self.log.append(
            tx,
            kind="guideline.added",
            actor=actor,
            subject=edition,
            details={
                "document": document,
                "content_sha256": new.content_hash,
                "original_sha256": new.original_hash,
                "text_sha256": sha256(new.text.encode()).hexdigest(),
                "passages": len(new.passages),
                "flags": sorted({flag.kind for flag in new.flags}),
            },
        )
        return edition

    def document_for(self, tx: Connection, new: NewDocument) -> str:
        """The document this is an edition of: by its stated id, else the file it came as, else title and publisher."""
        what = new.metadata
        if what.id is not None:
            return what.id
        wanted = slug(what.title)
        earlier = select(editions.c.document, editions.c.title).order_by(editions.c.document)
        here = earlier.where(editions.c.file == new.file)
        theirs = earlier.where(editions.c.publisher == what.publisher)
        for query in (here, theirs) if what.publisher is not None else (here,):
            for document, title in tx.execute(query):
                if slug(title) == wanted:
                    return str(document)
        taken = tx.execute(select(documents.c.id).where(documents.c.id == wanted)).first()
        return wanted if taken is None else f"{wanted}-{new.content_hash[:8]}"

    def discard(self, tx: Connection, edition: str, *, actor: Actor | None) -> None:
        """Throw a draft away."""
        found = self.edition(tx, edition)
        if found.state != "draft":
            raise Conflict(f"{edition} is {found.state}: only a draft can be discarded. Supersede or retract it.")
        tx.execute(delete(passages).where(passages.c.edition == edition))
        tx.execute(delete(editions).where(editions.c.id == edition))
        self.log.append(
            tx, kind="guideline.discarded", actor=actor, subject=edition, details={"document": found.document}
        )

    # ── the life of an edition ───────────────────────────────────────────────────────────────────────────────────

    def publish(self, tx: Connection, edition: str, *, actor: Actor | None) -> tuple[str, ...]:
        """Put a draft in force from its own date, or today; the ids of the editions it supersedes."""
        found = self._locked(tx, edition)[0]
        if found.state == "published":
            return ()
        if found.state != "draft":
            raise Conflict(f"{edition} is {found.state} and cannot be published again. Ingest the document anew.")
        now, day = self.clock.now(), today(self.clock)
        since = min(found.published or day, day)
        tx.execute(
            update(editions)
            .where(editions.c.id == edition)
            .values(state="published", published_at=now, published_by=actor.id if actor else None, force_from=since)
        )
        superseded = self._order(tx, found.document)
        self.log.append(
            tx,
            kind="guideline.published",
            actor=actor,
            subject=edition,
            details={"document": found.document, "from": since.isoformat(), "supersedes": sorted(superseded)},
        )
        for other, successor in sorted(superseded.items()):
            self.log.append(
                tx,
                kind="guideline.superseded",
                actor=actor,
                subject=other,
                details={"document": found.document, "by": successor},
            )
        return tuple(sorted(superseded))

    def supersede(self, tx: Connection, name: str, *, actor: Actor | None, why: str | None = None) -> tuple[str, ...]:
        """Take what is in force of this out of today's answers; it still answers as of its time."""
        return self._end(tx, name, "superseded", actor=actor, why=why)

    def retract(self, tx: Connection, name: str, *, actor: Actor | None, why: str | None = None) -> tuple[str, ...]:
        """Take this out of every answer, whatever day is asked for."""
        return self._end(tx, name, "retracted", actor=actor, why=why)

    def _end(self, tx: Connection, name: str, state: str, *, actor: Actor | None, why: str | None) -> tuple[str, ...]:
        ending = ("published",) if state == "superseded" else ("published", "superseded", "draft")
        of_name = self._locked(tx, name)
        chosen = [found for found in of_name if found.state in ending]
        if not chosen:
            raise Conflict(f"{name} is {of_name[0].state}: there is nothing to make {state}.")
        now, day = self.clock.now(), today(self.clock)
        for found in chosen:
            until = day if found.force_until is None else min(found.force_until, day)
            tx.execute(
                update(editions)
                .where(editions.c.id == found.id)
                .values(
                    state=state,
                    force_until=until if found.force_from is not None else None,
                    ended_at=now,
                    ended_by=actor.id if actor else None,
                    ended_why=why,
                )
            )
            self.log.append(
                tx,
                kind=f"guideline.{state}",
                actor=actor,
                subject=found.id,
                details={"document": found.document, "by": None, "affected": len(self.affected(tx, found.id))},
            )
        return tuple(found.id for found in chosen)

    def _order(self, tx: Connection, document: str) -> dict[str, str]:
        """Let each edition end where the next begins; those that ended by this, with what followed them."""
        stated = (
            select(*EDITION_COLUMNS)
            .where(editions.c.document == document, editions.c.force_from.is_not(None))
            .order_by(editions.c.force_from, editions.c.published_at, editions.c.id)
        )
        line = [edition_from(row) for row in tx.execute(stated)]
        superseded = {}
        for earlier, later in pairwise(line):
            until = later.force_from
            if earlier.force_until is not None and until is not None and earlier.force_until < until:
                until = earlier.force_until
            change: dict[str, Any] = {"force_until": until, "successor": later.id}
            if earlier.state == "published":
                change["state"] = "superseded"
                superseded[earlier.id] = later.id
            tx.execute(update(editions).where(editions.c.id == earlier.id).values(change))
        return superseded

    def _locked(self, tx: Connection, name: str) -> tuple[Edition, ...]:
        """The editions meant, read once nobody else is changing their document."""
        document = self.editions_named(tx, name)[0].document
        tx.execute(select(documents.c.id).where(documents.c.id == document).with_for_update())
        return self.editions_named(tx, name)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def in_force(self, tx: Connection, on: date) -> frozenset[str]:
        """The editions that answer a question asked for this day."""
        query = select(editions.c.id).where(
            editions.c.state.in_(("published", "superseded")),
            editions.c.sound,
            editions.c.force_from <= on,
            or_(editions.c.force_until.is_(None), editions.c.force_until > on),
        )
        return frozenset(tx.execute(query).scalars())

    def editions(self, tx: Connection, document: str | None = None) -> tuple[Edition, ...]:
        """Every edition, or those of one document, by title and then newest first."""
        query = select(*EDITION_COLUMNS)
        if document is not None:
            query = query.where(editions.c.document == document)
        found = [edition_from(row) for row in tx.execute(query)]
        found.sort(key=lambda one: (one.added_at, one.id), reverse=True)
        found.sort(key=lambda one: one.force_from or date.max, reverse=True)
        found.sort(key=lambda one: (one.title.casefold(), one.document))
        return tuple(found)

    def edition(self, tx: Connection, edition: str) -> Edition:
        """One edition by its id."""
        row = tx.execute(select(*EDITION_COLUMNS).where(editions.c.id == edition)).one_or_none()
        if row is None:
            raise NotFound(f"The library has no edition {edition}. `cds library list` shows what it has.")
        return edition_from(row)

    def editions_named(self, tx: Connection, name: str) -> tuple[Edition, ...]:
        """The editions a person means by a document's id or an edition's: never none."""
        found = (self.edition(tx, name),) if "@" in name else self.editions(tx, name)
        if not found:
            raise NotFound(f"The library has no document {name}. `cds library list` shows what it has.")
        return found

    def text(self, tx: Connection, edition: str) -> str:
        """The stored text that offsets count in."""
        found = tx.execute(select(editions.c.text).where(editions.c.id == edition)).scalar_one_or_none()
        if found is None:
            raise NotFound(f"The library has no edition {edition}. `cds library list` shows what it has.")
        return str(found)

    def by_content(self, tx: Connection, hashes: Collection[str]) -> dict[str, Edition]:
        """The editions that were made from these contents."""
        found: dict[str, Edition] = {}
        for some in batches(hashes):
            for row in tx.execute(select(*EDITION_COLUMNS).where(editions.c.content_hash.in_(some))):
                found[row.content_hash] = edition_from(row)
        return found

    def passages(self, tx: Connection, ids: Collection[str]) -> dict[str, Passage]:
        """These passages as the database has them now; what it does not have is left out."""
        found: dict[str, Passage] = {}
        for some in batches(ids):
            for row in tx.execute(HITS, {"ids": some}):
                found[row.id] = passage_from(row, reference_from(row))
        return found

    def passages_of(self, tx: Connection, edition: str) -> tuple[Passage, ...]:
        """An edition's passages in reading order."""
        ref = reference_to(self.edition(tx, edition))
        query = select(*PASSAGE_COLUMNS).where(passages.c.edition == edition).order_by(passages.c.number)
        return tuple(passage_from(row, ref) for row in tx.execute(query))

    def places(self, tx: Connection, passage: str) -> tuple[WordBox, ...]:
        """Where each word of a passage is printed; nothing where its format has no pages."""
        found = tx.execute(select(passages.c.boxes).where(passages.c.id == passage)).scalar_one_or_none()
        return tuple(WordBox(start, end, Box(*box)) for start, end, *box in found or ())

    def counts(self, tx: Connection) -> Mapping[str, int]:
        """Editions by state."""
        query = select(editions.c.state, func.count()).group_by(editions.c.state)
        return {row[0]: row[1] for row in tx.execute(query)}

    def affected(self, tx: Connection, name: str) -> tuple[Affected, ...]:
        """Every past recommendation that rests on a document or edition: the recall list."""
        return affected_by(tx, [found.id for found in self.editions_named(tx, name)])


def _one_at_a_time(tx: Connection) -> None:
    """Let drafts come in one after the other: two loads of one new document would both find that it is not there."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_TURN_OF_DRAFTS)))
