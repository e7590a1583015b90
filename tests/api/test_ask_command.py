from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pytest

from api.cli import main
from api.cli.ask import as_text
from cds.recommendation import (
    Abstention,
    Because,
    Citation,
    Recommendation,
    Stamp,
    Statement,
    Withheld,
)
from cds.recommendation import Warning as PatientWarning

CITED = Citation(
    "p1", (1,), "Stop metformin when eGFR is below 30.", "t2d", "Type 2 diabetes", "2024", ("Metformin",), 4
)
STOP = Statement(
    "Stop metformin below an eGFR of 30.",
    "recommendation",
    (CITED,),
    applies="applies",
    because=(Because("o1", "eGFR 24"),),
)


def recommendation(**more: object) -> Recommendation:
    given: dict[str, object] = {
        "id": "r1",
        "status": "answered",
        "question": "May metformin go on?",
        "patient": None,
        "asked_at": datetime(2026, 11, 21, tzinfo=UTC),
        "asked_by": "dr",
        "statements": (STOP,),
        "withheld": (),
        "warnings": (),
        "evidence": (),
        "contradictions": (),
        "abstention": None,
        "referral": None,
        "stamp": Stamp(None, None, None, None, "test"),
        **more,
    }
    return Recommendation(**given)  # type: ignore[arg-type]


def test_each_statement_is_followed_by_its_source_and_quote() -> None:
    text = as_text(recommendation())
    assert "1. Stop metformin below an eGFR of 30." in text
    assert "Type 2 diabetes › 2024 › Metformin, page 4" in text
    assert "“Stop metformin when eGFR is below 30.”" in text


def test_warnings_come_first() -> None:
    warning = PatientWarning("renal", "Metformin with an eGFR of 24.", (), severity="stop")
    assert as_text(recommendation(warnings=(warning,))).startswith("! STOP: Metformin with an eGFR of 24.")


def test_a_statement_that_is_not_for_this_patient_says_so() -> None:
    other = Statement(
        "Offer it to adults.", "recommendation", (CITED,), applies="excluded", because=(Because("b", "age 6"),)
    )
    assert "Not meant for this patient: age 6" in as_text(recommendation(statements=(other,)))


def test_silence_is_said_plainly_and_what_was_withheld_is_counted() -> None:
    silent = recommendation(
        status="abstained",
        statements=(),
        abstention=Abstention("not_in_library", "The guidelines held here do not answer this question."),
        withheld=(Withheld("Give 5 g.", "number", "5 g"),),
    )
    text = as_text(silent)
    assert text.startswith("No answer")
    assert "do not answer this question" in text
    assert "Give 5 g." not in text


def test_a_date_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_DATA", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["ask", "What?", "--as-of", "yesterday", "--json"])
    assert ended.value.code == 1
    assert orjson.loads(capsys.readouterr().out)["error"]["code"] == "invalid_date"


def test_an_empty_library_answers_by_saying_so_and_records_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_DATA", str(tmp_path))
    monkeypatch.setenv("CDS_MODEL", "none")
    with pytest.raises(SystemExit) as ended:
        main(["ask", "What is the first treatment of hypertension?", "--json"])
    document = orjson.loads(capsys.readouterr().out)
    assert not ended.value.code
    assert (document["status"], document["abstention"]["reason"]) == ("abstained", "not_in_library")
    assert document["audit"]["leaf"]
    assert date.fromisoformat(document["asked_at"][:10])
