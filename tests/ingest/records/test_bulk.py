"""FHIR Bulk Data: a folder of NDJSON, one file a type, gzipped or not; a damaged line costs that line."""

import gzip
import json

import pytest

from tests.ingest.records.conftest import Ward
from tests.ingest.records.resources import Resource, bundle, condition, lab, note, of, patient


def lines(*resources: Resource) -> str:
    return "".join(json.dumps(one) + "\n" for one in resources)


def drug(number: str = "m") -> Resource:
    return {"resourceType": "Medication", "id": number, "code": {"text": "metformin"}}


def test_files_refer_to_each_other_whatever_their_order(ward: Ward) -> None:
    ward.put("AllergyIntolerance.ndjson", lines(of("AllergyIntolerance", "a", code={"text": "Latex"})))
    ward.put("Condition.000.ndjson", lines(condition("c1"), condition("c2", "p2")))
    ward.put(
        "MedicationRequest.ndjson",
        lines(of("MedicationRequest", "r", status="active", medicationReference={"reference": "Medication/m"})),
    )
    ward.put("Medication.ndjson", lines(drug()))
    ward.put("Patient.ndjson.gz", gzip.compress(lines(patient("p1"), patient("p2", mrn="9")).encode()))
    report = ward.load(ward.folder)
    assert (report.files, report.patients, report.facts, report.refused) == (5, 2, 4, [])
    facts = ward.facts("p1")
    assert (facts.medications[0].text, facts.allergies[0].text) == ("metformin", "Latex")
    assert facts.conditions[0].source.file == "Condition.000.ndjson"


def test_a_damaged_line_in_the_middle_costs_that_line(ward: Ward) -> None:
    ward.put("Patient.ndjson", lines(patient()))
    rows = [lines(lab(f"o{n}")) for n in range(9)]
    rows[4] = rows[4][:40] + "\n"
    ward.put("Observation.ndjson", "".join(rows) + "\n" + '["no resource"]\n')
    report = ward.load(ward.folder)
    assert report.facts == 8
    assert [(r["path"], r["code"], r["line"]) for r in report.refused] == [
        ("Observation.ndjson", "bad_json", 5),
        ("Observation.ndjson", "not_fhir", 11),
    ]


def test_a_file_that_breaks_off_keeps_its_whole_lines(ward: Ward) -> None:
    ward.put("Patient.ndjson", lines(patient()))
    ward.put("Observation.ndjson", (lines(lab("o1"), lab("o2")) + lines(lab("o3"))[:60]))
    report = ward.load(ward.folder)
    assert (report.facts, [(r["code"], r["line"]) for r in report.refused]) == (2, [("truncated", 3)])


def test_a_gzipped_file_that_breaks_off_is_told(ward: Ward) -> None:
    ward.put("Patient.ndjson", lines(patient()))
    packed = gzip.compress(lines(*(lab(f"o{n}", value=n) for n in range(500))).encode())
    ward.put("Observation.ndjson.gz", packed[: len(packed) // 2])
    report = ward.load(ward.folder)
    assert [(r["path"], r["code"]) for r in report.refused] == [("Observation.ndjson.gz", "truncated")]
    assert 0 < report.facts < 500


def test_a_later_delivery_without_patients_finds_those_who_are_stored(ward: Ward) -> None:
    ward.load(ward.put("first/Patient.ndjson", lines(patient())))
    report = ward.load(ward.put("second/Observation.ndjson", lines(lab())))
    assert (report.facts, report.refused) == (1, [])


def test_notes_attached_as_files_beside_are_read_and_none_from_elsewhere(ward: Ward) -> None:
    outside = ward.folder.parent / "outside.txt"
    outside.write_text("not yours")
    ward.put("Patient.ndjson", lines(patient()))
    ward.put("notes/one.txt", "Takes allopurinol.")
    beside, above = note("d1"), note("d2")
    beside["content"] = [{"attachment": {"contentType": "text/plain", "url": "notes/one.txt"}}]
    above["content"] = [{"attachment": {"contentType": "text/plain", "url": "../outside.txt"}}]
    ward.put("DocumentReference.ndjson", lines(beside, above))
    report = ward.load(ward.folder)
    assert report.notes == 1
    assert [passage.text for passage in ward.notes("p1")] == ["Takes allopurinol."]


def test_many_refusals_of_one_kind_are_listed_once_and_counted(ward: Ward) -> None:
    ward.put("Observation.ndjson", lines(*(lab(f"o{n}", "nobody") for n in range(1000))))
    refused = ward.load(ward.folder).refused
    assert len(refused) < 300
    assert sum(row.get("count", 1) for row in refused) == 1000


def test_the_list_of_files_beside_them_is_no_record_and_no_error(ward: Ward) -> None:
    ward.put("Patient.ndjson", lines(patient()))
    ward.put("manifest.json", {"transactionTime": "2026-11-01T00:00:00Z", "output": [{"type": "Patient", "url": "x"}]})
    report = ward.load(ward.folder)
    assert (report.patients, report.refused) == (1, [])


@pytest.mark.parametrize("name", ["Patient.ndjson", "everything.json"])
def test_a_mark_of_the_encoding_at_the_start_is_no_damage(name: str, ward: Ward) -> None:
    report = ward.load(ward.put(name, b"\xef\xbb\xbf" + lines(patient(), condition()).encode()))
    assert (report.facts, report.refused) == (1, [])


@pytest.mark.parametrize("name", ["patients.json", "Patient.ndjson", "dump.jsonl"])
def test_one_resource_a_line_is_known_by_its_content(name: str, ward: Ward) -> None:
    assert ward.load(ward.put(name, lines(condition(), patient()))).facts == 1


def test_lines_may_be_bundles_also_of_what_was_deleted(ward: Ward) -> None:
    ward.put("first/everything.ndjson", lines(bundle(condition(), patient(), lab("o1")), bundle(lab("o2"))))
    assert ward.load(ward.folder / "first").facts == 3
    gone = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": "Observation/o1"}}],
    }
    report = ward.load(ward.put("second/deleted.ndjson", lines(gone)))
    assert (dict(report.not_facts), report.refused) == ({"deleted": 1}, [])
    assert [o.source.resource for o in ward.facts("p1").observations] == ["Observation/o2"]
