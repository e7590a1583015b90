"""Recommendations replayed after the library, the index and the model changed."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds.access import open_patient
from cds.actors import Actor, Role, local_operator
from cds.audit import AuditLog
from cds.audit.listing import get_entry
from cds.clock import FixedClock
from cds.consult import ConsultParts, Question, consult
from cds.db import Database
from cds.language_model import Draft, LanguageModel, ModelIdentity
from cds.patient import PatientScope
from cds.policy import shipped_policy
from cds.recommendation import AuditRef, Recommendation
from cds.recommendations import load
from cds.review.replay import Replay
from cds.review.replay import replay as play_again
from ingest.pipeline.records import ingest_records
from ingest.samples import PATIENTS
from knowledge.builds import Builder
from knowledge.embedding import Embedder, open_embedder
from knowledge.guidelines import Library
from knowledge.records import Records
from knowledge.replay import PastSearch
from knowledge.search import KnowledgeBase
from knowledge.tables_builds import current_generation
from knowledge.vectors import vectors
from tests.knowledge.library import TEXTS, add_published, document

PHYSICIAN = Actor(id="u-1", name="Dr A", roles=frozenset({Role.PHYSICIAN}))
QUESTIONS = [
    "Which drug first for high blood pressure?",
    "What blood pressure should I aim for in an adult of 60?",
    "When to measure potassium after an ACE inhibitor?",
    "metformin with poor kidney function",
    "How often should HbA1c be measured?",
    "Which antibiotic for mild pneumonia, and how long?",
    "when to admit somebody with a chest infection",
    "CRB-65 of two",
    "treatment of Wilson disease",
    "SGLT2i or DPP-4 inhibitor?",
]
# Of each patient a question, and one that follows it: of the chart's words, of a warning, of a medicine's class.
OF_PATIENTS = {
    "DEMO-0001": ("Which antibiotic for her pneumonia?", "And how long should I give it?"),
    "DEMO-0002": ("May I give metformin?", "Which drug instead?"),
    "DEMO-0003": ("Which drug for her blood pressure?", "Is ramipril safe for her?"),
    "DEMO-0004": ("Which antibiotic for pneumonia?", "What about clarithromycin with warfarin?"),
    "DEMO-0016": ("Which drug for high blood pressure, bisoprolol?", "When is potassium measured after lisinopril?"),
}
CAUTIONS = (
    "Cautions in prescribing",
    (
        ("Allergy", "Do not give amoxicillin to people with an allergy to penicillin; give doxycycline instead."),
        ("Kidneys", "Avoid metformin when eGFR is below 30 mL/min/1.73 m2 because of the risk of lactic acidosis."),
        ("Pregnancy", "Do not give an ACE inhibitor in pregnancy because it harms the unborn child."),
        ("Anticoagulants", "Clarithromycin raises the INR of people on warfarin, with a risk of bleeding."),
        ("Breastfeeding", "Avoid codeine in breastfeeding."),
        ("Cough", "Stop an ACE inhibitor when it causes a cough."),
        ("Statins", "Stop a statin while a macrolide antibiotic is taken."),
        ("Older adults", "Avoid long-acting sulfonylureas in older adults."),
        ("Steroids", "Measure glucose in people with diabetes who start prednisolone."),
        ("Asthma", "Do not give a beta blocker to people with asthma."),
    ),
)


class Shelf:
    """A small library, an index, and a way to ask and to replay."""

    def __init__(self, db: Database, clock: FixedClock, folder: Path, embedder: Embedder) -> None:
        self.db, self.clock, self.folder, self.embedder = db, clock, folder, embedder
        self.log = AuditLog(clock=clock)
        self.library = Library(db, log=self.log, clock=clock)
        self.builder = Builder(db, folder, embedder=lambda: embedder, log=self.log, clock=clock)
        self.records = Records(db, embed=None, clock=clock)
        self.knowledge = KnowledgeBase(
            db, library=self.library, builder=self.builder, embedder=lambda: embedder, records=self.records, clock=clock
        )
        self.past = PastSearch(db, library=self.library, builder=self.builder, embedder=lambda: embedder)
        with db.transaction() as tx:
            for name in TEXTS:
                add_published(tx, self.library, name)
        self.builder.rebuild()

    def ask(
        self,
        text: str,
        *,
        as_of: date | None = None,
        model: LanguageModel | None = None,
        patient: str | None = None,
        follows: str | None = None,
    ) -> tuple[Recommendation, AuditRef]:
        parts = ConsultParts(
            db=self.db,
            retriever=self.knowledge,
            records=self.records,
            log=self.log,
            clock=self.clock,
            policy=shipped_policy(),
            software="0",
            model=model,
        )
        self.clock.at += timedelta(seconds=1)
        return consult(Question(text, as_of=as_of, follows=follows), parts, actor=PHYSICIAN, scope=self._scope(patient))

    def _scope(self, patient: str | None) -> PatientScope | None:
        if patient is None:
            return None
        with self.db.transaction() as tx:
            found = self.records.find(tx, patient)
            assert found is not None
            return open_patient(tx, local_operator("test"), found, clock=self.clock, log=self.log)

    def change(self, name: str, version: str) -> None:
        """A new edition, published the same day, and a new index."""
        self.clock.at += timedelta(seconds=1)
        with self.db.transaction() as tx:
            edition = self.library.add_draft(tx, document(name, version=version, published=self.clock.at.date()))
            self.library.publish(tx, edition, actor=None)
        self.builder.rebuild()

    def replay(self, made: tuple[Recommendation, AuditRef], *, model: LanguageModel | None = None) -> Replay:
        return play_again(*made, past=self.past, policy=shipped_policy(), model=model)


class Choosing:
    """A model that names the first sentence it is given, or the last: two versions that answer differently."""

    def __init__(self, name: str, *, last: bool) -> None:
        self.identity = ModelIdentity(name, name[0] * 64, "test", "select", 4096)
        self.last = last

    def complete(self, *, schema: dict[str, Any], **_: Any) -> Draft:
        offered = schema["anyOf"][0]["properties"]["sentences"]["items"]["enum"]
        chosen = offered[-1:] if self.last else offered[:1]
        return Draft(orjson.dumps({"answered": "yes", "sentences": chosen}).decode(), 10, 5, 0.01)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return open_embedder("default")


@pytest.fixture
def shelf(db: Database, clock: FixedClock, tmp_path: Path, embedder: Embedder) -> Shelf:
    return Shelf(db, clock, tmp_path / "index", embedder)


def test_fifty_replays_find_the_same_evidence_after_new_editions_and_with_another_model(shelf: Shelf) -> None:
    then, today = Choosing("then", last=False), Choosing("newer", last=True)
    made = []
    for turn in range(5):
        made += [shelf.ask(question, model=then) for question in QUESTIONS]
        shelf.change(("hypertension", "diabetes", "pneumonia")[turn % 3], version=str(turn + 2))
    with shelf.db.transaction() as tx:
        shelf.library.supersede(tx, "hypertension", actor=None)
    assert {hit.passage.document.version for one, _ in made for hit in one.evidence} >= {"1", "2", "3"}
    replayed = [shelf.replay(one, model=today) for one in made]
    assert [one.evidence for one in replayed] == ["identical"] * 50
    answered = [played for (one, _), played in zip(made, replayed, strict=True) if one.status == "answered"]
    assert len(answered) >= 25, "a model wrote most of them"
    assert {played.same_model for played in answered} == {False}
    # Today's model points elsewhere where there is more than one sentence to point at.
    assert any(line.compared != "same" for played in answered for line in played.lines)
    assert {played.status for played in answered} == {"answered"}, "what it says is compared, not its silence"


def test_fifty_replays_of_patients_follow_ups_and_medicines_find_the_same_evidence(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TEXTS, "cautions", CAUTIONS)
    with shelf.db.transaction() as tx:
        add_published(tx, shelf.library, "cautions")
    shelf.builder.rebuild()
    ingest_records(
        [Path(PATIENTS)],
        records=shelf.records,
        db=shelf.db,
        log=shelf.log,
        clock=shelf.clock,
        actor=local_operator("test"),
    )
    then, today = Choosing("then", last=False), Choosing("newer", last=True)
    made = []
    for turn in range(3):
        model = then if turn < 2 else None
        for patient, (first, second) in OF_PATIENTS.items():
            made.append(shelf.ask(first, model=model, patient=patient))
            made.append(shelf.ask(second, model=model, patient=patient, follows=made[-1][0].id))
        made += [shelf.ask(question, model=model) for question in QUESTIONS[:5]]
        made += [shelf.ask("And with amoxicillin?", model=model, follows=made[-1][0].id)]
        made += [shelf.ask("Is lisinopril right for high blood pressure?", model=model)]
        shelf.change(("cautions", "pneumonia", "hypertension")[turn], version=str(turn + 2))
    with shelf.db.transaction() as tx:
        shelf.library.supersede(tx, "cautions", actor=None)
    assert len(made) >= 50
    replayed = [shelf.replay(one, model=today) for one in made]
    assert [(one.evidence, one.differences) for one in replayed] == [("identical", ())] * len(made)
    shown = [one for one, _ in made]
    assert sum(one.patient is not None for one in shown) >= 25
    assert sum(one.follows is not None for one in shown) >= 10
    assert sum("(" in str(one.extra.get("searched", "")) for one in shown) >= 3, "a class beside its medicine"
    warned = [search for one in shown for search in one.searches if search.kept]
    told = [search for one in shown for search in one.searches if "allergic to" in search.text]
    assert warned and told, "searched for a warning, and for what the chart says"


def test_what_was_searched_for_is_kept_beside_the_log_and_never_in_it(shelf: Shelf) -> None:
    made, audit = shelf.ask(QUESTIONS[0])
    with shelf.db.reading() as tx:
        read, _ = load(tx, made.id)
        entry = get_entry(tx, audit.seq)
    assert [(search.text, search.limit, search.where.as_of) for search in read.searches] == [
        (QUESTIONS[0], 8, shelf.clock.at.date())
    ]
    assert read.searches == made.searches
    assert QUESTIONS[0] not in str(entry)


def test_a_recommendation_of_before_searches_were_kept_is_searched_by_its_question(shelf: Shelf) -> None:
    made, audit = shelf.ask(QUESTIONS[0])
    shelf.change("hypertension", version="2")
    assert shelf.replay((replace(made, searches=()), audit)).evidence == "identical"


def test_what_was_found_without_an_index_is_found_again(shelf: Shelf) -> None:
    with shelf.db.transaction() as tx:
        tx.execute(current_generation.delete())
    made = shelf.ask(QUESTIONS[2])
    assert made[0].evidence and made[0].stamp.generation is None
    shelf.change("hypertension", version="2")
    assert shelf.replay(made).evidence == "identical"


def test_what_was_published_while_the_question_was_being_asked_is_replayed(shelf: Shelf) -> None:
    asked_at = shelf.clock.at
    shelf.change("hypertension", version="2")
    made, audit = shelf.ask(QUESTIONS[0])
    assert "2" in {hit.passage.document.version for hit in made.evidence}
    assert shelf.replay((replace(made, asked_at=asked_at), audit)).evidence == "identical"


def test_an_index_that_was_cleared_away_is_made_again(shelf: Shelf) -> None:
    made = shelf.ask(QUESTIONS[0])
    shelf.change("hypertension", version="2")
    generation = made[0].stamp.generation
    assert generation is not None
    shutil.rmtree(shelf.folder / generation)
    assert shelf.replay(made).evidence == "identical"


def test_a_quoted_answer_is_quoted_again_line_by_line(shelf: Shelf) -> None:
    made = shelf.ask(QUESTIONS[0])
    found = shelf.replay(made)
    assert made[0].status == "quoted" and found.status == "quoted"
    assert found.lines and {line.compared for line in found.lines} == {"same"}


def test_what_cannot_be_found_again_is_said(shelf: Shelf) -> None:
    made = shelf.ask(QUESTIONS[0])
    shutil.rmtree(shelf.folder)
    with shelf.db.transaction() as tx:
        tx.execute(vectors.delete())
    found = shelf.replay(made)
    assert found.evidence == "not_replayed" and found.problem is not None
    assert found.lines, "the passages of the record still let the answer be made again"


def test_evidence_that_differs_is_named(shelf: Shelf) -> None:
    recommendation, audit = shelf.ask(QUESTIONS[0])
    other, _ = shelf.ask(QUESTIONS[5])
    mixed = replace(recommendation, evidence=other.evidence)
    found = shelf.replay((mixed, audit))
    assert found.evidence == "different" and found.differences


def test_a_question_as_of_a_day_gone_by_is_replayed_for_that_day(shelf: Shelf) -> None:
    shelf.change("hypertension", version="2")
    made = shelf.ask(QUESTIONS[0], as_of=date(2026, 1, 1))
    assert {h.passage.document.version for h in made[0].evidence if h.passage.document.id == "hypertension"} == {"1"}
    shelf.change("hypertension", version="3")
    assert shelf.replay(made).evidence == "identical"
