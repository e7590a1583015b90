from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from cds import recommendations
from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.consult import ConsultParts, Question, Stage, consult
from cds.db import Database
from cds.errors import InvalidInput, NotFound, Unavailable
from cds.patient import _GRANT, Code, Observation, PatientFacts, PatientScope, Source
from cds.policy import Policy, Threshold
from tests.cds.fakes import Charts, Scripted, Shelf, document, passage

DOCTOR = Actor("dr", "Dr Ada", frozenset({Role.PHYSICIAN}))
PRESSURE = document("hypertension", "High blood pressure in adults")
FIRST = passage(
    "p1",
    "Offer amlodipine 5 mg once daily as the first medicine for hypertension in adults aged 55 years or over. "
    "Do not combine an ACE inhibitor with an angiotensin receptor blocker.",
    of=PRESSURE,
    section=("Choice of medicine",),
    strength="strong",
)
TARGET = passage(
    "p2",
    "Aim for a clinic blood pressure below 140/90 mmHg in adults under 80 years.",
    of=PRESSURE,
    section=("Targets",),
)
NOTE = passage("n1", "Blood pressure measured at home was 150/95 mmHg in March.", of=PRESSURE, kind="record")
ASKED = "Which first medicine for hypertension in adults aged 55 years or over?"
RIGHT = (
    '{"answered":"yes","statements":[{"cites":["1"],"text":"Offer amlodipine 5 mg once daily as the first medicine."}]}'
)
WRONG = '{"answered":"yes","statements":[{"cites":["1"],"text":"Offer amlodipine 50 mg once daily as the first medicine."}]}'  # noqa: E501


@pytest.fixture
def parts(db: Database, clock: FixedClock) -> ConsultParts:
    facts = PatientFacts("pat", None, date(1960, 5, 1), "female", None)
    return ConsultParts(
        db=db,
        retriever=Shelf(FIRST, TARGET, record=[NOTE]),
        records=Charts(facts),
        log=AuditLog(clock=clock),
        clock=clock,
        policy=Policy((), otherwise=0.3),
        software="test",
    )


def ask(parts: ConsultParts, text: str = ASKED, **more: Any) -> Any:
    recommendation, _ = consult(Question(text), parts, actor=DOCTOR, **more)
    return recommendation


def patient() -> PatientScope:
    return PatientScope("pat", actor="dr", reason="care_list", grant=_GRANT)


def test_without_a_model_the_best_sentence_is_quoted_word_for_word(parts: ConsultParts) -> None:
    answer = ask(parts)
    assert answer.status == "quoted"
    best = answer.statements[0]
    assert best.text == best.citations[0].quote == FIRST.sentences[0].text
    assert (best.citations[0].document, best.citations[0].page, best.strength) == ("hypertension", 3, "strong")
    assert answer.stamp.model is None


def test_a_drafted_statement_that_holds_is_shown_with_the_sources_own_words_beside_it(parts: ConsultParts) -> None:
    answer = ask(replace(parts, model=Scripted(RIGHT)))
    assert answer.status == "answered"
    (statement,) = answer.statements
    assert statement.text == "Offer amlodipine 5 mg once daily as the first medicine."
    assert statement.citations[0].quote == FIRST.sentences[0].text
    assert answer.stamp.model is not None and answer.stamp.model.digest == "d" * 64
    assert answer.stamp.prompt is not None and answer.stamp.prompt.name == "draft"


def test_a_wrong_dose_is_withheld_and_the_model_asked_again_with_the_reason(parts: ConsultParts) -> None:
    model = Scripted(WRONG, RIGHT)
    answer = ask(replace(parts, model=model))
    assert answer.status == "answered"
    assert [one.text for one in answer.withheld] == ["Offer amlodipine 50 mg once daily as the first medicine."]
    assert "refused" in model.asked[1]["user"] and "50 mg" in model.asked[1]["user"]


def test_when_no_statement_holds_twice_the_sentences_are_quoted(parts: ConsultParts) -> None:
    answer = ask(replace(parts, model=Scripted(WRONG, WRONG)))
    assert answer.status == "quoted"
    assert len(answer.withheld) == 2
    assert "50 mg" not in " ".join(statement.text for statement in answer.statements)


