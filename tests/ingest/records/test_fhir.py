"""FHIR bundles: every fact in them, typed, with its source; what is no fact is none."""

import base64
import io
import json
from collections import Counter
from pathlib import Path

import pytest

from ingest.samples import PATIENTS
from tests.ingest.records.conftest import Ward
from tests.ingest.records.resources import Resource, bundle, coding, condition, lab, note, of, patient

SAMPLES = sorted(PATIENTS.glob("*.json"))
_READ = {
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "AllergyIntolerance",
    "Observation",
    "Procedure",
    "Immunization",
    "DocumentReference",
}


def counted(path: Path) -> Counter[str]:
    """An independent count: walk the JSON, a panel being its components and itself if it has a value."""
    found: Counter[str] = Counter()
    for entry in json.loads(path.read_text())["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] not in _READ:
            continue
        states = str(resource.get("verificationStatus")) + str(resource.get("status"))
        if "entered-in-error" in states or "refuted" in states or "not-done" in states:
            continue
        parts = resource.get("component", [])
        itself = not parts or any(name.startswith("value") for name in resource)
        found[resource["resourceType"]] += len(parts) + itself
    return found


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_fact_of_a_sample_patient_is_stored_once(path: Path, ward: Ward) -> None:
    expected = counted(path)
    report = ward.load(path)
    assert report.by_type == expected
    assert report.facts + report.notes == expected.total()
    assert report.refused == []
    again = ward.load(path)
    assert (again.facts, again.notes, again.unchanged) == (0, 0, expected.total())


def test_facts_keep_code_text_value_unit_time_and_where_they_came_from(ward: Ward) -> None:
    result = lab(
        meta={"versionId": "3", "lastUpdated": "2026-11-11T08:00:00Z"}, interpretation=[coding("x", "L", "Low")]
    )
    ward.load(ward.put("extract.json", bundle(patient(), result)))
    found = ward.facts("p1").observations[0]
    assert (found.text, found.value, found.unit, found.interpretation) == ("eGFR", 24.0, "mL/min/{1.73_m2}", "L")
    assert found.taken is not None and found.taken.isoformat() == "2026-11-10T00:00:00+00:00"
    assert (found.codes[0].system, found.codes[0].code) == ("loinc", "33914-3")
    assert (found.source.resource, found.source.version, found.source.file) == ("Observation/o1", "3", "extract.json")
    assert found.source.recorded is not None and found.source.recorded.isoformat() == "2026-11-11T08:00:00+00:00"


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (condition(verificationStatus={"coding": [{"code": "entered-in-error"}]}), "entered-in-error"),
        (condition(verificationStatus={"coding": [{"code": "refuted"}]}), "refuted"),
        ({**lab(), "status": "entered-in-error"}, "entered-in-error"),
        ({**lab(), "status": "cancelled"}, "cancelled"),
        (of("Procedure", "x", status="not-done", code=coding("s", "1", "Colonoscopy")), "not-done"),
        (
            of(
                "MedicationRequest",
                "x",
                status="active",
                doNotPerform=True,
                medicationCodeableConcept=coding("s", "1", "Warfarin"),
            ),
            "not-done",
        ),
        ({**note(), "docStatus": "entered-in-error"}, "entered-in-error"),
    ],
)
def test_what_was_entered_in_error_refuted_or_not_done_is_no_fact(resource: Resource, why: str, ward: Ward) -> None:
    report = ward.load(ward.put("a.json", bundle(patient(), resource)))
    assert (report.facts, report.notes, dict(report.not_facts)) == (0, 0, {why: 1})


def test_a_fact_that_is_later_entered_in_error_is_gone_and_was_there_before(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient(), condition(meta={"versionId": "1"}))))
    before = ward.clock.now()
    ward.clock.at = before.replace(hour=12)
    wrong = condition(meta={"versionId": "2"}, verificationStatus={"coding": [{"code": "entered-in-error"}]})
    ward.load(ward.put("b.json", bundle(patient(), wrong)))
    assert ward.facts("p1").conditions == ()
    scope = ward.scope("p1")
    with ward.db.reading() as tx:
        assert [c.text for c in ward.records.facts_as_of(tx, scope, before).conditions] == ["Asthma"]


