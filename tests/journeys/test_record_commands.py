"""The record through the command line: recorded, decided, listed, verified, taken away, replayed."""

import shutil
from pathlib import Path

import pytest

from tests.journeys.conftest import Command

QUESTION = "Which antibiotic for pneumonia of low severity?"


@pytest.fixture
def asked(cds: Command, data: Path) -> str:
    """One consult, accepted."""
    made = cds("ask", QUESTION, "--json").json
    decided = cds("decide", made["id"], "accepted", "--json").json
    assert (decided["choice"], decided["recommendation"]) == ("accepted", made["id"])
    return str(made["id"])


def test_what_was_done_is_listed_and_shown(cds: Command, asked: str) -> None:
    listed = cds("audit", "list", "--limit", "2", "--json").json
    assert [entry["kind"] for entry in listed["entries"]] == ["decision.recorded", "recommendation.recorded"]
    one = cds("audit", "show", str(listed["before"]), "--proof", "--json").json
    assert one["seq"] == listed["before"] and one["proof"]["path"]
    about = cds("audit", "show", asked, "--json").json
    assert [entry["kind"] for entry in about["entries"]] == ["recommendation.recorded"]
    assert cds("audit", "show", "nothing", "--json").status == 1


def test_the_log_verifies_here_and_on_a_copy_without_the_service(
    cds: Command, asked: str, data: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "held elsewhere"
    signed = cds("audit", "checkpoint", "--to", str(outside), "--json").json
    assert signed["written"] and signed["size"] > 2
    assert cds("audit", "checkpoint", "--json").json["written"] is False
    here = cds("audit", "verify", "--json")
    assert here.status == 0 and here.json["ok"] is True and here.json["checkpoints"] == 1
    assert (here.json["entries"], here.json["root"]) == (signed["size"], signed["root"])
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("cds.db", "database.key", "signing.pub"):
        shutil.copy(data / name, copy / name)
    there = cds(
        *("audit", "verify", "--database", str(copy / "cds.db")),
        *("--checkpoints", str(outside), "--key", str(copy / "signing.pub"), "--json"),
    )
    assert there.status == 0 and there.json["root"] == signed["root"]
    assert sorted(path.name for path in copy.iterdir()) == ["cds.db", "database.key", "signing.pub"], "left as it was"


def test_a_wrong_copy_key_or_folder_is_one_sentence(cds: Command, asked: str, data: Path, tmp_path: Path) -> None:
    for arguments, code in (
        (("--database", str(tmp_path / "absent.db")), "database_missing"),
        (("--database", str(data / "cds.db"), "--checkpoints", str(tmp_path)), "key_missing"),
        (("--key", str(tmp_path / "absent.pub"), "--checkpoints", str(tmp_path)), "key_missing"),
    ):
        ran = cds("audit", "verify", *arguments, "--json")
        assert ran.status == 1 and ran.json["error"]["code"] == code
    assert cds("audit", "verify", "--checkpoints", str(tmp_path / "none"), "--json").status == 1


def test_the_log_is_taken_away_in_three_formats(cds: Command, asked: str, tmp_path: Path) -> None:
    for name in ("jsonl", "csv", "fhir"):
        file = tmp_path / f"log.{name}"
        done = cds("audit", "export", "--format", name, "--output", str(file), "--json").json
        assert done["entries"] == len(file.read_text().splitlines()) - (name == "csv")
    assert cds("audit", "export", "--format", "xml").status == 1
    assert len(cds("audit", "list", "--kind", "audit.exported", "--json").json["entries"]) == 3


def test_review_lists_shows_replays_and_counts(cds: Command, asked: str) -> None:
    listed = cds("review", "list", "--decision", "accepted", "--json").json
    assert [row["id"] for row in listed["recommendations"]] == [asked]
    assert cds("review", "show", asked, "--purpose", "nosiness", "--json").status == 1
    shown = cds("review", "show", asked, "--purpose", "quality", "--json").json
    assert shown["question"] == QUESTION and shown["state"] == "accepted"
    replayed = cds("review", "replay", asked, "--json")
    assert replayed.status == 0 and replayed.json["evidence"] == "identical"
    assert {line["compared"] for line in replayed.json["lines"]} <= {"same"}
    counted = cds("review", "statistics", "--json").json
    assert counted["total"] == 1 and counted["decided"]["accepted"] == 1
    document = shown["statements"][0]["citations"][0]["document"]
    assert len(cds("review", "recall", document, "--json").json["recommendations"]) == 1
    assert cds("review", "note", asked, "correct", "--json").json["mark"] == "correct"
    assert cds("review", "card", "--json").json["counts"]["empty"] > 0
    assert cds("review", "silences", "--json").json == {"groups": []}


@pytest.mark.parametrize(
    ("patient", "question"),
    [("DEMO-0001", "Which antibiotic for her pneumonia?"), ("DEMO-0002", "May I give metformin?")],
)
def test_what_was_shown_for_a_patient_is_found_again(cds: Command, data: Path, patient: str, question: str) -> None:
    shown = cds("ask", question, "--patient", patient, "--json").json
    assert {hit["kind"] for hit in shown["evidence"]} == {"guideline", "record"}
    replayed = cds("review", "replay", shown["id"], "--json")
    assert replayed.status == 0, replayed.json["differences"]
    assert replayed.json["evidence"] == "identical"
    logged = cds("audit", "show", shown["id"], "--json").json
    assert "allerg" not in str(logged) and question not in str(logged)


def test_decisions_that_make_no_sense_are_refused_with_a_code(cds: Command, asked: str) -> None:
    for arguments, code in (
        ((asked, "agreed"), "unknown_choice"),
        ((asked, "overridden", "--reason", "because"), "unknown_reason"),
        (("nothing", "accepted"), "not_found"),
        ((asked, "modified"), "final_text_missing"),
    ):
        ran = cds("decide", *arguments, "--json")
        assert ran.status == 1 and ran.json["error"]["code"] == code
    assert len(cds("decide", "--reasons", "--json").json) == 35