def test_a_model_that_selects_shows_only_the_sources_words(parts: ConsultParts) -> None:
    model = Scripted('{"answered":"yes","sentences":["2"]}', skill="select")
    answer = ask(replace(parts, model=model))
    assert answer.status == "answered"
    shown = model.asked[0]["user"].splitlines()
    assert f"2. {answer.statements[0].text}" in shown


def test_a_sentence_the_model_invents_a_number_for_is_not_shown(parts: ConsultParts) -> None:
    invented = RIGHT.replace('["1"]', '["9"]')
    answer = ask(replace(parts, model=Scripted(invented, invented)))
    assert answer.status == "quoted"
    assert {one.failed for one in answer.withheld} == {"citation"}


@pytest.mark.parametrize(
    "broken", ["", "{", '{"answered":"yes"}', "I think amlodipine.", '{"answered":"yes","statements":[]}']
)
def test_a_wrong_form_is_asked_for_once_more_and_then_quoted(parts: ConsultParts, broken: str) -> None:
    model = Scripted(broken, broken)
    answer = ask(replace(parts, model=model))
    assert (answer.status, answer.extra["because"]) == ("quoted", "invalid_draft")
    assert "wrong form" in model.asked[1]["user"]
    assert ask(replace(parts, model=Scripted(broken, RIGHT))).status == "answered"


@pytest.mark.parametrize("code", ["model_too_slow", "model_unreachable", "model_resting", "model_busy"])
def test_a_model_that_fails_costs_only_its_words(parts: ConsultParts, code: str) -> None:
    answer = ask(replace(parts, model=Scripted(Unavailable("no", code=code))))
    assert (answer.status, answer.extra["because"]) == ("quoted", code)


def test_an_unfit_model_is_never_asked(parts: ConsultParts) -> None:
    model = Scripted(RIGHT, skill="none")
    answer = ask(replace(parts, model=model))
    assert (answer.status, model.asked) == ("quoted", [])


def test_a_question_the_library_does_not_answer_is_answered_by_saying_so(parts: ConsultParts) -> None:
    model = Scripted(RIGHT)
    answer = ask(replace(parts, model=model), "How is psoriasis of the nails treated with biologics?")
    assert answer.status == "abstained"
    assert answer.statements == ()
    assert answer.abstention is not None and answer.abstention.reason == "not_in_library"
    assert model.asked == []


def test_a_cancelled_question_leaves_no_recommendation(parts: ConsultParts, db: Database) -> None:
    model = Scripted(Unavailable("stopped", code="cancelled"))
    with pytest.raises(Unavailable):
        ask(replace(parts, model=model))
    with db.reading() as tx:
        assert recommendations.page(tx).rows == ()


def test_what_is_returned_is_what_was_recorded(parts: ConsultParts, db: Database) -> None:
    recommendation, audit = consult(Question(ASKED), parts, actor=DOCTOR)
    with db.reading() as tx:
        assert recommendations.load(tx, recommendation.id) == (recommendation, audit)


def test_what_cannot_be_recorded_is_not_shown(parts: ConsultParts, db: Database) -> None:
    with db.transaction() as tx:
        tx.exec_driver_sql("DROP TABLE citations")
    stages: list[Stage] = []
    with pytest.raises(DBAPIError):
        consult(Question(ASKED), parts, actor=DOCTOR, on_stage=stages.append)
    assert "recorded" not in [stage.name for stage in stages]


def test_the_evidence_is_there_before_the_model_is_asked(parts: ConsultParts) -> None:
    stages: list[Stage] = []

    class Watching(Scripted):
        def complete(self, **asked: Any) -> Any:
            assert [stage.name for stage in stages] == ["searching", "evidence", "reading"]
            return super().complete(**asked)

    ask(replace(parts, model=Watching(RIGHT)), on_stage=stages.append)
    assert [stage.name for stage in stages] == ["searching", "evidence", "reading", "checking", "recorded"]
    assert stages[1].hits[0].passage.id == "p1"
    assert stages[1].quoted[0].quote == FIRST.sentences[0].text


