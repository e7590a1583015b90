from dataclasses import replace

import pytest

from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.consult import ConsultParts, Question, consult
from cds.db import Database
from cds.earlier import Earlier, leans_on_another
from cds.policy import Policy
from tests.cds.fakes import Charts, Scripted, Shelf, document, passage
from tests.cds.test_consult import DOCTOR

CYSTITIS = passage(
    "p1",
    "In women who are not pregnant, offer nitrofurantoin 100 mg twice a day for 3 days for cystitis.",
    of=document("urine", "Cystitis in women"),
)
MIGRAINE = passage(
    "p2",
    "Offer sumatriptan 50 mg for an attack of migraine, and treat for 3 days at most.",
    of=document("migraine", "Migraine in adults"),
)
FIRST = "Which antibiotic for cystitis in women who are not pregnant?"
CHOSEN = '{"answered":"yes","sentences":["1"]}'


@pytest.fixture
def parts(db: Database, clock: FixedClock) -> ConsultParts:
    return ConsultParts(
        db=db,
        retriever=Shelf(CYSTITIS, MIGRAINE),
        records=Charts(),
        log=AuditLog(clock=clock),
        clock=clock,
        policy=Policy((), otherwise=0.05),
        software="test",
    )


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("For how many days?", True),
        ("And if she is allergic to it?", True),
        ("What about men?", True),
        ("How long should it be given?", True),
        ("Which anticoagulant for atrial fibrillation with a CHA2DS2-VASc score of 3?", False),
        ("What blood pressure to aim for in adults with diabetes?", False),
    ],
)
def test_a_question_that_cannot_stand_alone_is_told_from_one_that_can(question: str, leans: bool) -> None:
    assert leans_on_another(question) is leans


def test_a_follow_up_is_searched_for_and_asked_in_its_context(parts: ConsultParts) -> None:
    model = Scripted(CHOSEN, CHOSEN, skill="select")
    first, _ = consult(Question(FIRST), replace(parts, model=model), actor=DOCTOR)
    second, _ = consult(Question("For how many days?", follows=first.id), replace(parts, model=model), actor=DOCTOR)
    assert [c.document for s in second.statements for c in s.citations] == ["urine"]
    assert second.id != first.id and second.follows == first.id and second.question == "For how many days?"
    assert f"Earlier question: {FIRST} Answer: {first.statements[0].text}" in model.asked[1]["user"]
    assert "Question: For how many days?" in model.asked[1]["user"]


def test_a_third_question_still_knows_what_the_first_was_about(parts: ConsultParts) -> None:
    first, _ = consult(Question(FIRST), parts, actor=DOCTOR)
    second, _ = consult(Question("For how many days?", follows=first.id), parts, actor=DOCTOR)
    third, _ = consult(Question("And how often a day?", follows=second.id), parts, actor=DOCTOR)
    assert "urine" in {c.document for s in third.statements for c in s.citations}


def test_a_follow_up_on_another_subject_is_not_answered_with_the_old_one(parts: ConsultParts) -> None:
    first, _ = consult(Question(FIRST), parts, actor=DOCTOR)
    asked = Question("What helps adults in an attack of migraine?", follows=first.id)
    second, _ = consult(asked, parts, actor=DOCTOR)
    assert second.statements[0].citations[0].document == "migraine"


def test_of_a_long_earlier_question_only_the_end_is_kept() -> None:
    line = Earlier("word " * 200 + "gout").as_line()
    assert line.endswith("gout") and len(line) < 300
