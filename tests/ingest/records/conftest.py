"""A store to load extracts into, and to look at what came of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cds.access import open_patient
from cds.actors import local_operator
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database
from cds.evidence import Passage
from cds.patient import PatientFacts, PatientScope
from ingest.pipeline.records import RecordReport, ingest_records
from ingest.records.readers import Options
from knowledge.records import Records

OPERATOR = local_operator("tests")


@dataclass
class Ward:
    """A database of records, loaded through the pipeline and read through the access check."""

    db: Database
    clock: FixedClock
    log: AuditLog
    records: Records
    folder: Path

    def load(self, *paths: Path, options: Options = Options()) -> RecordReport:  # noqa: B008 frozen
        return ingest_records(
            list(paths), records=self.records, db=self.db, log=self.log, clock=self.clock, actor=OPERATOR,
            options=options,
        )  # fmt: skip

    def put(self, name: str, content: Any) -> Path:
        """A file in this ward's folder; what is no text is written as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def scope(self, number: str) -> PatientScope:
        with self.db.transaction() as tx:
            found = self.records.find(tx, number)
            assert found is not None, f"no patient {number}"
            return open_patient(tx, OPERATOR, found, clock=self.clock, log=self.log)

    def facts(self, number: str) -> PatientFacts:
        scope = self.scope(number)
        with self.db.reading() as tx:
            return self.records.facts(tx, scope)

    def notes(self, number: str) -> tuple[Passage, ...]:
        scope = self.scope(number)
        with self.db.reading() as tx:
            return self.records.notes(tx, scope)

    def patients(self) -> int:
        with self.db.reading() as tx:
            return len(self.records.listed(tx, OPERATOR))


@pytest.fixture
def ward(db: Database, clock: FixedClock, tmp_path: Path) -> Ward:
    folder = tmp_path / "extract"
    folder.mkdir()
    return Ward(db, clock, AuditLog(clock=clock), Records(db, embed=None, clock=clock), folder)
