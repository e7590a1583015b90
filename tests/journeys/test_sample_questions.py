"""The labelled questions of the sample library, answered without a model: the right document, or an honest no."""

from pathlib import Path

import orjson
import pytest

from tests.journeys.conftest import Command

CASES = Path(__file__).parents[1] / "evaluation" / "cases"


def cases(name: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in (CASES / f"{name}.jsonl").read_bytes().splitlines()]


@pytest.mark.parametrize("case", cases("walk_answerable"), ids=lambda case: case["id"])
def test_an_answerable_question_is_quoted_from_the_right_document(
    cds: Command, data: Path, case: dict[str, object]
) -> None:
    patient = ["--patient", str(case["patient"])] if case["patient"] else []
    recommendation = cds("ask", str(case["question"]), *patient, "--json").json
    assert recommendation["status"] == "quoted"
    cited = {c["document"] for s in recommendation["statements"] for c in s["citations"]}
    assert cited & set(case["documents"]), (cited, case["documents"])  # type: ignore[call-overload]


@pytest.mark.parametrize("case", cases("walk_unanswerable"), ids=lambda case: case["id"])
def test_a_question_the_library_does_not_answer_is_not_answered(
    cds: Command, data: Path, case: dict[str, object]
) -> None:
    recommendation = cds("ask", str(case["question"]), "--json").json
    assert (recommendation["status"], recommendation["statements"]) == ("abstained", [])
    assert recommendation["abstention"]["nearest"], "the nearest passages are named"
