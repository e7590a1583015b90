"""Two records are one person by identifier system and value, never by name; a clash is refused and listed."""

from typing import Any

import pytest

from ingest.records.readers import Options
from tests.ingest.records.conftest import Ward
from tests.ingest.records.resources import Resource, bundle, condition, lab, patient

SSN = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-11-2222", "type": {"coding": [{"code": "SS"}]}}
LICENCE = {"system": "urn:oid:2.16.840.1.113883.4.3.25", "value": "S99900000", "type": {"coding": [{"code": "DL"}]}}


def codes(report: Any) -> list[str]:
    return [refusal["code"] for refusal in report.refused]


def test_records_of_two_systems_with_one_number_are_one_patient(ward: Ward) -> None:
    report = ward.load(
        ward.put("a.json", bundle(patient("a", mrn="7"), condition("c1", "a"))),
        ward.put("b.json", bundle(patient("b", mrn="7"), condition("c2", "b"))),
    )
    assert (ward.patients(), report.refused) == (1, [])
    assert len(ward.facts("7").conditions) == 2


def test_one_name_and_birth_date_are_not_one_patient(ward: Ward) -> None:
    name = [{"given": ["Ann"], "family": "Lee"}]
    ward.load(ward.put("a.json", bundle(patient("a", mrn="7", name=name), patient("b", mrn="8", name=name))))
    assert ward.patients() == 2


@pytest.mark.parametrize("other", [{"born": "1961-02-01"}, {"gender": "male"}])
def test_one_number_with_another_birth_date_or_sex_is_a_clash_and_nothing_of_it_is_stored(
    other: dict[str, Any], ward: Ward
) -> None:
    ward.load(ward.put("a.json", bundle(patient("a", mrn="7"), condition("c1", "a"))))
    report = ward.load(ward.put("b.json", bundle(patient("b", mrn="7", **other), lab("o1", "b"))))
    assert codes(report) == ["patient_clash", "patient_clash"]
    assert report.refused[0]["resource"] == "Patient/b"
    assert (ward.patients(), ward.facts("7").observations) == (1, ())


def test_a_record_that_would_join_two_patients_is_a_clash(ward: Ward) -> None:
    both = patient("c", mrn="7")
    both["identifier"].append({"system": "https://other.example/mrn", "value": "9"})
    other = patient("b", identifier=[{"system": "https://other.example/mrn", "value": "9"}])
    ward.load(ward.put("a.json", bundle(patient("a", mrn="7"), other)))
    report = ward.load(ward.put("b.json", bundle(both, condition("c1", "c"))))
    assert codes(report) == ["patient_clash", "patient_clash"]
    assert ward.facts("7").conditions == ()


def test_the_same_record_id_with_other_numbers_is_a_clash_that_a_source_resolves(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient("1", mrn="7"), condition("c1", "1"))))
    other = ward.put("b.json", bundle(patient("1", mrn="8", born="1999-01-01"), condition("c1", "1", text="Gout")))
    assert codes(ward.load(other)) == ["patient_clash", "patient_clash"]
    assert [c.text for c in ward.facts("7").conditions] == ["Asthma"]
    assert codes(ward.load(other, options=Options(source="north"))) == []
    assert [c.text for c in ward.facts("8").conditions] == ["Gout"]
    assert [c.text for c in ward.facts("7").conditions] == ["Asthma"]


def test_a_resource_of_a_refused_record_never_reaches_the_patient_it_clashed_with(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient("1", mrn="7"))))
    many = [lab(f"o{n}", "1") for n in range(2500)]  # more than one batch
    report = ward.load(ward.put("b.json", bundle(patient("1", mrn="8", born="1999-01-01"), *many)))
    assert report.facts == 0
    assert ward.facts("7").observations == ()
    assert sum(row.get("count", 1) for row in report.refused) == 2501


def test_the_same_record_of_the_same_system_may_correct_its_birth_date(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient("a", mrn="7", meta={"versionId": "1"}))))
    ward.load(ward.put("b.json", bundle(patient("a", mrn="7", born="1961-02-01", meta={"versionId": "2"}))))
    assert str(ward.facts("7").birth_date) == "1961-02-01"


def test_a_national_number_links_where_the_birth_date_agrees(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient("a", identifier=[SSN]), patient("b", identifier=[SSN]))))
    assert ward.patients() == 1


@pytest.mark.parametrize("born", ["1999-01-01", None])
def test_a_national_number_of_two_people_keeps_them_apart_and_is_listed(born: str | None, ward: Ward) -> None:
    two: Resource = bundle(
        patient("a", identifier=[SSN]), patient("b", identifier=[SSN], born=born), condition("c", "b")
    )
    report = ward.load(ward.put("a.json", two))
    assert (ward.patients(), report.facts, codes(report)) == (2, 1, ["patient_clash"])
    assert len(ward.facts("b").conditions) == 1


def test_a_licence_never_links(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient("a", identifier=[LICENCE]), patient("b", identifier=[LICENCE]))))
    assert ward.patients() == 2


def test_resources_that_come_later_without_their_patient_find_it(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient("a", mrn="7"))))
    by_id, by_number = condition("c1", "a"), condition("c2")
    by_number["subject"] = {"identifier": {"system": "https://hospital.example/mrn", "value": "7"}}
    report = ward.load(ward.put("b.json", bundle(by_id, by_number)))
    assert (report.refused, len(ward.facts("7").conditions)) == ([], 2)