def test_no_known_allergies_is_a_fact_and_an_empty_list_is_not(ward: Ward) -> None:
    none = of("AllergyIntolerance", "n", code=coding("http://snomed.info/sct", "716186003", "No known allergy"))
    ward.load(ward.put("a.json", bundle(patient("p1"), patient("p2"), none)))
    said, silent = ward.facts("p1"), ward.facts("p2")
    assert (said.allergies, said.allergies_known) == ((), "none")
    assert said.no_allergy_source is not None and said.no_allergy_source.resource == "AllergyIntolerance/n"
    assert (silent.allergies, silent.allergies_known) == ((), "unknown")


def test_an_allergy_outweighs_a_statement_that_there_are_none(ward: Ward) -> None:
    none = of("AllergyIntolerance", "n", code={"text": "NKDA"})
    real = of("AllergyIntolerance", "a", code={"text": "Penicillin"}, type="allergy", criticality="high")
    ward.load(ward.put("a.json", bundle(patient(), none, real)))
    facts = ward.facts("p1")
    assert (facts.allergies_known, facts.allergies[0].kind, facts.allergies[0].criticality) == (
        "listed",
        "allergy",
        "high",
    )


def test_a_panel_is_its_components_each_with_the_panels_time(ward: Ward) -> None:
    def part(code: str, value: float) -> Resource:
        return {"code": coding("http://loinc.org", code, code), "valueQuantity": {"value": value, "code": "mm[Hg]"}}

    panel = of(
        "Observation",
        "bp",
        status="final",
        code=coding("http://loinc.org", "85354-9", "Blood pressure"),
        effectiveDateTime="2026-01-02T10:00:00+02:00",
        component=[part("8480-6", 150), part("8462-4", 0)],
    )
    ward.load(ward.put("a.json", bundle(patient(), panel)))
    found = {o.codes[0].code: o for o in ward.facts("p1").observations}
    assert set(found) == {"8480-6", "8462-4"}
    assert found["8462-4"].value == 0  # zero is a value
    assert found["8480-6"].taken is not None and found["8480-6"].taken.hour == 8
    assert found["8480-6"].panel == "Blood pressure"


def test_unknown_and_zero_and_not_measured_are_three_things(ward: Ward) -> None:
    zero, missing = lab("o1", value=0), lab("o2")
    missing.pop("valueQuantity")
    missing["dataAbsentReason"] = {"coding": [{"code": "not-performed"}]}
    ward.load(ward.put("a.json", bundle(patient(), zero, missing)))
    found = {o.source.resource: (o.value, o.absent) for o in ward.facts("p1").observations}
    assert found == {"Observation/o1": (0.0, None), "Observation/o2": (None, "not-performed")}


@pytest.mark.parametrize(
    "medication",
    [
        {"medicationCodeableConcept": coding("http://www.nlm.nih.gov/research/umls/rxnorm", "6809", "metformin")},
        {"medication": {"concept": coding("http://www.nlm.nih.gov/research/umls/rxnorm", "6809", "metformin")}},
        {"medicationReference": {"reference": "Medication/m"}},
        {"medicationReference": {"reference": "urn:uuid:m"}},
        {"medication": {"reference": {"reference": "Medication/m"}}},
        {
            "contained": [
                {
                    "resourceType": "Medication",
                    "id": "in",
                    "code": coding("http://www.nlm.nih.gov/research/umls/rxnorm", "6809", "metformin"),
                }
            ],
            "medicationReference": {"reference": "#in"},
        },
    ],
    ids=["R4 in place", "R5 in place", "R4 reference", "by full URL", "R5 reference", "contained"],
)
def test_a_drug_is_found_wherever_the_resource_names_it(medication: Resource, ward: Ward) -> None:
    drug = {
        "resourceType": "Medication",
        "id": "m",
        "code": coding("http://www.nlm.nih.gov/research/umls/rxnorm", "6809", "metformin"),
    }
    dosage = [
        {
            "text": "500 mg twice a day",
            "doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg"}}],
            "route": coding("s", "1", "oral"),
            "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
        }
    ]
    request = of("MedicationRequest", "r", status="on-hold", intent="order", dosageInstruction=dosage, **medication)
    ward.load(ward.put("a.json", bundle(request, drug, patient())))
    found = ward.facts("p1").medications[0]
    assert (found.text, found.codes[0].system, found.codes[0].code) == ("metformin", "rxnorm", "6809")
    assert (found.status, found.dose, found.route, found.frequency) == ("on-hold", "500 mg", "oral", "twice a day")


