from pathlib import Path
from typing import Any

import pytest

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.consult import ConsultParts, Question, propose
from cds.db import Database
from cds.errors import InvalidInput
from cds.evaluation.answers import Case, read_cases, report, run
from cds.evaluation.html import page
from cds.policy import Policy
from tests.cds.fakes import Charts, Scripted, Shelf, document, passage

PRESSURE = document("hypertension", "High blood pressure in adults")
TARGET = passage("p1", "Aim for a clinic blood pressure below 140/90 mmHg in adults under 80 years.", of=PRESSURE)
CASES = (
    Case(
        id="1",
        question="What clinic blood pressure to aim for in adults?",
        status="answerable",
        documents=("hypertension",),
        phrases=("below 140/90 mmHg",),
    ),
    Case(id="2", question="How is scabies treated in a household?", status="unanswerable"),
    Case(
        id="3",
        question="Which blood pressure to aim for in adults under 80 years?",
        status="answerable",
        documents=("another",),
        phrases=("not there",),
    ),
)


@pytest.fixture
def parts(db: Database, clock: FixedClock) -> ConsultParts:
    return ConsultParts(
        db=db,
        retriever=Shelf(TARGET),
        records=Charts(),
        log=AuditLog(clock=clock),
        clock=clock,
        policy=Policy((), otherwise=0.5),
        software="test",
    )


def figures(parts: ConsultParts) -> tuple[dict[str, Any], Any]:
    actor = Actor("a", "A", frozenset({Role.ADMINISTRATOR}))
    seen: list[tuple[int, int]] = []
    rows = run(
        CASES,
        lambda case: (propose(Question(case.question), parts, actor=actor), 0.5),
        progress=lambda done, of: seen.append((done, of)),
    )
    assert seen[-1] == (3, 3)
    return report(rows, alpha=0.1, delta=0.1), rows


def test_the_figures_say_what_was_right_silent_and_wrong(parts: ConsultParts) -> None:
    found, rows = figures(parts)
    assert found["cases"] == {"answerable": 2, "unanswerable": 1}
    assert found["status"] == {"quoted": 2, "abstained": 1}
    assert (found["answered_or_quoted"], found["abstention"]) == (1.0, 1.0)
    assert (found["right_document"], found["right_passage"], found["groundedness"]) == (0.5, 0.5, 1.0)
    assert [row.wrong for row in rows] == [False, False, True]
    assert found["seconds"] == {"p50": 0.5, "p95": 0.5}


def test_measuring_records_nothing(parts: ConsultParts, db: Database) -> None:
    from cds import recommendations

    figures(parts)
    with db.reading() as tx:
        assert recommendations.page(tx).rows == ()


def test_the_page_shows_the_figures_and_what_went_wrong_and_loads_nothing(parts: ConsultParts) -> None:
    found, rows = figures(parts)
    shown = page(found, rows, title="Answers <today>")
    assert "Answers &lt;today&gt;" in shown
    assert "50.0%" in shown
    assert "another passage" in shown
    assert "<svg" in shown
    assert "http" not in shown
    assert "<script" not in shown


def test_cases_are_read_by_half(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(
        '{"id":"1","question":"q","status":"answerable","half":"development","extra":1}\n\n'
        '{"id":"2","question":"q","status":"unanswerable","half":"held_out"}\n'
    )
    assert [case.id for case in read_cases([path])] == ["1", "2"]
    assert [case.id for case in read_cases([path], half="held_out")] == ["2"]


@pytest.mark.parametrize("content", ["", "{", '{"id":"1"}', '{"id":"1","question":"q","status":"maybe"}'])
def test_cases_that_are_none_are_refused_with_their_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(content)
    with pytest.raises(InvalidInput):
        read_cases([path])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.jsonl"):
        read_cases([tmp_path / "none.jsonl"])


def test_a_model_is_fit_when_it_selects_what_answers() -> None:
    from cds.evaluation.trial import trial_cases, try_model

    right = [f'{{"answered":"yes","sentences":["{min(case.right)}"]}}' for case in trial_cases()]
    trial = try_model(Scripted(*right, skill="select"), "select", progress=lambda done, of: None)
    assert (trial.right, trial.passed) == (len(trial_cases()), True)


def test_a_model_that_always_selects_the_first_is_not_fit() -> None:
    from cds.evaluation.trial import trial_cases, try_model

    first = ['{"answered":"yes","sentences":["1"]}'] * len(trial_cases())
    assert not try_model(Scripted(*first, skill="select"), "select", progress=lambda done, of: None).passed


def test_a_model_that_drafts_wrong_numbers_is_not_fit() -> None:
    from cds.evaluation.trial import trial_cases, try_model

    wrong = [
        f'{{"answered":"yes","statements":[{{"cites":["{min(case.right)}"],"text":"Give 999 mg five times a day."}}]}}'
        for case in trial_cases()
    ]
    trial = try_model(Scripted(*wrong, skill="draft"), "draft", progress=lambda done, of: None)
    assert (trial.right, trial.withheld) == (0, 2)  # and no more are tried: nine of ten cannot be reached
