"""Searching one patient's notes exactly, and erasing a patient without a trace but the log."""

import threading
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from cds.access import hold, open_patient
from cds.actors import Actor, Role, local_operator
from cds.audit import AuditLog
from cds.audit.tables import contents, entries
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import Conflict, Denied, NotFound
from cds.patient import Condition, PatientScope, Source
from cds.sentences import split_sentences
from knowledge.records import Records
from knowledge.records.incoming import Identifier, Item, NewNote, NewPassage, Person
from knowledge.records.tables import identifiers, notes, passages, resources, vectors
from knowledge.records.words import bm25, packed, stems

OPERATOR = local_operator("tests")
DIMENSIONS = 32


class HashingEmbedder:
    """A real, if crude, embedding: each word votes for one direction. Enough to tell texts apart."""

    digest = "hashing"

    def embed_passages(self, texts: list[str]) -> np.ndarray:
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> np.ndarray:
        vector = np.full(DIMENSIONS, 1e-3, dtype=np.float32)
        for word in stems(text):
            vector[sum(word.encode()) % DIMENSIONS] += 1
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@pytest.fixture
def log(clock: FixedClock) -> AuditLog:
    return AuditLog(clock=clock)


@pytest.fixture
def records(db: Database, clock: FixedClock) -> Records:
    return Records(db, embed=HashingEmbedder, clock=clock)


def person(name: str) -> Person:
    record = Identifier("mrn", name)
    return Person(key=f"Patient/{name}", identifiers=(), record=record, source=Source(f"Patient/{name}"), name=name)


def written(name: str, number: int, text: str) -> Item:
    sentences = split_sentences(text)
    whole = NewPassage(0, len(text), (), sentences)
    key = f"DocumentReference/{name}-{number}"
    note = NewNote("Progress note", text, (whole,), written=date(2026, 1, 1))
    return Item(key=key, type="DocumentReference", subject=Identifier("mrn", name), source=Source(key), note=note)


def fact(name: str, text: str) -> Item:
    key = f"Condition/{name}"
    condition = Condition("", text, (), "active", Source(key))
    return Item(key=key, type="Condition", subject=Identifier("mrn", name), source=Source(key), facts=(condition,))


def put(records: Records, name: str, *texts: str) -> str:
    """Store a patient with these notes; the patient's id."""
    with records.db.transaction() as tx:
        items = [written(name, number, text) for number, text in enumerate(texts)]
        records.store(tx, [person(name)], items)
        found = records.find(tx, name)
    records.embed_missing()
    assert found is not None
    return found


def opened(records: Records, log: AuditLog, patient: str) -> PatientScope:
    with records.db.transaction() as tx:
        return open_patient(tx, OPERATOR, patient, clock=records.clock, log=log)


def test_a_search_finds_only_the_patient_in_scope_even_when_another_is_named(records: Records, log: AuditLog) -> None:
    ann = put(records, "ann", "Ann has gout and takes allopurinol.")
    ben = put(records, "ben", "Ben has asthma and takes salbutamol.")
    scope = opened(records, log, ann)
    for question in ("What does Ben take?", "salbutamol asthma", "Ben has asthma and takes salbutamol."):
        hits = records.search(question, scope, limit=10).hits
        assert [hit.passage.text for hit in hits] == ["Ann has gout and takes allopurinol."]
    assert records.search("gout", opened(records, log, ben), limit=10).hits[0].passage.text.startswith("Ben")


def test_among_many_patients_no_search_reaches_another(records: Records, log: AuditLog) -> None:
    """The small sister of tests/benchmarks/record_search.py, which asks 100,000 times among 2,000 patients."""
    names = [f"person{n}" for n in range(40)]
    scopes = {
        name: opened(records, log, put(records, name, f"{name} takes drug{n}.", f"{name} has illness{n}."))
        for n, name in enumerate(names)
    }
    foreign = empty = 0
    for n in range(800):
        mine, other = names[n % 40], names[(n * 7 + 1) % 40]
        question = f"What does {other} take? {other} has illness{(n * 7 + 1) % 40}."
        hits = records.search(question, scopes[mine], limit=5).hits
        empty += not hits
        foreign += sum(not hit.passage.text.startswith(f"{mine} ") for hit in hits)
    assert (foreign, empty) == (0, 0)