def test_r5_statements_of_taking_are_read_by_adherence(ward: Ward) -> None:
    drug = {"concept": {"text": "ibuprofen"}}
    taking = of(
        "MedicationStatement",
        "a",
        status="recorded",
        medication=drug,
        adherence={"code": {"coding": [{"code": "taking"}]}},
    )
    stopped = of(
        "MedicationStatement",
        "b",
        status="recorded",
        medication=drug,
        adherence={"code": {"coding": [{"code": "not-taking"}]}},
    )
    ward.load(ward.put("a.json", bundle(patient(), taking, stopped)))
    found = {m.source.resource: m.status for m in ward.facts("p1").medications}
    assert found == {"MedicationStatement/a": "active", "MedicationStatement/b": "stopped"}


def test_demographics_keep_how_much_of_the_birth_date_is_known(ward: Ward) -> None:
    spoken = [{"language": {"coding": [{"code": "nl"}]}, "preferred": True}]
    ward.load(
        ward.put(
            "a.json",
            bundle(
                patient(
                    born="1950-07",
                    communication=spoken,
                    deceasedBoolean=False,
                    name=[{"given": ["Ann"], "family": "Lee"}],
                )
            ),
        )
    )
    facts = ward.facts("p1")
    assert (facts.name, facts.sex, facts.language, facts.deceased) == ("Ann Lee", "female", "nl", False)
    assert (str(facts.birth_date), facts.birth_precision) == ("1950-07-01", "month")
    assert facts.age(facts.birth_date.replace(year=2000)) == 50 if facts.birth_date else False


def test_resources_of_a_patient_who_is_not_there_are_refused_and_the_rest_is_kept(ward: Ward) -> None:
    stray, loose = condition("c9", "somebody-else"), condition("c8")
    loose.pop("subject")
    report = ward.load(ward.put("a.json", bundle(patient(), condition(), stray, loose)))
    assert report.facts == 1
    assert sorted((r["code"], r["resource"]) for r in report.refused) == [
        ("no_patient", "Condition/c8"),
        ("no_patient", "Condition/c9"),
    ]


def test_types_that_hold_no_fact_are_counted_and_no_error(ward: Ward) -> None:
    report = ward.load(ward.put("a.json", bundle(patient(), of("Claim", "x"), of("Claim", "y"), of("Encounter", "z"))))
    assert (dict(report.unknown_types), report.refused) == ({"Claim": 2, "Encounter": 1}, [])


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("other.json", {"hello": "world"}, "not_fhir"),
        ("words.json", "just some words", "not_fhir"),
        ("broken.json", '{"resourceType": "Bundle", "entry": [}', "bad_json"),
        ("cut.json", '{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Pa', "truncated"),
        ("empty.json", "", "not_fhir"),
        ("picture.png", b"\x89PNG\r\n", "unknown_format"),
    ],
)
def test_a_file_that_is_no_fhir_is_refused_by_name(name: str, content: object, code: str, ward: Ward) -> None:
    report = ward.load(ward.put(name, content), ward.put("good.json", bundle(patient(), condition())))
    assert [(r["path"], r["code"]) for r in report.refused] == [(name, code)]
    assert report.facts == 1


def test_what_came_before_the_break_in_a_cut_off_bundle_is_kept(ward: Ward) -> None:
    whole = json.dumps(bundle(patient(), condition("c1"), condition("c2"), condition("c3")))
    report = ward.load(ward.put("cut.json", whole[: whole.index('"c3"')]))
    assert report.facts == 2
    assert [r["code"] for r in report.refused] == ["truncated"]


def test_a_large_bundle_is_read_entry_by_entry_with_the_same_result(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "metformin"}}
    request = of("MedicationRequest", "r", status="active", medicationReference={"reference": "Medication/m"})
    monkeypatch.setattr("ingest.records.fhir.bundle._WHOLE", 10)
    report = ward.load(
        ward.put("a.json", bundle(request, condition(), drug, patient(), timestamp="2026-11-01T00:00:00Z"))
    )
    assert (report.facts, report.refused) == (2, [])
    facts = ward.facts("p1")
    assert facts.medications[0].text == "metformin"
    assert facts.extracted is not None and facts.extracted.day == 1


