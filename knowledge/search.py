"""The only way to search: candidates from the index, everything else read again from the database."""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from sqlalchemy import Connection

from cds.clock import Clock, today
from cds.db import Database
from cds.errors import Integrity, InvalidInput, Unavailable
from cds.evidence import Evidence, Hit, Search, SearchFilter
from cds.patient import PatientScope
from knowledge.builds import Builder, passage_input
from knowledge.eligible import Choice, Eligible, now_current
from knowledge.embedding import Asked, Embedder
from knowledge.generations import Generation
from knowledge.guidelines import Library
from knowledge.ranking import rank
from knowledge.relevance import passage_relevance, question_relevance
from knowledge.reranking import KeepOrder, Reranker
from knowledge.sql_search import search_by_words
from knowledge.stored_tokens import stored_tokens

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
        reranker: Reranker | None = None,
    ) -> None:
        self.db, self.library, self.builder, self.records, self.clock = db, library, builder, records, clock
        self._reranker = reranker or KeepOrder()
        self._embedder, self._repair = embedder, repair
        self._eligible = Eligible(library, clock=clock)

    def search(self, question: str, *, limit: int = 8, where: SearchFilter = IN_FORCE) -> Evidence:
        """The passages in force that bear on the question, best first."""
        question, limit = _checked(question, limit)
        where = where if where.as_of is not None else replace(where, as_of=today(self.clock))
        started = perf_counter()
        encoded = self._encoded(question)
        embedded = perf_counter()
        with self.db.reading() as tx:
            current, size = now_current(tx)
            generation = self._generation(current)
            choice = self._eligible.choice(tx, where, generation, size=size)
            if generation is None:
                evidence = self._by_words(tx, question, choice, where, limit)
            else:
                wanted = max(limit, self._reranker.reads)
                try:
                    evidence = self._by_index(tx, generation, question, encoded, choice, wanted)
                except Unavailable:
                    evidence = self._by_words(tx, question, choice, where, limit)
        made = Search(question, limit, where, evidence.generation, evidence.mode, choice.size)
        evidence = replace(self._read_together(question, evidence, limit), searches=(made,))
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
        encoded: Asked | None,
        choice: Choice,
        limit: int,
    ) -> Evidence:
        if generation.embedder.digest != self._embedder().digest:
            encoded = None  # vectors of two embedders are never compared
        stored = stored_tokens(tx, generation, dimensions=encoded.tokens.shape[1]) if encoded is not None else None
        ranked = rank(generation, question, encoded, allowed=choice.allowed, stored=stored)
        chosen = generation.passage_ids(ranked.numbers[:limit].tolist())
        texts = self.library.passages(tx, chosen)
        hits = tuple(
            Hit(texts[passage], passage_relevance(ranked, place))
            for place, passage in enumerate(chosen)
            if passage in texts and texts[passage].document.edition in choice.editions
        )
        return Evidence(
            hits=hits,
            generation=generation.id,
            mode="keyword" if encoded is None else "hybrid",
            relevance=question_relevance(generation, question, ranked) if hits else 0.0,
            embedder=generation.embedder.name,
            embedder_digest=generation.embedder.digest,
        )

    def _read_together(self, question: str, evidence: Evidence, limit: int) -> Evidence:
        """The order a cross-encoder gives the first hits, where one is set; no transaction is open meanwhile."""
        first, rest = evidence.hits[: self._reranker.reads], evidence.hits[self._reranker.reads :]
        try:
            order = self._reranker.order(question, [passage_input(hit.passage) for hit in first])
        except Unavailable:
            order = list(range(len(first)))  # a model that cannot be loaded takes nothing away
        return replace(evidence, hits=(*(first[place] for place in order), *rest)[:limit])

    def _by_words(self, tx: Connection, question: str, choice: Choice, where: SearchFilter, limit: int) -> Evidence:
        found = search_by_words(tx, question, choice.editions, limit, section=where.section)
        texts = self.library.passages(tx, [passage for passage, _ in found])
        hits = tuple(Hit(texts[passage], score) for passage, score in found if passage in texts)
        return Evidence(hits=hits, generation=None, mode="keyword", relevance=hits[0].score if hits else 0.0)

    def _generation(self, current: str | None) -> Generation | None:
        try:
            return None if current is None else self.builder.open(current)
        except Integrity:
            self._repair()
            return None
        except Unavailable:
            return None  # a service that does not answer: making the index anew would not mend it

    def _encoded(self, question: str) -> Asked | None:
        try:
            return self._embedder().encode_query(question)
        except Unavailable:
            return None


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
