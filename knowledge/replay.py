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
from cds.evidence import Evidence, Hit, Mode, Search, SearchFilter, only, together
from cds.recommendation import AuditRef, Recommendation
from knowledge.builds import Builder
from knowledge.embedding import Embedder
from knowledge.generations import Generation, open_generation
from knowledge.guidelines import Library
from knowledge.ranking import rank
from knowledge.relevance import passage_relevance
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
        """The guideline passages, by the indexes and the editions of the moment it was asked."""
        searches, asked_at = recommendation.searches, None
        if not searches:
            searches, asked_at = _searched_once(recommendation, recorded), recommendation.asked_at
        found = [Evidence(hits=(), generation=recommendation.stamp.generation)]
        with self.db.reading() as tx:
            found += [self._search(tx, search, asked_at=asked_at) for search in searches]
        return together(*found)

    def _search(self, tx: Connection, search: Search, *, asked_at: datetime | None) -> Evidence:
        if search.where != SearchFilter(as_of=search.where.as_of) or search.where.as_of is None:
            raise Unavailable("This was searched with a filter that cannot be set again.", code="filter_unknown")
        eligible = _in_force(_editions_at(tx, length=search.log, asked_at=asked_at), search.where.as_of)
        if search.generation is None:
            scored = search_by_words(tx, search.text, eligible, search.limit)
        else:
            scored = self._by_index(tx, search, search.generation, eligible)
        found = self._evidence(tx, scored, generation=search.generation)
        return found if search.kept is None else only(found, search.kept)

    def _by_index(
        self, tx: Connection, search: Search, wanted: str, eligible: frozenset[str]
    ) -> list[tuple[str, float]]:
        generation = self._generation(tx, wanted, length=search.log)
        encoded = None
        if search.mode == "hybrid":
            if generation.embedder.digest != self._embedder().digest:
                raise Unavailable(
                    f"This was searched with the embedder {generation.embedder.name}, which is not the one in use.",
                    code="embedder_changed",
                )
            encoded = self._embedder().encode_query(search.text)
        stored = stored_tokens(tx, generation, dimensions=encoded.tokens.shape[1]) if encoded is not None else None
        ranked = rank(generation, search.text, encoded, allowed=generation.allowed(eligible), stored=stored)
        chosen = generation.passage_ids(ranked.numbers[: search.limit].tolist())
        return [(passage, passage_relevance(ranked, place)) for place, passage in enumerate(chosen)]

    def _evidence(self, tx: Connection, scored: list[tuple[str, float]], *, generation: str | None) -> Evidence:
        texts = self.library.passages(tx, [passage for passage, _ in scored])
        hits = tuple(Hit(texts[passage], score) for passage, score in scored if passage in texts)
        return Evidence(hits=hits, generation=generation)

    def _generation(self, tx: Connection, wanted: str, *, length: int) -> Generation:
        """As it was kept; where it was cleared away, made again: the same content has the same id."""
        try:
            return open_generation(self.builder.folder, wanted, engine=self.builder.engine)
        except Integrity:
            indexed = _indexed(tx, wanted, length=length)
        with TemporaryDirectory() as folder:  # the files stay mapped for as long as the search needs them
            return self.builder.remake(wanted, indexed, into=Path(folder))


def _searched_once(recommendation: Recommendation, recorded: AuditRef) -> tuple[Search, ...]:
    """For a recommendation without its searches, the one it must have come from."""
    limit = sum(hit.passage.kind == "guideline" for hit in recommendation.evidence)
    if limit == 0:
        return ()
    mode: Mode = "hybrid" if recommendation.mode == "hybrid" else "keyword"
    where = SearchFilter(as_of=recommendation.as_of or recommendation.asked_at.date())
    generation = recommendation.stamp.generation
    return (Search(recommendation.question, limit, where, generation, mode, log=recorded.seq - 1),)


def _editions_at(tx: Connection, *, length: int, asked_at: datetime | None) -> dict[str, _Edition]:
    """Every edition as a log of this length left it; where the moment is all that is known, as it was then."""
    known: dict[str, _Edition] = {}
    asked = asked_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if asked_at is not None else None
    for entry, _ in every_entry(tx, EntryFilter(kind="guideline")):
        if entry.seq > length or (asked is not None and entry.at > asked):
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


def _indexed(tx: Connection, generation: str, *, length: int) -> frozenset[str]:
    """The editions that were there, drafts too, when this generation was switched to."""
    switched = [
        entry.seq
        for entry, _ in every_entry(tx, EntryFilter(kind="index.switched", subject=generation))
        if entry.seq <= length
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
