"""CSV: columns by the mapping that ships, or by one that is given."""

import csv
import io
from pathlib import Path

import pytest

from cds.errors import InvalidInput
from ingest.records.csv_tables.mapping import load_mapping
from ingest.records.readers import Options
from tests.ingest.records.conftest import Ward

PATIENTS = "Id,BIRTHDATE,DEATHDATE,FIRST,LAST,GENDER\np1,1950-03-02,,Ann,Lee,F\np2,1980,2020-01-01,Bob,Roe,M\n"
CONDITIONS = (
    "START,STOP,PATIENT,CODE,DESCRIPTION\n"
    "2020-01-01,,p1,38341003,Hypertension\n"
    "2019-01-01,2019-02-01,p1,195967001,Asthma\n"
)
RESULTS = (
    "DATE,PATIENT,CODE,DESCRIPTION,VALUE,UNITS\n"
    "2026-01-01T10:00:00Z,p1,33914-3,eGFR,<15,mL/min\n"
    "2026-01-02,p1,882-1,ABO group,A,\n"
    "2026-01-02,p1,2823-3,Potassium,,mmol/L\n"
    "2026-01-02,p1,1988-5,CRP,0,mg/L\n"
)


def rows(text: str) -> int:
    return len(list(csv.DictReader(io.StringIO(text))))


def test_every_row_is_a_fact_once(ward: Ward) -> None:
    ward.put("observations.csv", RESULTS)
    ward.put("conditions.csv", CONDITIONS)
    ward.put("patients.csv", PATIENTS)
    report = ward.load(ward.folder)
    assert dict(report.by_type) == {"Condition": rows(CONDITIONS), "Observation": rows(RESULTS)}
    assert (report.patients, report.refused) == (2, [])
    again = ward.load(ward.folder)
    assert (again.facts, again.unchanged) == (0, report.facts)


def test_rows_become_typed_facts(ward: Ward) -> None:
    for name, text in (("observations.csv", RESULTS), ("conditions.csv", CONDITIONS), ("patients.csv", PATIENTS)):
        ward.put(name, text)
    ward.load(ward.folder)
    facts = ward.facts("p1")
    assert (facts.name, str(facts.birth_date), facts.sex) == ("Ann Lee", "1950-03-02", "female")
    assert {c.text: c.status for c in facts.conditions} == {"Hypertension": "active", "Asthma": "resolved"}
    found = {o.text: (o.value, o.comparator, o.answer, o.absent) for o in facts.observations}
    assert found == {
        "eGFR": (15.0, "<", None, None),
        "ABO group": (None, None, "A", None),
        "Potassium": (None, None, None, "no value given"),
        "CRP": (0.0, None, None, None),
    }
    assert facts.conditions[0].codes[0].system == "snomed"
    assert (ward.facts("p2").deceased, ward.facts("p2").birth_precision) == (True, "year")


def test_a_mapping_overrides_what_columns_and_files_mean(ward: Ward) -> None:
    mapping = ward.put(
        "mapping.toml",
        (
            "[files]\n"
            '"lab_2026.csv" = "observations"\n'
            "[columns]\n"
            'patient = "Klinik-Nr"\n'
            'text = ["Parameter"]\n'
            'value = "Wert"\n'
            "[patients]\n"
            'system = "urn:oid:1.2.3"\n'
        ),
    )
    ward.put("data/lab_2026.csv", "Klinik-Nr;Parameter;Wert;Date\n77;Kalium;4,1;2026-01-01\n".replace("4,1", "4.1"))
    report = ward.load(ward.folder / "data", options=Options(mapping=mapping))
    assert (report.facts, report.refused) == (1, [])
    assert (ward.facts("77").observations[0].text, ward.facts("77").observations[0].value) == ("Kalium", 4.1)


def test_a_table_of_several_kinds_says_which_row_is_what(ward: Ward) -> None:
    text = (
        "kind,patient,text,date\n"
        "allergies,p1,No known allergies,\n"
        "notes,p1,Denies chest pain.,2026-01-01\n"
        "procedures,p1,Hip replacement,2011-04-05\n"
        "moods,p1,Fine,\n"
    )
    report = ward.load(ward.put("everything.csv", text))
    assert (report.facts, report.notes) == (2, 1)
    assert [(r["code"], r["line"]) for r in report.refused] == [("unknown_type", 5)]
    assert ward.facts("p1").allergies_known == "none"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("labs.csv", "PATIENT,CODE,VALUE\np1,1\np1,2,3\n", "short_row"),
        ("labs.csv", "PATIENT,CODE,VALUE\n,1,2\np1,2,3\n", "no_patient"),
        ("labs.csv", "CODE,VALUE\n1,2\n", "no_patient"),
        ("stuff.csv", "PATIENT,CODE\np1,2\n", "unknown_table"),
        ("labs.csv", 'PATIENT,CODE,VALUE\np1,2,3\np1,"2,3\n', "bad_csv"),
    ],
)
def test_what_cannot_be_read_is_refused_by_file_and_line(name: str, text: str, code: str, ward: Ward) -> None:
    report = ward.load(ward.put(name, text))
    assert [(r["path"], r["code"]) for r in report.refused] == [(name, code)]


@pytest.mark.parametrize("text", ["[columns]\nmood = 'x'\n", "[files]\nx = 'moods'\n", "[moods]\n", "not toml"])
def test_a_wrong_mapping_is_refused_with_what_is_allowed(text: str, tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(text)
    with pytest.raises(InvalidInput) as refused:
        load_mapping(tmp_path / "mapping.toml")
    assert refused.value.code == "bad_mapping"
