"""`cds ingest records` and `cds patients …`: one JSON document each, and what the exit status says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.cli import main
from ingest.samples import PATIENTS

SAMPLE = PATIENTS / "metformin-with-egfr-24.json"
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def cds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on a data folder of its own: its exit status and the JSON it printed."""
    monkeypatch.setenv("CDS_DATA", str(tmp_path / "data"))

    def run(*arguments: str) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--json"])
        return int(ended.value.code or 0), orjson.loads(capsys.readouterr().out)

    return run


def load(cds: Run, *paths: Path) -> tuple[int, Any]:
    return cds("ingest", "records", *map(str, paths), "--no-vectors")


def test_loading_says_how_much_of_what_was_stored(cds: Run) -> None:
    status, report = load(cds, PATIENTS)
    assert status == 0
    assert set(report) >= {"patients", "facts", "notes", "unchanged", "refused", "seconds", "by_type", "not_facts"}
    assert report["patients"] == len(list(PATIENTS.glob("*.json")))
    assert sum(report["by_type"].values()) == report["facts"] + report["notes"]
    status, again = load(cds, PATIENTS)
    assert (status, again["facts"], again["unchanged"]) == (0, 0, report["facts"] + report["notes"])


def test_something_refused_is_exit_status_3_and_the_rest_is_kept(cds: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    status, report = load(cds, SAMPLE, tmp_path / "bad.json")
    assert (status, report["patients"]) == (3, 1)
    assert [(row["path"], row["code"]) for row in report["refused"]] == [("bad.json", "bad_json")]


def test_a_patient_is_listed_shown_by_id_or_record_number_and_erased(cds: Run) -> None:
    load(cds, SAMPLE)
    _, listed = cds("patients", "list")
    (line,) = listed["patients"]
    _, shown = cds("patients", "show", line["id"])
    assert any(one["text"].startswith("Metformin") for one in shown["active_medications"])
    assert shown["known"]["allergies"] in ("none", "listed", "unknown")
    assert shown["key_results"][0]["name"] == "eGFR"
    assert line["facts"] == sum(v for k, v in shown["counts"].items() if k != "notes") + (
        shown["known"]["allergies"] == "none"
    )
    status, erased = cds("patients", "erase", line["id"], "--yes")
    assert (status, erased["erased"]["patient"]) == (0, line["id"])
    assert cds("patients", "list")[1] == {"patients": []}
    assert cds("patients", "show", line["id"])[0] == 1
    assert cds("audit", "verify")[1]["ok"] is True


def test_a_held_record_is_not_erased_until_it_is_released(cds: Run) -> None:
    load(cds, SAMPLE)
    number = cds("patients", "list")[1]["patients"][0]["id"]
    assert cds("patients", "hold", number, "--reason", "Court order of March")[1] == {"patient": number, "held": True}
    status, refused = cds("patients", "erase", number, "--yes")
    assert (status, refused["error"]["code"]) == (1, "legal_hold")
    cds("patients", "hold", number, "--release")
    assert cds("patients", "erase", number, "--yes")[0] == 0


def test_a_care_list_is_changed_at_the_command_line(cds: Run) -> None:
    load(cds, SAMPLE)
    number = cds("patients", "list")[1]["patients"][0]["id"]
    assert cds("patients", "assign", number, "u1")[1] == {"patient": number, "care_list": ["u1"]}
    assert cds("patients", "assign", number, "u1", "--remove")[1] == {"patient": number, "care_list": []}


def test_a_folder_without_files_and_a_patient_who_is_not_there_are_told(cds: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, refused = load(cds, tmp_path / "empty")
    assert status == 1 and refused["error"]["code"]
    status, refused = cds("patients", "show", "nobody")
    assert (status, refused["error"]["code"]) == (1, "no_patient")
