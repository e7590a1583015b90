"""Searching as it was: the generation of then, and the editions that the audit log says were in force."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from cds.audit.listing import EntryFilter, every_entry
from cds.db import Database
from cds.errors import Integrity, Unavailable
from cds.evidence import Evidence, Hit
from cds.recommendation import AuditRef, Recommendation
from knowledge.builds import Builder
from knowledge.embedding import Embedder
from knowledge.generations import Generation, open_generation
from knowledge.guidelines import Library
from knowledge.ranking import rank
from knowledge.relevance import passage_relevance, question_relevance
from knowledge.sql_search import search_by_words
from knowledge.stored_tokens import stored_tokens


@dataclass(slots=True)
class _Edition:
    """What the log says of one edition up to some entry."""

    document: str
    since: date | None = None  # None: a draft
    published: int = 0  # the entry that says so
    until: date | None = None
    retracted: bool = False


class PastSearch:
    """Finds again what a recorded search found."""

    def __init__(self, db: Database, *, library: Library, builder: Builder, embedder: Callable[[], Embedder]) -> None:
        self.db, self.library, self.builder = db, library, builder
        self._embedder = embedder

    def again(self, recommendation: Recommendation, *, recorded: AuditRef) -> Evidence:
        """The guideline passages, by the index and the editions of the moment it was asked."""
        limit = sum(hit.passage.kind == "guideline" for hit in recommendation.evidence)
        on = recommendation.as_of or recommendation.asked_at.date()
        with self.db.reading() as tx:
            known = _editions_at(tx, before=recorded.seq, asked_at=recommendation.asked_at)
            eligible = _in_force(known, on)
            wanted = recommendation.stamp.generation
            if limit == 0:
                return Evidence(hits=(), generation=wanted)
            if wanted is None:
                found = search_by_words(tx, recommendation.question, eligible, limit)
                best = found[0][1] if found else 1.0
                scored = [(passage, score / (best + score)) for passage, score in found]
                return self._evidence(tx, scored, generation=None, relevance=recommendation.relevance)
            generation = self._generation(tx, wanted, before=recorded.seq)
            encoded = None
            if recommendation.mode == "hybrid":
                if generation.embedder.digest != self._embedder().digest:
                    raise Unavailable(
                        f"This was searched with the embedder {generation.embedder.name}, which is not the one in use.",
                        code="embedder_changed",
                    )
                encoded = self._embedder().encode_query(recommendation.question)
            stored = stored_tokens(tx, generation, dimensions=encoded.tokens.shape[1]) if encoded is not None else None
            allowed = generation.allowed(eligible)
            ranked = rank(generation, recommendation.question, encoded, allowed=allowed, stored=stored)
            chosen = generation.passage_ids(ranked.numbers[:limit].tolist())
            scored = [(passage, passage_relevance(ranked, place)) for place, passage in enumerate(chosen)]
            relevance = question_relevance(generation, recommendation.question, ranked)
            return self._evidence(tx, scored, generation=wanted, relevance=relevance)

    def _evidence(
        self, tx: Connection, scored: list[tuple[str, float]], *, generation: str | None, relevance: float
    ) -> Evidence:
        texts = self.library.passages(tx, [passage for passage, _ in scored])
        hits = tuple(Hit(texts[passage], score) for passage, score in scored if passage in texts)
        return Evidence(hits=hits, generation=generation, relevance=relevance)

    def _generation(self, tx: Connection, wanted: str, *, before: int) -> Generation:
        """As it was kept; where it was cleared away, made again: the same content has the same id."""
        try:
            return open_generation(self.builder.folder, wanted, engine=self.builder.engine)
        except Integrity:
            indexed = _indexed(tx, wanted, before=before)
        with TemporaryDirectory() as folder:  # the files stay mapped for as long as the search needs them
            return self.builder.remake(wanted, indexed, into=Path(folder))


def _editions_at(tx: Connection, *, before: int, asked_at: datetime) -> dict[str, _Edition]:
    """Every edition as the log left it when the question was asked."""
    known: dict[str, _Edition] = {}
    asked = asked_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for entry, _ in every_entry(tx, EntryFilter(kind="guideline")):
        if entry.seq >= before or entry.at > asked:
            break
        found = known.setdefault(entry.subject, _Edition(document=str(entry.details.get("document"))))
        day = date.fromisoformat(entry.at[:10])
        if entry.kind == "guideline.published":
            found.since, found.published = date.fromisoformat(str(entry.details["from"])), entry.seq
        elif entry.kind == "guideline.retracted":
            found.retracted = True
        elif entry.kind == "guideline.superseded" and entry.details.get("by") is None:
            found.until = day if found.until is None else min(found.until, day)
    return known


def _in_force(known: dict[str, _Edition], on: date) -> frozenset[str]:
    """The editions that answered a question for this day; each ends where the next of its document begins."""
    by_document: dict[str, list[tuple[date, int, str]]] = {}
    for name, edition in known.items():
        if edition.since is not None:
            by_document.setdefault(edition.document, []).append((edition.since, edition.published, name))
    for line in by_document.values():
        for (_, _, earlier), (since, _, _) in pairwise(sorted(line)):
            until = known[earlier].until
            known[earlier].until = since if until is None else min(until, since)
    return frozenset(
        name
        for name, edition in known.items()
        if edition.since is not None
        and not edition.retracted
        and edition.since <= on
        and (edition.until is None or edition.until > on)
    )


def _indexed(tx: Connection, generation: str, *, before: int) -> frozenset[str]:
    """The editions that were there, drafts too, when this generation was switched to."""
    switched = [
        entry.seq
        for entry, _ in every_entry(tx, EntryFilter(kind="index.switched", subject=generation))
        if entry.seq < before
    ]
    there: set[str] = set()
    for entry, _ in every_entry(tx, EntryFilter(kind="guideline")):
        if switched and entry.seq > switched[0]:
            break
        if entry.kind == "guideline.added":
            there.add(entry.subject)
        elif entry.kind == "guideline.discarded":
            there.discard(entry.subject)
    return frozenset(there)
