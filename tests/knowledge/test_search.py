"""Searching the library: what is found, from which edition, and what happens when parts are missing."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from threading import Event, Thread

import pytest

from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import Conflict, InvalidInput
from cds.evidence import Evidence, SearchFilter
from knowledge.builds import Builder
from knowledge.embedding import Embedder, open_embedder
from knowledge.guidelines import Library
from knowledge.reranking import CrossEncoder, Reranker
from knowledge.search import KnowledgeBase
from tests.knowledge.library import (
    LEFT_BY,
    OF_ALL_KINDS,
    TEXTS,
    add_of_all_kinds,
    add_published,
    document,
    editions_of,
)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return open_embedder("default")


@pytest.fixture
def library(db: Database, clock: FixedClock) -> Library:
    return Library(db, log=AuditLog(clock=clock), clock=clock)


@pytest.fixture
def builder(db: Database, tmp_path: Path, embedder: Embedder, clock: FixedClock) -> Builder:
    return Builder(db, tmp_path / "index", embedder=lambda: embedder, log=AuditLog(clock=clock), clock=clock)


@pytest.fixture
def knowledge(db: Database, library: Library, builder: Builder, embedder: Embedder, clock: FixedClock) -> KnowledgeBase:
    return KnowledgeBase(db, library=library, builder=builder, embedder=lambda: embedder, records=None, clock=clock)


@pytest.fixture
def filled(db: Database, library: Library, builder: Builder, knowledge: KnowledgeBase) -> KnowledgeBase:
    """Every text of the small library in force, and an index of it."""
    with db.transaction() as tx:
        for name in TEXTS:
            add_published(tx, library, name)
    builder.rebuild()
    return knowledge


def documents(knowledge: KnowledgeBase, question: str, **where: object) -> list[str]:
    return [hit.passage.document.id for hit in knowledge.search(question, where=SearchFilter(**where)).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which drug first for high blood pressure?", "hypertension"),
        ("metformin with poor kidney function", "diabetes"),
        ("when to admit somebody with a chest infection", "pneumonia"),
    ],
)
def test_a_question_finds_its_guideline_first(filled: KnowledgeBase, question: str, first: str) -> None:
    assert documents(filled, question)[0] == first


def test_an_empty_library_finds_nothing_and_says_so(knowledge: KnowledgeBase) -> None:
    evidence = knowledge.search("anything at all")
    assert (evidence.hits, evidence.generation, evidence.relevance) == ((), None, 0.0)


def test_a_draft_is_found_by_nobody(db: Database, library: Library, builder: Builder, filled: KnowledgeBase) -> None:
    with db.transaction() as tx:
        library.add_draft(tx, document("hypertension", version="2", published=date(2026, 1, 1)))
    builder.rebuild()
    assert {hit.passage.document.version for hit in filled.search("blood pressure").hits} == {"1"}


def test_a_superseded_edition_answers_for_its_own_time_only(
    db: Database, library: Library, builder: Builder, filled: KnowledgeBase
) -> None:
    with db.transaction() as tx:
        add_published(tx, library, "diabetes", version="2", published=date(2026, 6, 1))  # type: ignore[arg-type]
    builder.rebuild()

    def versions(as_of: date | None) -> set[str | None]:
        hits = filled.search("metformin", where=SearchFilter(as_of=as_of)).hits
        return {hit.passage.document.version for hit in hits if hit.passage.document.id == "diabetes"}

    assert (versions(None), versions(date(2025, 6, 1)), versions(date(2020, 1, 1))) == ({"2"}, {"1"}, set())


def test_filters_hold_inside_the_search(filled: KnowledgeBase) -> None:
    assert set(documents(filled, "blood pressure", documents=frozenset({"pneumonia"}))) == {"pneumonia"}
    assert documents(filled, "blood pressure", language="de") == []
    sections = {hit.passage.section for hit in filled.search("metformin", where=SearchFilter(section="monitor")).hits}
    assert sections == {("Monitoring",)}


def test_every_filter_holds_in_a_search_by_words_too(db: Database, library: Library, knowledge: KnowledgeBase) -> None:
    with db.transaction() as tx:
        add_of_all_kinds(tx, library)
    found = {where: knowledge.search(OF_ALL_KINDS, limit=50, where=where) for where in LEFT_BY}
    assert {where: editions_of(evidence) for where, evidence in found.items()} == LEFT_BY
    assert {evidence.mode for evidence in found.values()} == {"keyword"}


def test_scores_are_probabilities_and_fall(filled: KnowledgeBase) -> None:
    evidence = filled.search("HbA1c how often")
    assert all(0.0 <= hit.score <= 1.0 for hit in evidence.hits)
    assert 0.0 <= evidence.relevance <= 1.0


@pytest.mark.parametrize(("question", "limit"), [("", 8), ("   ", 8), ("x" * 9_000, 8), ("fever", 0), ("fever", 1_000)])
def test_a_question_that_cannot_be_asked_is_refused(filled: KnowledgeBase, question: str, limit: int) -> None:
    with pytest.raises(InvalidInput):
        filled.search(question, limit=limit)


def test_an_altered_index_leaves_search_by_words_and_asks_for_repair(
    db: Database, library: Library, builder: Builder, embedder: Embedder, clock: FixedClock, filled: KnowledgeBase
) -> None:
    with db.reading() as tx:
        generation = builder.current_id(tx)
    assert generation is not None
    words = builder.folder / generation / "words.txt"
    words.write_bytes(words.read_bytes().replace(b"a", b"b", 1))
    fresh = Builder(db, builder.folder, embedder=lambda: embedder, log=AuditLog(clock=clock), clock=clock)
    asked: list[str] = []
    knowledge = KnowledgeBase(
        db, library=library, builder=fresh, embedder=lambda: embedder, records=None, clock=clock,
        repair=lambda: asked.append("repair"),
    )  # fmt: skip
    evidence = knowledge.search("metformin and kidneys")
    assert (evidence.mode, evidence.hits[0].passage.document.id, asked) == ("keyword", "diabetes", ["repair"])
    assert not fresh.check().ok
    fresh.rebuild()
    assert knowledge.search("metformin and kidneys").mode == "hybrid"
    assert fresh.check().ok


def test_vectors_of_two_embedders_are_never_mixed(
    db: Database, library: Library, builder: Builder, clock: FixedClock, filled: KnowledgeBase, embedder: Embedder
) -> None:
    class Other(Embedder):
        digest = "0" * 64

    other = Other(embedder.folder)
    knowledge = KnowledgeBase(db, library=library, builder=builder, embedder=lambda: other, records=None, clock=clock)
    assert knowledge.search("metformin").mode == "keyword"


def test_an_index_that_lacks_a_published_edition_is_not_switched_to(
    db: Database, library: Library, builder: Builder, filled: KnowledgeBase
) -> None:
    late = builder.prepare()
    with db.transaction() as tx:
        add_published(tx, library, "pneumonia", version="2", published=date(2026, 2, 1))  # type: ignore[arg-type]
    with pytest.raises(Conflict), db.transaction() as tx:
        builder.make_current(tx, late)


def test_a_rebuild_gives_the_same_bytes(builder: Builder, filled: KnowledgeBase, tmp_path: Path) -> None:
    first = builder.prepare()
    again = Builder(
        builder.db, tmp_path / "elsewhere", embedder=builder._embedder, log=builder.log, clock=builder.clock
    ).prepare()
    assert first.id == again.id


def test_a_question_the_library_answers_is_told_from_one_it_does_not(filled: KnowledgeBase) -> None:
    answered = filled.search("What blood pressure should adults under 80 have?").relevance
    absent = filled.search("Which eye drops for open angle glaucoma?").relevance
    assert answered > 0.6 > 0.4 > absent


def test_a_langchain_retriever_finds_the_same(filled: KnowledgeBase) -> None:
    from knowledge.langchain_retriever import GuidelineRetriever

    found = GuidelineRetriever(knowledge=filled, limit=2).invoke("How often should HbA1c be measured?")
    hits = filled.search("How often should HbA1c be measured?", limit=2).hits
    assert [one.id for one in found] == [hit.passage.id for hit in hits]
    assert found[0].metadata["document"] == "diabetes"


def test_a_search_during_publishing_sees_one_generation_whole(
    db: Database, library: Library, builder: Builder, filled: KnowledgeBase
) -> None:
    stopped = Event()
    seen: list[Evidence] = []

    def ask() -> None:
        while not stopped.is_set():
            seen.append(filled.search("metformin"))

    askers = [Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        for version in ("2", "3", "4"):
            with db.transaction() as tx:
                edition = library.add_draft(tx, document("diabetes", version=version, published=date(2026, 1, 1)))
            generation = builder.prepare()
            with db.transaction() as tx:
                library.publish(tx, edition, actor=None)
                builder.make_current(tx, generation)
    finally:
        stopped.set()
        for asker in askers:
            asker.join()
    assert seen
    for evidence in seen:
        versions = {hit.passage.document.version for hit in evidence.hits if hit.passage.document.id == "diabetes"}
        assert (evidence.mode, len(versions)) == ("hybrid", 1)


def test_a_reranker_orders_the_first_hits_and_one_that_cannot_be_loaded_changes_nothing(
    db: Database, library: Library, builder: Builder, embedder: Embedder, clock: FixedClock, filled: KnowledgeBase
) -> None:
    class Backwards:
        reads = 4

        def order(self, question: str, texts: Sequence[str]) -> list[int]:
            assert all(hit.passage.text in text for hit, text in zip(plain, texts, strict=True))
            return list(range(len(texts)))[::-1]

    def searched(reranker: Reranker) -> list[str]:
        knowledge = KnowledgeBase(
            db, library=library, builder=builder, embedder=lambda: embedder, records=None, clock=clock,
            reranker=reranker,
        )  # fmt: skip
        return [hit.passage.id for hit in knowledge.search("metformin and kidneys", limit=3).hits]

    plain = filled.search("metformin and kidneys", limit=4).hits
    ids = [hit.passage.id for hit in plain]
    assert searched(Backwards()) == ids[::-1][:3]
    assert searched(CrossEncoder(builder.folder)) == ids[:3]


def test_tokens_read_from_the_database_order_as_those_of_the_index(
    db: Database, library: Library, builder: Builder, embedder: Embedder, clock: FixedClock, filled: KnowledgeBase
) -> None:
    asked = ("metformin with poor kidney function", "when to admit somebody with a chest infection")
    kept = [filled.search(question) for question in asked]
    without = Builder(
        db, builder.folder, embedder=lambda: embedder, log=AuditLog(clock=clock), clock=clock, tokens_up_to=3
    )
    assert without.rebuild().tokens is None
    knowledge = KnowledgeBase(
        db, library=library, builder=without, embedder=lambda: embedder, records=None, clock=clock
    )
    read = [knowledge.search(question) for question in asked]
    assert [(one.hits, one.relevance) for one in read] == [(one.hits, one.relevance) for one in kept]
    assert read[0].generation != kept[0].generation
