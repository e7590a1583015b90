"""C-CDA documents: every entry a fact, counted by XPath; the text a note."""

from pathlib import Path

import pytest
from lxml import etree

from tests.ingest.records.conftest import Ward

SUMMARY = Path(__file__).parents[2] / "data" / "records" / "summary-of-care.xml"
_NS = {"h": "urn:hl7-org:v3"}
_T = "2.16.840.1.113883.10.20.22.4."


def having(*templates: str) -> str:
    return "//*[" + " or ".join(f"h:templateId/@root='{_T}{one}'" for one in templates) + "]"


def counted(path: Path) -> dict[str, int]:
    """An independent count by template; what is negated of a substance, a problem or a vaccine is no fact."""
    root = etree.parse(str(path)).getroot()
    plain = "[not(@negationInd='true')]"
    paths = {
        "Condition": having("4") + plain,
        "AllergyIntolerance": having("7") + plain,
        "MedicationStatement": having("16") + plain,
        "Observation": having("2", "27", "78") + plain,
        "Procedure": having("12", "13", "14") + plain,
        "Immunization": having("52") + plain,
    }
    return {kind: int(root.xpath(f"count({path})", namespaces=_NS)) for kind, path in paths.items()}


def test_every_entry_of_a_document_is_a_fact_once(ward: Ward) -> None:
    report = ward.load(SUMMARY)
    assert dict(report.by_type) == {**counted(SUMMARY), "ClinicalDocument": 1}
    assert dict(report.not_facts) == {"refuted": 2, "not-done": 1}
    again = ward.load(SUMMARY)
    assert (again.facts, again.notes, again.unchanged) == (0, 0, report.facts + 1)


def test_problems_have_the_status_that_the_document_gives_them(ward: Ward) -> None:
    ward.load(SUMMARY)
    found = {c.text: (c.status, str(c.onset), c.ended and str(c.ended)) for c in ward.facts("4711").conditions}
    assert found == {
        "Heart failure": ("active", "2020-01-01", None),
        "Pneumonia": ("resolved", "2020-01-01", "2020-03-01"),
        "Asthma": ("inactive", "2020-01-01", None),
    }


def test_an_allergy_has_its_substance_reaction_and_criticality(ward: Ward) -> None:
    ward.load(SUMMARY)
    (allergy,) = ward.facts("4711").allergies
    assert (allergy.text, allergy.codes[0].system, allergy.codes[0].code) == ("Penicillin G", "rxnorm", "7980")
    assert (allergy.status, allergy.kind, allergy.criticality) == ("active", "allergy", "high")
    assert allergy.reactions == ("Hives",)


def test_a_negated_allergy_to_nothing_in_particular_says_that_there_are_none(ward: Ward) -> None:
    text = SUMMARY.read_text().replace(
        'code="7980" codeSystem="2.16.840.1.113883.6.88" displayName="Penicillin G"', 'nullFlavor="NA"'
    )
    text = text.replace(
        f'<observation classCode="OBS" moodCode="EVN"><templateId root="{_T}7"/>',
        f'<observation classCode="OBS" moodCode="EVN" negationInd="true"><templateId root="{_T}7"/>',
    )
    ward.load(ward.put("none.xml", text))
    facts = ward.facts("4711")
    assert (facts.allergies, facts.allergies_known) == ((), "none")


def test_medications_have_status_dose_route_and_frequency_and_a_name_from_the_text(ward: Ward) -> None:
    ward.load(SUMMARY)
    found = {m.text: m for m in ward.facts("4711").medications}
    amlodipine = found["amlodipine 5 MG oral tablet"]
    assert (amlodipine.status, amlodipine.dose, amlodipine.route, amlodipine.frequency) == (
        "active",
        "5 mg",
        "oral",
        "every 12 hours",
    )
    assert found["metoprolol 25 MG oral tablet"].status == "completed"
    assert found["Herbal tea for sleep"].codes == ()


def test_results_keep_zero_open_ends_and_missing_values_apart(ward: Ward) -> None:
    ward.load(SUMMARY)
    found = {o.codes[0].code: o for o in ward.facts("4711").observations}
    egfr, inr, potassium = found["33914-3"], found["6301-6"], found["2823-3"]
    assert (egfr.value, egfr.unit, egfr.low, egfr.interpretation) == (0.0, "mL/min/{1.73_m2}", 60.0, "L")
    assert (inr.value, inr.comparator) == (1.1, "<")
    assert (potassium.value, potassium.absent) == (None, "UNK")
    assert (found["72166-2"].answer, found["72166-2"].category) == ("Never smoker", "social-history")