@pytest.mark.parametrize("write", ["bundle", "list", "one resource a line"])
def test_json_of_other_shapes_is_read_too(write: str, ward: Ward) -> None:
    resources = [patient(), condition()]
    content = {
        "bundle": json.dumps(bundle(bundle(*resources))),
        "list": json.dumps(resources),
        "one resource a line": "\n".join(json.dumps(one) for one in resources),
    }[write]
    assert ward.load(ward.put("a.json", content)).facts == 1


def test_an_entry_that_says_no_type_is_refused_and_one_without_resource_is_nothing(ward: Ward) -> None:
    document = bundle(patient(), condition())
    document["entry"] += [{"resource": {"id": "x"}}, {"response": {"status": "201"}}]
    report = ward.load(ward.put("a.json", document))
    assert (report.facts, [r["code"] for r in report.refused]) == (1, ["not_fhir"])


def attached(kind: str, content: bytes) -> Resource:
    data = base64.b64encode(content).decode()
    return {**note(), "content": [{"attachment": {"contentType": kind, "data": data}}]}


def pdf(text: str) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    made = io.BytesIO()
    canvas = Canvas(made)
    canvas.drawString(72, 720, "Cover page.")
    canvas.showPage()
    canvas.drawString(72, 720, text)
    canvas.save()
    return made.getvalue()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/plain; charset=iso-8859-1", "Crème: no rash.".encode("latin-1")),
        ("text/html", "<html><body><h2>Skin</h2><p>Crème: no rash.</p></body></html>".encode()),
        ("application/xhtml+xml", "<div xmlns='http://www.w3.org/1999/xhtml'><p>Crème: no rash.</p></div>".encode()),
        ("application/pdf", pdf("Crème: no rash.")),
    ],
)
def test_notes_are_read_from_text_html_and_pdf(kind: str, content: bytes, ward: Ward) -> None:
    report = ward.load(ward.put("a.json", bundle(patient(), attached(kind, content))))
    assert (report.notes, report.refused) == (1, [])
    passage = ward.notes("p1")[-1]
    assert "Crème: no rash." in passage.text and passage.negated
    assert passage.page == (2 if kind == "application/pdf" and not passage.text.startswith("Cover") else passage.page)


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [("application/pdf", b"%PDF-1.7 broken", "bad_attachment"), ("image/png", b"x", None)],
)
def test_an_attachment_without_text_is_refused_or_counted(
    kind: str, content: bytes, code: str | None, ward: Ward
) -> None:
    report = ward.load(ward.put("a.json", bundle(patient(), attached(kind, content), condition())))
    assert (report.notes, report.facts) == (0, 1)
    assert [r["code"] for r in report.refused] == ([code] if code else [])
    assert bool(report.unknown_types) is (code is None)


def test_a_report_is_a_note_by_its_conclusion_and_forms(ward: Ward) -> None:
    form = {"contentType": "text/plain", "data": base64.b64encode(b"Right lower lobe consolidation.").decode()}
    report = of(
        "DiagnosticReport",
        "r",
        status="final",
        code={"text": "Chest X-ray"},
        effectiveDateTime="2026-01-02",
        conclusion="Pneumonia.",
        presentedForm=[form],
        text={"status": "generated", "div": "<div>again</div>"},
    )
    ward.load(ward.put("a.json", bundle(patient(), report)))
    (passage,) = ward.notes("p1")
    assert passage.text == "Pneumonia.\n\nRight lower lobe consolidation."
    assert (passage.document.title, str(passage.document.published)) == ("Chest X-ray", "2026-01-02")


def test_a_document_bundles_narrative_is_a_note_by_sections(ward: Ward) -> None:
    section = {"title": "Family history", "text": {"div": "<div><p>Mother had gout.</p></div>"}}
    summary = of(
        "Composition", "x", status="final", type={"text": "Patient summary"}, title="Summary", section=[section]
    )
    ward.load(ward.put("a.json", {**bundle(summary, patient()), "type": "document"}))
    (passage,) = ward.notes("p1")
    assert (passage.section, passage.text, passage.negated) == (("Family history",), "Mother had gout.", {1})
