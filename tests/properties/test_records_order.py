"""Any reordering, duplication and re-sending of the same resources gives the same record."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import api.tables  # noqa: F401 every table is known
from cds.access import open_patient
from cds.actors import local_operator
from cds.audit import AuditLog
from cds.clock import FixedClock
from cds.db import Database, metadata, open_database
from ingest.pipeline.records import ingest_records
from knowledge.records import Records
from tests.conftest import NOW
from tests.ingest.records.resources import Resource, bundle, condition, lab, note, of, patient

_STAMPS = ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z")


def versions() -> list[Resource]:
    """Resources of two people, several in more than one version."""
    made = [patient("p1", mrn="1", meta={"lastUpdated": _STAMPS[0]}), patient("p2", mrn="2")]
    made.append(patient("p1", mrn="1", born="1961-01-01", meta={"lastUpdated": _STAMPS[1]}))
    for number, stamp in enumerate(_STAMPS):
        meta = {"lastUpdated": stamp, "versionId": str(number + 1)}
        made.append(lab("o1", value=number, meta=meta))
        made.append(note("d1", text=f"Version {number}.", meta=meta))
        made.append(condition(f"c{number}", "p2", text=f"Problem {number}"))
    wrong = {"coding": [{"code": "entered-in-error"}]}
    made.append(condition("c0", "p1", meta={"versionId": "1"}))
    made.append(condition("c0", "p1", meta={"versionId": "2"}, verificationStatus=wrong))
    made.append(of("AllergyIntolerance", "a1", code={"text": "No known allergies"}))
    return made


RESOURCES = versions()


def record(batches: list[list[int]]) -> dict[str, Any]:
    """What is stored after these deliveries, without the ids that the store gives."""
    with tempfile.TemporaryDirectory() as folder:
        db = open_database("sqlite", data=Path(folder) / "data")
        try:
            return _loaded(db, Path(folder), batches)
        finally:
            db.close()


def _loaded(db: Database, folder: Path, batches: list[list[int]]) -> dict[str, Any]:
    with db.transaction() as tx:
        metadata.create_all(tx)
    clock = FixedClock(NOW)
    log, records, me = AuditLog(clock=clock), Records(db, embed=None, clock=clock), local_operator("tests")
    for number, batch in enumerate(batches):
        path = folder / f"{number}.json"
        # Whoever sends a resource sends its patient with it.
        path.write_text(json.dumps(bundle(*(RESOURCES[n] for n in batch))))
        ingest_records([path], records=records, db=db, log=log, clock=clock, actor=me)
    found: dict[str, Any] = {}
    with db.transaction() as tx:
        for mrn in ("1", "2"):
            patient_id = records.find(tx, mrn)
            assert patient_id is not None
            scope = open_patient(tx, me, patient_id, clock=clock, log=log)
            facts = asdict(records.facts(tx, scope))
            notes = [(p.text, sorted(p.negated), p.document.id) for p in records.notes(tx, scope)]
            found[mrn] = (_plain(facts), sorted(notes))
    return found


def _plain(value: Any) -> Any:
    """Without ids and file names; lists in an order of their own, for ties of facts that differ by id only."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name not in ("id", "patient", "file")}
    if isinstance(value, (list, tuple)):
        return sorted((_plain(one) for one in value), key=repr)
    return value


EXPECTED = None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_order_duplication_and_resending_do_not_change_the_record(data: st.DataObject) -> None:
    global EXPECTED
    everything = list(range(len(RESOURCES)))
    if EXPECTED is None:
        EXPECTED = record([everything])
    shuffled = data.draw(st.permutations(everything))
    again = data.draw(st.lists(st.sampled_from(everything), max_size=8))
    cut = data.draw(st.integers(0, len(everything)))
    # The people come with the first delivery; afterwards anything may come in any order.
    first = [0, 1, *shuffled[:cut]]
    assert record([first, [*shuffled[cut:], *again], again or [0]]) == EXPECTED


def test_the_record_compared_holds_the_newest_of_everything() -> None:
    facts, notes = record([list(range(len(RESOURCES)))])["1"]
    assert [o["value"] for o in facts["observations"]] == [2.0]
    assert (str(facts["birth_date"]), facts["conditions"], facts["allergies_known"]) == ("1961-01-01", [], "none")
    assert [text for text, _, _ in notes] == ["Version 2."]
