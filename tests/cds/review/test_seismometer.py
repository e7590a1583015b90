"""What is taken away for seismometer opens in seismometer itself."""

import os
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from cds.decisions import decide
from cds.patient import PatientFacts
from cds.recommendations import record
from cds.review.listing import ReviewFilter
from cds.review.seismometer import write_seismometer
from tests.cds.samples import recommendation
from tests.conftest import NOW
from tests.seismometer import seismometer_python

PHYSICIAN = Actor(id="u-1", name="Dr A", roles=frozenset({Role.PHYSICIAN}), specialty="general practice")
PROGRAM = """
import json, seismometer
from seismometer.seismogram import Seismogram

seismometer.run_startup(config_path=".")
found = Seismogram()
table = found.dataframe
print(json.dumps({
    "consults": found.prediction_count,
    "cohorts": found.available_cohort_groups,
    "target": found.target,
    "accepted": int((table[found.target] == 1).sum()),
    "withheld": int((table["Withheld_Value"] == 1).sum()),
    "score": [float(table[found.output].min()), float(table[found.output].max())],
    "from": str(found.start_time),
}))
"""


@pytest.fixture
def taken(db: Database, clock: FixedClock, tmp_path: Path) -> Path:
    """Sixty consults, two in three decided, in seismometer's shape."""
    log = AuditLog(clock=clock)
    for number in range(60):
        one = recommendation(asked_at=NOW - timedelta(hours=60 - number), relevance=round(number / 60, 3))
        one = replace(one, withheld=one.withheld if number % 5 == 0 else ())
        born = (NOW - timedelta(days=365 * (35 if number % 3 else 50))).date()
        sex = "female" if number % 2 else "male"
        facts = PatientFacts(patient="p", name=None, birth_date=born, sex=sex, language=None)
        with db.transaction() as tx:
            record(tx, one, log=log, actor=PHYSICIAN, facts=facts)
        if number % 3:
            choice = "accepted" if number % 3 == 1 else "overridden"
            decide(db, log=log, clock=clock, actor=PHYSICIAN, recommendation_id=one.id, choice=choice)
    with db.reading() as tx:
        assert write_seismometer(tx, ReviewFilter(), tmp_path / "taken", now=NOW) == 60
    return tmp_path / "taken"


def test_it_opens_in_seismometer_with_its_cohorts_and_outcomes(taken: Path) -> None:
    python = seismometer_python()
    if not python.exists():
        pytest.skip("seismometer is not on this machine: `python -m tests.seismometer` puts it there")
    environment = {**os.environ, "PYTHONPATH": "", "MPLCONFIGDIR": str(taken), "HOME": str(taken)}
    opened = subprocess.run(
        [python, "-c", PROGRAM], cwd=taken, env=environment, capture_output=True, text=True, check=False
    )
    assert opened.returncode == 0, opened.stderr[-2000:]
    found = orjson.loads(opened.stdout.strip().splitlines()[-1])
    assert found == {
        "consults": 60,
        "cohorts": {
            "Age": ["30-44", "45-59"],
            "Sex": ["female", "male"],
            "Specialty": ["general practice"],
        },
        "target": "Accepted_Value",
        "accepted": 20,
        "withheld": 12,
        "score": [0.0, round(59 / 60, 3)],
        "from": "2026-11-18 21:00:00",
    }


def test_it_holds_no_text_and_no_patient(taken: Path) -> None:
    written = "".join(path.read_text() for path in taken.rglob("*") if path.is_file())
    assert "antibiotic" not in written and "patient-" not in written and "u-1" not in written