def test_a_search_is_never_empty_when_there_is_a_note_and_empty_when_there_is_none(
    records: Records, log: AuditLog
) -> None:
    with_note, without = put(records, "ann", "Seen today."), put(records, "ben")
    assert len(records.search("quite something else", opened(records, log, with_note), limit=4).hits) == 1
    assert records.search("anything", opened(records, log, without), limit=4).hits == ()


def test_the_dense_part_is_exact(records: Records, log: AuditLog) -> None:
    drugs = ("metformin", "warfarin", "ramipril", "furosemide", "digoxin", "lithium", "codeine", "aspirin", "insulin")
    texts = [f"Note {n}: {drugs[n % 9]} was continued, dose {n}, with {drugs[n % 7]}." for n in range(60)]
    scope = opened(records, log, put(records, "ann", *texts))
    embedder = HashingEmbedder()
    for question in ("warfarin dose 3", "lithium", "furosemide with digoxin"):
        evidence = records.search(question, scope, limit=5)
        inputs = [f"Progress note\n{text}" for text in texts]
        cosine = np.clip(embedder.embed_passages(texts) @ embedder.embed_query(question), 0, 1)
        words = np.array(bm25(stems(question), [(packed(stems(text)), len(stems(text))) for text in inputs]))
        expected = 0.5 * cosine + 0.5 * words / (words + 3.0)
        assert evidence.mode == "hybrid"
        np.testing.assert_allclose([hit.score for hit in evidence.hits], np.sort(expected)[::-1][:5], atol=1e-5)


def test_without_an_embedder_words_find_the_note(db: Database, clock: FixedClock, log: AuditLog) -> None:
    records = Records(db, embed=None, clock=clock)
    scope = opened(records, log, put(records, "ann", "Takes allopurinol for gout.", "Knee replaced in 2019."))
    evidence = records.search("Which gout medicine is taken?", scope, limit=1)
    assert (evidence.mode, evidence.hits[0].passage.text) == ("keyword", "Takes allopurinol for gout.")


def test_a_note_whose_vector_is_not_made_yet_is_found_by_its_words(records: Records, log: AuditLog) -> None:
    ann = put(records, "ann", "Knee replaced in 2019.", "Allergic to nuts.")
    with records.db.transaction() as tx:
        records.store(tx, [], [written("ann", 7, "Takes allopurinol for gout.")])
    assert (
        records.search("allopurinol gout", opened(records, log, ann), limit=1).hits[0].passage.text.startswith("Takes")
    )


def test_each_text_of_a_patient_is_embedded_once(records: Records, db: Database) -> None:
    put(records, "ann", "The same words.", "The same words.", "Other words.")
    with db.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(vectors)) == 2
    assert records.embed_missing() == 0


def test_the_same_words_in_two_notes_are_found_once(records: Records, log: AuditLog) -> None:
    scope = opened(records, log, put(records, "ann", "Takes warfarin.", "Takes warfarin.", "Walks a lot."))
    found = [hit.passage.text for hit in records.search("warfarin", scope, limit=5).hits]
    assert found == ["Takes warfarin.", "Walks a lot."]


def test_hits_are_read_back_at_their_exact_place(records: Records, log: AuditLog) -> None:
    scope = opened(records, log, put(records, "ann", "First sentence. Second sentence."))
    passage = records.search("second", scope, limit=1).hits[0].passage
    assert [passage.text[s.start : s.end] for s in passage.sentences] == ["First sentence.", "Second sentence."]
    assert (passage.kind, passage.document.title, passage.document.published) == (
        "record",
        "Progress note",
        date(2026, 1, 1),
    )


def test_reading_takes_a_scope_without_default(records: Records) -> None:
    with pytest.raises(TypeError):
        records.search("anything")  # type: ignore[call-arg]
    with records.db.reading() as tx, pytest.raises(TypeError):
        records.facts(tx)  # type: ignore[call-arg]


