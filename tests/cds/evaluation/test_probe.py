import pytest

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.consult import ConsultParts, Question, propose
from cds.db import Database
from cds.evaluation.answers import Case
from cds.evaluation.probe import probe
from cds.patient import PatientFacts
from cds.policy import Policy
from cds.recommendation import Recommendation
from tests.cds.fakes import Charts, Shelf, document, passage

GUIDE = document("pressure", "High blood pressure")
TARGET = passage("p1", "Aim for a clinic blood pressure below 140/90 mmHg in adults under 80 years.", of=GUIDE)
PREGNANT = passage("p2", "In pregnancy, aim for a blood pressure of 135/85 mmHg or less.", of=GUIDE)


@pytest.fixture
def parts(db: Database, clock: FixedClock) -> ConsultParts:
    return ConsultParts(
        db=db,
        retriever=Shelf(TARGET, PREGNANT),
        records=Charts(),
        log=AuditLog(clock=clock),
        clock=clock,
        policy=Policy((), otherwise=0.1),
        software="test",
    )


def test_an_answer_loses_what_its_passage_bore_and_shows_nothing_invented(parts: ConsultParts) -> None:
    actor = Actor("a", "A", frozenset({Role.ADMINISTRATOR}))

    def ask(question: str, changed: ConsultParts, facts: PatientFacts | None) -> Recommendation:
        return propose(Question(question), changed, actor=actor, facts=facts)

    seen: list[int] = []
    cases = [
        Case(id="1", question="Which clinic blood pressure to aim for in adults?", status="answerable"),
        Case(id="2", question="Which blood pressure to aim for in pregnancy?", status="answerable"),
    ]
    found = {one.name: one for one in probe(cases, parts, ask, progress=lambda done, of: seen.append(done))}
    assert seen == [1, 2] and len(found) == 4
    for name, one in found.items():
        assert one.held == one.tried, name
    assert found["invented statement put into the draft: withheld"].tried == 6
    assert found["cited passage dropped: its statement is gone"].tried >= 2