def test_no_transaction_is_open_while_the_model_runs(parts: ConsultParts, db: Database) -> None:
    class Writing(Scripted):
        def complete(self, **asked: Any) -> Any:
            with db.transaction() as tx:  # would wait for another writer, and fail
                tx.exec_driver_sql("SELECT 1")
            return super().complete(**asked)

    assert ask(replace(parts, model=Writing(RIGHT))).status == "answered"


def test_a_patients_own_record_is_cited_as_a_finding(parts: ConsultParts) -> None:
    answer = ask(parts, "What was the blood pressure measured at home in March?", scope=patient())
    finding = answer.statements[0]
    assert (finding.kind, finding.citations[0].passage) == ("finding", "n1")
    assert answer.patient == "pat"


def test_without_a_scope_no_record_is_read(parts: ConsultParts) -> None:
    answer = ask(parts, "What was the blood pressure measured at home in March?")
    assert "n1" not in [hit.passage.id for hit in answer.evidence]


def test_the_model_is_told_the_facts_that_are_recorded_as_used(parts: ConsultParts) -> None:
    model = Scripted(RIGHT)
    answer = ask(replace(parts, model=model), scope=patient())
    assert "Patient: 66 years old; female." in model.asked[0]["user"]
    assert {one.fact for one in answer.facts_used} == {"birth_date", "sex"}


def test_the_sentences_fit_a_small_context(parts: ConsultParts) -> None:
    many = [
        passage(f"m{at}", FIRST.text.replace("55", str(40 + at)), of=PRESSURE, section=("Choice of medicine",))
        for at in range(8)
    ]
    model = Scripted(RIGHT, context=2048)
    ask(replace(parts, model=model, retriever=Shelf(*many)))
    assert len(model.asked[0]["user"]) < 2400


@pytest.mark.parametrize("text", ["", "   \n", "x" * 2001])
def test_a_question_that_is_none_is_refused(parts: ConsultParts, text: str) -> None:
    with pytest.raises(InvalidInput):
        ask(parts, text)


def test_a_recommendation_of_somebody_elses_patient_is_not_loaded_by_a_wrong_id(db: Database) -> None:
    with db.reading() as tx, pytest.raises(NotFound):
        recommendations.load(tx, "none")


def test_a_threshold_chosen_for_other_parts_has_expired_and_is_said_to_have(parts: ConsultParts) -> None:
    chosen = Threshold(0.2, 0.1, 0.1, 100, "embedder-1", None, None, "cases.jsonl")
    held = Policy((chosen,), otherwise=0.3)
    assert "threshold" not in ask(replace(parts, policy=held)).extra
    late = Policy((replace(chosen, embedder="another"),), otherwise=1.0)
    silent = ask(replace(parts, policy=late))
    assert silent.extra["threshold"] == "expired" and silent.status == "abstained"


def test_the_time_a_model_was_waited_for_in_vain_is_the_models(parts: ConsultParts) -> None:
    late = Unavailable("The language model did not answer in time.", code="model_too_slow")
    answer = ask(replace(parts, model=Scripted(late)))
    assert answer.status == "quoted" and "model" in answer.seconds


def test_of_a_medicine_the_patient_must_not_have_the_library_s_own_word_leads(parts: ConsultParts) -> None:
    against = passage("p9", "Do not offer NSAIDs such as ibuprofen when eGFR is below 30.", of=PRESSURE)
    kidney = Observation(
        "o", "eGFR", (Code("loinc", "98979-8"),), Source("x"), value=24.0, unit="mL/min", taken=parts.clock.now()
    )
    facts = PatientFacts("pat", None, date(1960, 5, 1), "male", None, observations=(kidney,))
    answer = ask(
        replace(parts, retriever=Shelf(FIRST, against), records=Charts(facts)),
        "May he take ibuprofen for his back?",
        scope=patient(),
    )
    assert answer.statements[0].citations[0].passage == "p9"
    assert [w.passage for w in answer.warnings if w.kind == "renal"] == ["p9"]
