"""The only way to search: candidates from the index, everything else read again from the database."""

from collections.abc import Callable
from time import perf_counter
from typing import Protocol

from sqlalchemy import Connection, select

from cds.clock import Clock, today
from cds.db import Database
from cds.errors import Integrity, InvalidInput, Unavailable
from cds.evidence import Evidence, Hit, SearchFilter
from cds.patient import PatientScope
from knowledge.builds import Builder
from knowledge.embedding import Embedder, Encoded
from knowledge.generations import Generation
from knowledge.guidelines import Library
from knowledge.ranking import rank
from knowledge.relevance import passage_relevance, question_relevance
from knowledge.sql_search import search_by_words
from knowledge.tables_guidelines import editions, passages

# Longer is no question but a document.
LONGEST_QUESTION = 8_000
_MOST_HITS = 200
IN_FORCE = SearchFilter()


class RecordSearch(Protocol):
    """Searches the record of one patient."""

    def search(self, question: str, scope: PatientScope, *, limit: int) -> Evidence: ...


class KnowledgeBase:
    """Searches the guideline library, and one patient's record."""

    def __init__(
        self,
        db: Database,
        *,
        library: Library,
        builder: Builder,
        embedder: Callable[[], Embedder],
        records: RecordSearch | None,
        clock: Clock,
        repair: Callable[[], None] = lambda: None,
    ) -> None:
        self.db, self.library, self.builder, self.records, self.clock = db, library, builder, records, clock
        self._embedder, self._repair = embedder, repair

    def search(self, question: str, *, limit: int = 8, where: SearchFilter = IN_FORCE) -> Evidence:
        """The passages in force that bear on the question, best first."""
        question, limit = _checked(question, limit)
        started = perf_counter()
        encoded = self._encoded(question)
        embedded = perf_counter()
        with self.db.reading() as tx:
            eligible = self._eligible(tx, where)
            generation = self._generation(tx)
            if generation is None:
                evidence = self._by_words(tx, question, eligible, limit)
            else:
                evidence = self._by_index(tx, generation, question, encoded, eligible, where, limit)
        ended = perf_counter()
        evidence.milliseconds.update(
            embedding=1000 * (embedded - started), search=1000 * (ended - embedded), total=1000 * (ended - started)
        )
        return evidence

    def search_record(self, question: str, scope: PatientScope, *, limit: int = 4) -> Evidence:
        """Passages of exactly this patient's notes."""
        question, limit = _checked(question, limit)
        if self.records is None:
            return Evidence(hits=(), generation=None)
        return self.records.search(question, scope, limit=limit)

    def _by_index(
        self,
        tx: Connection,
        generation: Generation,
        question: str,
        encoded: Encoded | None,
        eligible: frozenset[str],
        where: SearchFilter,
        limit: int,
    ) -> Evidence:
        if generation.embedder.digest != self._embedder().digest:
            encoded = None  # vectors of two embedders are never compared
        allowed = generation.allowed(eligible)
        if where.section is not None:
            allowed = generation.among(self._in_section(tx, eligible, where.section), allowed)
        ranked = rank(generation, question, encoded, allowed=allowed)
        chosen = generation.passage_ids(ranked.numbers[:limit].tolist())
        texts = self.library.passages(tx, chosen)
        hits = tuple(
            Hit(texts[passage], passage_relevance(ranked, place))
            for place, passage in enumerate(chosen)
            if passage in texts and texts[passage].document.edition in eligible
        )
        return Evidence(
            hits=hits,
            generation=generation.id,
            mode="keyword" if encoded is None else "hybrid",
            relevance=question_relevance(generation, question, ranked) if hits else 0.0,
            embedder=generation.embedder.name,
        )

    def _by_words(self, tx: Connection, question: str, eligible: frozenset[str], limit: int) -> Evidence:
        found = search_by_words(tx, question, eligible, limit)
        texts = self.library.passages(tx, [passage for passage, _ in found])
        hits = tuple(Hit(texts[passage], score) for passage, score in found if passage in texts)
        return Evidence(hits=hits, generation=None, mode="keyword", relevance=hits[0].score if hits else 0.0)

    def _generation(self, tx: Connection) -> Generation | None:
        try:
            return self.builder.current(tx)
        except Integrity:
            self._repair()
            return None

    def _encoded(self, question: str) -> Encoded | None:
        try:
            return self._embedder().encode_query(question)
        except Unavailable:
            return None

    def _eligible(self, tx: Connection, where: SearchFilter) -> frozenset[str]:
        eligible = self.library.in_force(tx, where.as_of or today(self.clock))
        if where.documents is None and where.language is None and where.population is None:
            return eligible
        query = select(editions.c.id)
        if where.documents is not None:
            query = query.where(editions.c.document.in_(where.documents))
        if where.language is not None:
            query = query.where(editions.c.language == where.language)
        if where.population is not None:
            query = query.where(editions.c.population.icontains(where.population, autoescape=True))
        return eligible.intersection(tx.execute(query).scalars())

    def _in_section(self, tx: Connection, eligible: frozenset[str], section: str) -> frozenset[str]:
        rows = tx.execute(select(passages.c.id, passages.c.edition, passages.c.section))
        wanted = section.casefold()
        return frozenset(
            row.id
            for row in rows
            if row.edition in eligible and any(wanted in heading.casefold() for heading in row.section)
        )


def _checked(question: str, limit: int) -> tuple[str, int]:
    question = " ".join(question.split())
    if not question:
        raise InvalidInput("The question is empty. Ask something.", code="empty_question")
    if len(question) > LONGEST_QUESTION:
        raise InvalidInput(
            f"The question is longer than {LONGEST_QUESTION} characters. Ask it in fewer words.",
            code="question_too_long",
        )
    if not 1 <= limit <= _MOST_HITS:
        raise InvalidInput(f"The limit must be from 1 to {_MOST_HITS}.", code="invalid_limit")
    return question, limit