def test_what_is_only_planned_is_not_performed(ward: Ward) -> None:
    ward.load(SUMMARY)
    found = {p.text: (p.status, p.performed and str(p.performed)) for p in ward.facts("4711").procedures}
    assert found == {"Replacement of mitral valve": ("completed", "2011-04-05"), "Polypectomy": ("preparation", None)}


def test_the_person_is_known_by_the_identifiers_with_their_systems(ward: Ward) -> None:
    ward.load(SUMMARY)
    facts = ward.facts("4711")
    assert (facts.name, str(facts.birth_date), facts.sex, facts.language) == (
        "Maria Okoro",
        "1951-07-14",
        "female",
        "en",
    )
    assert facts.extracted is not None and facts.extracted.isoformat() == "2024-03-15T07:30:00+00:00"


def test_the_text_is_a_note_by_sections_and_rows_and_marks_denials_and_relatives(ward: Ward) -> None:
    ward.load(SUMMARY)
    sections = {passage.section[-1]: passage for passage in ward.notes("4711")}
    assert "Problem: Heart failure; Status: Active" in sections["Problems"].text
    assert sections["Family history"].negated == {1}
    history = sections["History of present illness"]
    assert [s.text for s in history.sentences if s.number in history.negated] == ["No chest pain."]


def test_a_newer_document_replaces_what_an_older_one_said(ward: Ward) -> None:
    newer = SUMMARY.read_text().replace("20240315083000", "20240501083000").replace('value="148"', 'value="131"')
    newer = newer.replace("Breathless for two weeks.", "Better.")
    ward.load(ward.put("newer.xml", newer), SUMMARY)
    assert [o.value for o in ward.facts("4711").observations if o.codes[0].code == "8480-6"] == [131.0]
    assert any("Better." in passage.text for passage in ward.notes("4711"))
    assert not any("Breathless" in passage.text for passage in ward.notes("4711"))


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("cut.xml", SUMMARY.read_text()[:3000], "truncated"),
        ("wrong.xml", "<ClinicalDocument xmlns='urn:hl7-org:v3'><a></b></ClinicalDocument>", "bad_xml"),
        ("other.xml", "<note/>", "not_ccda"),
        ("fhir.xml", "<Bundle xmlns='http://hl7.org/fhir'/>", "fhir_xml"),
        ("nobody.xml", "<ClinicalDocument xmlns='urn:hl7-org:v3'/>", "no_patient"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_by_name(name: str, content: str, code: str, ward: Ward) -> None:
    report = ward.load(ward.put(name, content))
    assert [(r["path"], r["code"]) for r in report.refused] == [(name, code)]
    assert ward.patients() == 0


def test_entities_are_not_resolved(ward: Ward) -> None:
    secret = ward.put("secret.txt", "TOP SECRET")
    text = SUMMARY.read_text().replace(
        "<ClinicalDocument", f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]><ClinicalDocument', 1
    )
    ward.load(ward.put("x.xml", text.replace("Never smoked.", "Never smoked. &s;")))
    assert not any("SECRET" in passage.text for passage in ward.notes("4711"))


NUMBERED = 'root="1.2.3.4.5" extension="4711"'


def test_a_document_without_any_number_of_the_patient_is_a_patient_of_its_own(ward: Ward) -> None:
    bare = SUMMARY.read_text().replace(NUMBERED, 'nullFlavor="UNK"')
    bare = bare.replace('root="2.16.840.1.113883.4.1" extension="111-22-3333"', 'nullFlavor="UNK"')
    path = ward.put("bare.xml", bare)
    assert ward.load(SUMMARY, path).facts == 2 * ward.load(path).unchanged - 2
    assert ward.patients() == 2


@pytest.mark.parametrize(("born", "patients", "codes"), [("19510714", 1, []), ("19800101", 2, ["patient_clash"])])
def test_numbers_of_hl7s_examples_link_only_where_the_birth_date_agrees(
    born: str, patients: int, codes: list[str], ward: Ward
) -> None:
    text = SUMMARY.read_text().replace(NUMBERED, 'root="2.16.840.1.113883.19.5.99999.2" extension="998991"')
    text = text.replace('root="2.16.840.1.113883.4.1" extension="111-22-3333"', 'nullFlavor="UNK"')
    other = text.replace("19510714", born).replace('extension="doc-1"', 'extension="doc-2"')
    report = ward.load(ward.put("a.xml", text), ward.put("b.xml", other))
    assert (ward.patients(), [r["code"] for r in report.refused]) == (patients, codes)