CANARIES = ("Zyxwvut", "quokkaphobia", "MRN-CANARY-7", "wombat-reflex")


def canary(records: Records) -> str:
    name = "MRN-CANARY-7"
    record = Identifier("mrn", name)
    source = Source("Patient/c", file="c.json")
    who = Person(key="Patient/c", identifiers=(), record=record, source=source, name="Zyxwvut")
    with records.db.transaction() as tx:
        records.store(tx, [who], [fact(name, "quokkaphobia"), written(name, 1, "Shows a wombat-reflex.")])
        found = records.find(tx, name)
    records.embed_missing()
    assert found is not None
    return found


def test_after_erasing_nothing_of_the_patient_is_left_in_any_table(
    records: Records, db: Database, log: AuditLog
) -> None:
    other = put(records, "ann", "Stays here.")
    patient = canary(records)
    scope = opened(records, log, patient)
    erased = records.erase(patient, by=OPERATOR, log=log)
    assert (erased.notes, erased.vectors, erased.resources, erased.swept) == (1, 1, 3, True)
    with db.reading() as tx:
        for table in (identifiers, notes, passages, resources, vectors):
            assert set(tx.scalars(select(table.c.patient))) <= {other}
        dump = "\n".join(str(tuple(row)) for table in (entries, contents) for row in tx.execute(select(table)))
        assert not any(word in dump for word in CANARIES)
        assert records.facts(tx, scope).name is None  # a scope that was given before opens nothing any more
        assert tx.scalar(select(entries.c.subject).where(entries.c.kind == "record.erased")) == patient
    with pytest.raises(NotFound):
        opened(records, log, patient)
    assert len(records.search("stays", opened(records, log, other), limit=3).hits) == 1


def test_after_erasing_no_file_of_the_database_holds_a_word_of_the_patient(
    tmp_path: Path, clock: FixedClock, log: AuditLog
) -> None:
    """On an unencrypted file, so that the bytes can be looked at; the product's own file is encrypted besides."""
    import sqlite3

    from sqlalchemy import create_engine, event

    from cds.db import metadata

    engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")

    @event.listens_for(engine, "connect")
    def _as_the_product_does(connection: sqlite3.Connection, _: object) -> None:
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "recursive_triggers = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")

    db = Database(engine)
    metadata.create_all(engine)
    records = Records(db, embed=HashingEmbedder, clock=clock)
    patient = canary(records)
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert all(word.encode() in held for word in CANARIES)  # the search below can find them
    records.erase(patient, by=OPERATOR, log=log)
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [word for word in CANARIES if word.encode() in held] == []
    db.close()


def test_a_record_under_a_legal_hold_is_not_erased(records: Records, db: Database, log: AuditLog) -> None:
    patient = put(records, "ann", "Stays here.")
    with db.transaction() as tx:
        hold(tx, patient, "Court order of March", by=OPERATOR, log=log)
    with pytest.raises(Conflict) as refused:
        records.erase(patient, by=OPERATOR, log=log)
    assert refused.value.code == "legal_hold"
    assert len(records.search("stays", opened(records, log, patient), limit=3).hits) == 1
    with db.reading() as tx:
        assert "record.erase_refused" in set(tx.scalars(select(entries.c.kind)))


def test_only_an_administrator_erases(records: Records, log: AuditLog) -> None:
    patient = put(records, "ann")
    with pytest.raises(Denied):
        records.erase(patient, by=Actor("u1", "Anna", frozenset({Role.PHYSICIAN})), log=log)


def test_two_loads_of_the_same_new_patients_at_once_make_each_of_them_once(db: Database, records: Records) -> None:
    people = [person(f"new-{number}") for number in range(60)]
    together, failed = threading.Barrier(2), []

    def load() -> None:
        together.wait()
        try:
            with db.transaction() as tx:
                records.store(tx, people, [])
        except Exception as error:
            failed.append(error)

    loads = [threading.Thread(target=load) for _ in range(2)]
    for one in loads:
        one.start()
    for one in loads:
        one.join()
    assert failed == []
    with db.reading() as tx:
        assert tx.scalar(select(func.count(identifiers.c.patient.distinct()))) == 60
