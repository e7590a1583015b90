"""The walking path at a terminal: load, ask, decide, verify; and what happens when something is wrong."""

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import SAMPLES, Command

ALLERGIC = "DEMO-0001"  # the record number of the sample patient with anaphylaxis to penicillin


def test_a_question_is_answered_decided_and_the_log_verifies(cds: Command, data: Path) -> None:
    asked = cds("ask", "What is the first-line antibiotic for low severity community-acquired pneumonia?", "--json")
    assert asked.status == 0
    recommendation = asked.json
    assert recommendation["status"] == "quoted"
    assert {c["document"] for s in recommendation["statements"] for c in s["citations"]} == {"pneumonia"}
    decided = cds("decide", recommendation["id"], "accepted", "--json")
    assert decided.status == 0
    assert decided.json["choice"] == "accepted"
    verified = cds("audit", "verify", "--json")
    assert (verified.status, verified.json["ok"]) == (0, True)
    assert verified.json["entries"] >= recommendation["audit"]["seq"] + 1
    shown = cds("audit", "show", str(recommendation["audit"]["seq"]), "--json")
    assert shown.status == 0
    assert recommendation["id"] in shown.out


def test_every_quote_is_the_stored_text_of_the_passage_it_cites(cds: Command, data: Path) -> None:
    recommendation = cds("ask", "When should metformin be stopped in chronic kidney disease?", "--json").json
    texts = {hit["passage"]: hit["text"] for hit in recommendation["evidence"]}
    assert recommendation["statements"]
    for statement in recommendation["statements"]:
        assert statement["citations"], "a statement without a citation was shown"
        for citation in statement["citations"]:
            assert all(part.strip() in texts[citation["passage"]] for part in citation["quote"].split("…"))


def test_a_warning_fits_the_patient_and_names_the_line_of_the_chart(cds: Command, data: Path) -> None:
    recommendation = cds("ask", "Can I give amoxicillin for pneumonia?", "--patient", ALLERGIC, "--json").json
    allergies = [warning for warning in recommendation["warnings"] if warning["kind"] == "allergy"]
    assert allergies
    facts = cds("patients", "show", ALLERGIC, "--json").json
    known = {allergy["id"] for allergy in facts["allergies"]}
    assert set(allergies[0]["because"]) & known


def test_search_prints_the_contract(cds: Command, data: Path) -> None:
    found = cds("search", "metformin eGFR below 30", "--limit", "3", "--json")
    assert found.status == 0
    assert set(found.json) >= {"hits", "generation"}
    assert len(found.json["hits"]) == 3
    for hit in found.json["hits"]:
        assert set(hit) >= {"passage", "score", "text", "document", "section", "page"}
        assert set(hit["document"]) >= {"id", "title", "publisher", "version", "published"}
        assert 0.0 <= hit["score"] <= 1.0


def test_an_old_edition_answers_for_its_own_time_only(cds: Command, data: Path) -> None:
    def versions(*as_of: str) -> set[Any]:
        found = cds("search", "first-line antibiotic for low severity pneumonia", "--json", *as_of).json
        return {h["document"]["version"] for h in found["hits"] if h["document"]["id"] == "pneumonia"}

    now, then = versions(), versions("--as-of", "2023-06-01")
    assert now
    assert then
    assert now.isdisjoint(then)


WRONG = [
    (("ingest", "guidelines", "{nowhere}"), 1),
    (("ingest", "records", "{nowhere}"), 1),
    (("ingest", "guidelines", "{folder}"), 1),
    (("ingest", "records", "{folder}"), 1),
    (("library", "show", "no-such-document"), 1),
    (("patients", "show", "no-such-patient"), 1),
    (("audit", "show", "999999"), 1),
    (("decide", "no-such-recommendation", "accepted"), 1),
    (("ask", "Is aspirin safe?", "--patient", "no-such-patient"), 1),
    (("evaluate", "retrieval", "--beir", "{nowhere}"), 1),
    (("evaluate", "claims", "--cases", "{nowhere}"), 1),
    (("ask",), 2),
    (("search",), 2),
    (("nonsense",), 2),
]


@pytest.mark.parametrize(
    ("arguments", "status"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_what_is_wrong_gets_a_sentence_a_code_and_the_right_status(
    cds: Command, empty_data: Path, tmp_path: Path, arguments: tuple[str, ...], status: int
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"nowhere": str(tmp_path / "nowhere"), "folder": str(tmp_path / "empty")}
    ran = cds(*(word.format(**places) for word in arguments), *(["--json"] if status == 1 else []))
    assert ran.status == status
    assert "Traceback" not in ran.err
    if status == 1:
        assert ran.json["error"]["code"]
        assert ran.json["error"]["message"].endswith(".")


def test_a_broken_file_is_refused_and_the_others_are_loaded(cds: Command, empty_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.md").write_text(
        "# Fluids\n\n## Advice\n\nOffer 2 litres of oral fluid a day to adults with a fever.\n"
    )
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<<")
    ran = cds("ingest", "guidelines", str(folder), "--publish", "--json")
    assert ran.status == 3
    assert ran.json["documents"] == 1
    (refused,) = ran.json["refused"]
    assert refused["path"].endswith("broken.pdf")
    assert refused["code"] == "unreadable"
    assert cds("search", "oral fluid with fever", "--json").json["hits"]


def test_a_second_load_changes_nothing(cds: Command, data: Path) -> None:
    before = cds("search", "metformin", "--json").json["hits"]
    again = cds("ingest", "guidelines", str(SAMPLES / "library"), "--publish", "--json")
    assert (again.status, again.json["documents"]) == (0, 0)
    assert again.json["unchanged"] > 20
    assert cds("search", "metformin", "--json").json["hits"] == before
