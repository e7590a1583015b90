"""`cds emergencies` as typed."""

from pathlib import Path

import orjson
import pytest

from api.cli import main
from api.services import operator, services_from_environment
from cds.actors import Actor, Role
from cds.emergencies import break_glass
from ingest.pipeline.records import ingest_records
from ingest.samples import PATIENTS


@pytest.fixture
def number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An emergency access in a data folder of its own."""
    monkeypatch.setenv("CDS_DATA", str(tmp_path / "cds"))
    monkeypatch.setenv("CDS_MODEL", "none")
    services = services_from_environment()
    ingest_records(
        [PATIENTS / "metformin-with-egfr-24.json"],
        records=services.records,
        db=services.db,
        log=services.log,
        clock=services.clock,
        actor=operator(),
        vectors=False,
    )
    with services.db.transaction() as tx:
        patient = services.records.listed(tx, operator())[0].id
        physician = Actor("u9", "Ben", frozenset({Role.PHYSICIAN}))
        made = break_glass(tx, physician, patient, "Found unconscious", clock=services.clock, log=services.log)
    services.close()
    return made


def ran(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["emergencies", *arguments])
    return int(ended.value.code or 0)


def test_the_list_and_a_finding(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("list", "--json") == 0
    listed = orjson.loads(capsys.readouterr().out)["emergencies"]
    assert [(one["id"], one["reason"], one["finding"]) for one in listed] == [(number, "Found unconscious", None)]
    assert ran("review", number, "justified", "--comment", "Seen in the ward") == 0
    assert ran("list") == 0
    assert "Justified" in capsys.readouterr().out


def test_a_finding_that_is_none_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("review", number, "fine", "--json") == 1
    assert "justified, questioned" in "".join(capsys.readouterr())
