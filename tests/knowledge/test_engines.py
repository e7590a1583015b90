"""One behaviour, two engines: files searched in this process, and collections searched inside Milvus."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from cds.evidence import SearchFilter
from knowledge.builds import Builder
from knowledge.dense_index import FLAT_UP_TO, DenseIndex
from knowledge.embedding import Embedder, open_embedder
from knowledge.engines import Engine, InFiles
from knowledge.generations import EmbedderIdentity, Entry, Generation, open_generation, write_generation
from knowledge.guidelines import Library
from knowledge.keyword_index import question_words
from knowledge.milvus import InMilvus
from knowledge.search import KnowledgeBase
from tests.knowledge.library import LEFT_BY, OF_ALL_KINDS, TEXTS, add_of_all_kinds, add_published, editions_of

SIZE = 300


@pytest.fixture(scope="module", params=["files", "milvus"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if request.param == "files":
        yield InFiles()
        return
    milvus = InMilvus(str(tmp_path_factory.mktemp("milvus") / "lite.db"))
    yield milvus
    milvus.client.close()


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    made = np.random.default_rng(2).standard_normal((SIZE, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def generation(engine: Engine, vectors: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Generation:
    root = tmp_path_factory.mktemp("index")
    entries = [
        Entry(f"{i:024x}", f"edition{i % 5}", f"fever word{i % 7} {'cough ' * (i % 4)}number{i}") for i in range(SIZE)
    ]
    written = write_generation(root, entries, vectors, EmbedderIdentity("made up", "0" * 64), engine=engine)
    assert write_generation(root, entries, vectors, EmbedderIdentity("made up", "0" * 64), engine=engine) == written
    return open_generation(root, written, engine=engine)


def test_the_nearest_are_those_of_an_exact_pass(generation: Generation, vectors: np.ndarray) -> None:
    question = vectors[:4].mean(axis=0)
    numbers, cosines = generation.dense.nearest(question, 10)
    assert numbers.tolist() == np.argsort(-(vectors @ question))[:10].tolist()
    assert cosines == pytest.approx(np.sort(vectors @ question)[::-1][:10], abs=1e-5)
    assert generation.dense.cosines(question, np.array([7, 3])) == pytest.approx(vectors[[7, 3]] @ question, abs=1e-5)


@pytest.mark.parametrize("editions", [{"edition1"}, {"edition0", "edition2", "edition3", "edition4"}, set()])
def test_a_filter_holds_inside_the_search(generation: Generation, vectors: np.ndarray, editions: set[str]) -> None:
    allowed = generation.allowed(frozenset(editions))
    assert allowed is not None
    wanted = np.where(allowed, vectors @ vectors[9], -2.0)
    numbers, _ = generation.dense.nearest(vectors[9], 10, allowed)
    assert numbers.tolist() == np.argsort(-wanted)[: min(10, allowed.sum())].tolist()
    found, coverage = generation.keywords.best(question_words("cough word3"), 10, allowed=allowed)
    assert allowed[found].all() and len(found) == min(10, allowed.sum()) and (np.diff(coverage) <= 0).all()


def test_a_filter_by_single_passages_holds_too(generation: Generation, vectors: np.ndarray) -> None:
    chosen = frozenset(f"{number:024x}" for number in (3, 44, 5, 101))
    allowed = generation.among(chosen, generation.allowed(frozenset({"edition0", "edition1", "edition3", "edition4"})))
    assert set(generation.dense.nearest(vectors[0], 10, allowed)[0].tolist()) == {3, 44, 5, 101}


def test_words_cover_the_same_part_in_every_engine(generation: Generation, tmp_path: Path, vectors: np.ndarray) -> None:
    entries = [
        Entry(f"{i:024x}", f"edition{i % 5}", f"fever word{i % 7} {'cough ' * (i % 4)}number{i}") for i in range(SIZE)
    ]
    files = open_generation(tmp_path, write_generation(tmp_path, entries, vectors, EmbedderIdentity("made up", "0")))
    asked = {**question_words("fever and cough number12"), "word5": 0.3, "unheard": 1.0}
    also = np.array([250, 12])
    numbers, coverage = generation.keywords.best(asked, 20, also=also)
    expected, covered = files.keywords.best(asked, 20, also=also)
    assert numbers[[0, -2, -1]].tolist() == expected[[0, -2, -1]].tolist() == [12, 250, 12]
    assert coverage == pytest.approx(covered, abs=1e-5)
    assert generation.keywords.idf("cough") == files.keywords.idf("cough")
    assert generation.keywords.holds("cough", np.array([4, 5])).tolist() == [False, True]
    assert generation.keywords.best(question_words("unheard"), 5)[0].tolist() == []


def test_what_is_kept_elsewhere_is_missed_and_made_again(engine: Engine, tmp_path: Path, vectors: np.ndarray) -> None:
    entries = [Entry(f"{i:024x}", "edition", f"pain number{i}") for i in range(20)]
    identity = EmbedderIdentity("made up", "0" * 64)
    written = write_generation(tmp_path, entries, vectors[:20], identity, engine=engine)
    assert engine.has(written, 20)
    engine.discard(written)
    assert engine.has(written, 20) is isinstance(engine, InFiles)  # which have nothing elsewhere
    assert write_generation(tmp_path, entries, vectors[:20], identity, engine=engine) == written
    assert engine.has(written, 20)
    engine.discard(written)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return open_embedder("default")


def test_a_library_is_searched_alike(
    db: Database, clock: FixedClock, tmp_path: Path, engine: Engine, embedder: Embedder
) -> None:
    log = AuditLog(clock=clock)
    library = Library(db, log=log, clock=clock)
    with db.transaction() as tx:
        for name in TEXTS:
            add_published(tx, library, name)
    found = {}
    for kind, one in {"files": InFiles(), "given": engine}.items():
        builder = Builder(
            db, tmp_path / kind, embedder=lambda: embedder, log=log, clock=clock, engine=one, tokens_up_to=0
        )
        builder.rebuild()
        knowledge = KnowledgeBase(
            db, library=library, builder=builder, embedder=lambda: embedder, records=None, clock=clock
        )
        asked = [
            knowledge.search(question, where=where)
            for question in ("metformin with poor kidney function", "which drug first for high blood pressure?")
            for where in (
                SearchFilter(),
                SearchFilter(section="monitor"),
                SearchFilter(documents=frozenset({"diabetes"})),
            )
        ]
        found[kind] = [
            (evidence.mode, [(hit.passage.id, round(hit.score, 4)) for hit in evidence.hits]) for evidence in asked
        ]
        assert builder.check().ok
    assert found["given"] == found["files"]
    assert all(mode == "hybrid" and hits for mode, hits in found["given"])


def test_a_new_edition_is_switched_to_at_once(
    db: Database, clock: FixedClock, tmp_path: Path, engine: Engine, embedder: Embedder
) -> None:
    log = AuditLog(clock=clock)
    library = Library(db, log=log, clock=clock)
    builder = Builder(db, tmp_path / "index", embedder=lambda: embedder, log=log, clock=clock, engine=engine)
    knowledge = KnowledgeBase(
        db, library=library, builder=builder, embedder=lambda: embedder, records=None, clock=clock
    )
    with db.transaction() as tx:
        add_published(tx, library, "diabetes")
    before = builder.rebuild()
    with db.transaction() as tx:
        add_published(tx, library, "diabetes", version="2", published=date(2026, 6, 1))  # type: ignore[arg-type]
    prepared = builder.prepare()
    assert knowledge.search("metformin").generation == before.id
    with db.transaction() as tx:
        builder.make_current(tx, prepared)
    after = knowledge.search("metformin")
    assert after.generation == prepared.id
    assert {hit.passage.document.version for hit in after.hits} == {"2"}


def test_a_service_that_does_not_answer_leaves_search_by_words(
    db: Database, clock: FixedClock, tmp_path: Path, embedder: Embedder
) -> None:
    log = AuditLog(clock=clock)
    library = Library(db, log=log, clock=clock)
    with db.transaction() as tx:
        add_published(tx, library, "diabetes")
    milvus = InMilvus(str(tmp_path / "lite.db"))
    builder = Builder(db, tmp_path / "index", embedder=lambda: embedder, log=log, clock=clock, engine=milvus)
    builder.rebuild()
    repairs: list[str] = []
    knowledge = KnowledgeBase(
        db, library=library, builder=builder, embedder=lambda: embedder, records=None, clock=clock,
        repair=lambda: repairs.append("repair"),
    )  # fmt: skip
    assert (knowledge.search("metformin").mode, milvus.away) == ("hybrid", False)
    milvus.client.close()
    evidence = knowledge.search("metformin")
    assert (evidence.mode, evidence.generation, repairs, milvus.away) == ("keyword", None, [], True)
    assert evidence.hits[0].passage.document.id == "diabetes"
    del milvus.client  # the next one asked for is connected anew
    assert (knowledge.search("metformin").mode, milvus.away) == ("hybrid", False)
    milvus.close()


def test_every_filter_leaves_what_it_names_and_nothing_else(
    db: Database, clock: FixedClock, tmp_path: Path, engine: Engine, embedder: Embedder
) -> None:
    log = AuditLog(clock=clock)
    library = Library(db, log=log, clock=clock)
    with db.transaction() as tx:
        add_of_all_kinds(tx, library)
    builder = Builder(db, tmp_path / "index", embedder=lambda: embedder, log=log, clock=clock, engine=engine)
    builder.rebuild()
    knowledge = KnowledgeBase(
        db, library=library, builder=builder, embedder=lambda: embedder, records=None, clock=clock
    )
    found = {where: knowledge.search(OF_ALL_KINDS, limit=50, where=where) for where in LEFT_BY}
    assert {where: editions_of(evidence) for where, evidence in found.items()} == LEFT_BY
    assert {evidence.mode for evidence in found.values()} == {"hybrid"}


def test_codes_and_lists_find_what_an_exact_pass_finds() -> None:
    """The kinds of index that large libraries get, on as few vectors as they work with."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((80, 32)).astype(np.float32)
    vectors = centres[rng.integers(0, 80, 6_000)] + 0.5 * rng.standard_normal((6_000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert len(vectors) < FLAT_UP_TO
    flat, lists = DenseIndex.build(vectors), DenseIndex.build(vectors, flat_up_to=5_500)
    assert (flat.kind, lists.kind) == ("pq4", "ivf-pq4")
    assert flat.recall() >= 0.99 and lists.recall() >= 0.99
    for part in (0.9, 0.3, 0.02):
        allowed = rng.random(6_000) < part
        wanted = set(np.argsort(-np.where(allowed, vectors @ vectors[5], -2.0))[:10].tolist())
        for index in (flat, lists):
            assert len(wanted & set(index.nearest(vectors[5], 10, allowed)[0].tolist())) >= 9
