import csv
import io

import orjson
import pytest
from fhir.resources.R4B.provenance import Provenance

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from cds.decisions import decide
from cds.recommendations import record
from cds.review.export import export_recommendations
from cds.review.listing import ReviewFilter
from tests.cds.samples import recommendation
from tests.conftest import NOW

PHYSICIAN = Actor(id="=1+1", name="Dr A", roles=frozenset({Role.PHYSICIAN}))


@pytest.fixture
def filled(db: Database, clock: FixedClock) -> Database:
    """Three recommendations; the second overridden after being deferred."""
    log, ids = AuditLog(clock=clock), []
    for number in range(3):
        made = recommendation(asked_by="=1+1", status="quoted" if number == 2 else "answered")
        with db.transaction() as tx:
            record(tx, made, log=log, actor=PHYSICIAN)
        ids.append(made.id)
    for choice in ("deferred", "overridden"):
        decide(db, log=log, clock=clock, actor=PHYSICIAN, recommendation_id=ids[1], choice=choice)
    return db


def exported(db: Database, as_: str, **where: str) -> str:
    with db.reading() as tx:
        return "".join(export_recommendations(tx, ReviewFilter(**where), as_=as_, now=NOW))


def test_lines_hold_the_newest_decision_and_no_text(filled: Database) -> None:
    lines = [orjson.loads(line) for line in exported(filled, "jsonl").splitlines()]
    assert [line["decision_choice"] for line in lines] == [None, "overridden", None]
    assert "antibiotic" not in str(lines)


def test_a_table_runs_no_formula_and_follows_the_filter(filled: Database) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(filled, "csv", status="quoted"))))
    assert [row["status"] for row in rows] == ["quoted"]
    assert rows[0]["asked_by"] == "'=1+1"


def test_fhir_lines_are_valid_provenance(filled: Database) -> None:
    lines = exported(filled, "fhir").splitlines()
    assert len(lines) == 3 and all(Provenance.model_validate_json(line) for line in lines)
