from dataclasses import replace
from datetime import date

import orjson
import pytest
from sqlalchemy import select, text

from cds.actors import Actor, Role, local_operator
from cds.audit import AuditLog
from cds.audit.contents import erase_contents
from cds.audit.tables import entries
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import CdsError, Integrity, NotFound
from cds.patient import PatientFacts
from cds.recommendation import Abstention
from cds.recommendations import age_band, load, page, questions, record, to_json
from cds.tables_recommendations import citations, recommendations
from tests.cds.samples import recommendation

PHYSICIAN = Actor(id="u-1", name="Dr A", roles=frozenset({Role.PHYSICIAN}))


@pytest.fixture
def log(clock: FixedClock) -> AuditLog:
    return AuditLog(clock=clock)


def test_what_was_recorded_is_read_back_exactly(db: Database, log: AuditLog) -> None:
    made = recommendation()
    with db.transaction() as tx:
        written = record(tx, made, log=log, actor=PHYSICIAN)
    with db.reading() as tx:
        read, audit = load(tx, made.id)
    assert (read, audit) == (made, written)


def test_the_entry_holds_ids_and_no_text_of_the_consult(db: Database, log: AuditLog) -> None:
    made = recommendation()
    with db.transaction() as tx:
        record(tx, made, log=log, actor=PHYSICIAN)
    with db.reading() as tx:
        entry = tx.execute(select(entries.c.entry)).scalar_one()
    assert made.id in entry and "p1" in entry and "patient-1" in entry
    assert not any(word in entry for word in ("antibiotic", "amoxicillin", "eGFR", "1980"))


def test_a_content_that_was_altered_is_not_shown(db: Database, log: AuditLog) -> None:
    made = recommendation()
    with db.transaction() as tx:
        record(tx, made, log=log, actor=PHYSICIAN)
        if db.dialect == "sqlite":
            tx.execute(text("DROP TRIGGER audit_contents_erase_only"))
        else:
            tx.execute(text("ALTER TABLE audit_contents DISABLE TRIGGER USER"))
        tx.execute(text("UPDATE audit_contents SET body = replace(body, '500 mg', '900 mg')"))
    with pytest.raises(Integrity), db.reading() as tx:
        load(tx, made.id)


def test_only_cited_passages_are_what_a_recommendation_rests_on(db: Database, log: AuditLog) -> None:
    made = recommendation()
    with db.transaction() as tx:
        record(tx, made, log=log, actor=PHYSICIAN)
    with db.reading() as tx:
        rows = [tuple(row)[:4] for row in tx.execute(select(citations))]
    assert rows == [(made.id, "p1", "pneumonia-2025", "pneumonia")]


def test_the_document_has_every_key_of_the_contract(db: Database, log: AuditLog) -> None:
    made = replace(
        recommendation(), abstention=Abstention("not_in_library", "The library does not answer this.", ("p2",))
    )
    with db.transaction() as tx:
        audit = record(tx, made, log=log, actor=PHYSICIAN)
    document = orjson.loads(orjson.dumps(to_json(made, audit, ())))
    assert {
        *("id", "status", "question", "patient", "asked_at", "asked_by", "statements", "withheld", "warnings"),
        *("evidence", "contradictions", "abstention", "stamp", "audit", "decision"),
    } <= set(document)
    statement = document["statements"][0]
    assert {"text", "kind", "verdict", "citations", "applies", "because"} <= set(statement)
    assert {"passage", "sentences", "quote", "document", "version", "section", "page"} <= set(statement["citations"][0])
    assert document["warnings"][0]["because"] == ["obs-1"]
    assert document["abstention"] == {
        "reason": "not_in_library",
        "text": "The library does not answer this.",
        "nearest": ["p2"],
    }
    assert document["audit"] == {"seq": audit.seq, "leaf": audit.leaf} and document["decision"] is None


def test_an_unknown_id_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound), db.reading() as tx:
        load(tx, "nothing")


def test_after_erasure_the_entry_remains_and_the_text_is_gone(db: Database, log: AuditLog) -> None:
    made, other = recommendation(), recommendation(patient="patient-2")
    with db.transaction() as tx:
        record(tx, made, log=log, actor=PHYSICIAN)
        record(tx, other, log=log, actor=PHYSICIAN)
        assert erase_contents(tx, patient="patient-1", log=log, actor=local_operator("admin")) == 1
    with db.reading() as tx:
        with pytest.raises(CdsError) as raised:
            load(tx, made.id)
        assert raised.value.code == "erased"
        assert load(tx, other.id)[0] == other
        assert questions(tx, page(tx).rows) == {made.id: None, other.id: other.question}


def test_pages_go_from_new_to_old_without_gap_or_repetition(db: Database, log: AuditLog) -> None:
    made = [recommendation(asked_by="u-1" if n % 2 else "u-2") for n in range(7)]
    with db.transaction() as tx:
        for one in made:
            record(tx, one, log=log, actor=PHYSICIAN)
    seen, before = [], None
    with db.reading() as tx:
        while True:
            found = page(tx, before=before, limit=3)
            seen += [row.id for row in found.rows]
            if (before := found.before) is None:
                break
        mine = page(tx, asked_by="u-1")
    assert seen == [one.id for one in reversed(made)]
    assert {row.asked_by for row in mine.rows} == {"u-1"} and len(mine.rows) == 3


def test_the_cohort_is_kept_as_a_band_never_as_a_birth_date(db: Database, log: AuditLog) -> None:
    facts = PatientFacts(patient="patient-1", name="N", birth_date=date(1939, 2, 3), sex="female", language="en")
    with db.transaction() as tx:
        record(tx, recommendation(), log=log, actor=PHYSICIAN, facts=facts)
    with db.reading() as tx:
        row = tx.execute(select(recommendations)).one()
    assert (row.age_band, row.sex, row.language) == ("75-89", "female", "en")


@pytest.mark.parametrize(
    ("age", "band"), [(None, None), (0, "<18"), (17, "<18"), (18, "18-29"), (30, "30-44"), (89, "75-89"), (90, "90+")]
)
def test_ages_fall_in_bands(age: int | None, band: str | None) -> None:
    assert age_band(age) == band
