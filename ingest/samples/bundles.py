"""Make a patient source into a FHIR R4 transaction bundle, shaped like what real systems export."""

import base64
import datetime as dt
import functools
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ingest.samples.source import NOTICE

SNOMED, LOINC, RXNORM, UCUM = (
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://unitsofmeasure.org",
)
_CVX = "http://hl7.org/fhir/sid/cvx"
_HL7 = "http://terminology.hl7.org/CodeSystem"
_OURS = "https://demo.invalid"  # a name that resolves nowhere, on purpose
_ROUTES = {"mouth": ("26643006", "Oral route"), "inhaler": ("447694001", "Respiratory tract route")}
_TERMS = Path(__file__).parent / "sources" / "terms.yaml"

Resource = dict[str, Any]


def to_bundle(path: Path) -> bytes:
    """The bundle of the patient kept at `path`; the same bytes on every run."""
    person = yaml.safe_load(path.read_text(encoding="utf-8"))
    patient = _patient(path.stem, person)
    clinic, doctor = _clinic(), _doctor()
    resources = [patient, clinic, doctor, *_record(path.stem, person, _reference(patient), _reference(doctor))]
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": _reference(r), "resource": r, "request": {"method": "POST", "url": r["resourceType"]}}
            for r in resources
        ],
    }
    return (json.dumps(bundle, indent=1, ensure_ascii=False) + "\n").encode()


def _record(stem: str, person: Resource, patient: str, doctor: str) -> Iterator[Resource]:
    subject = {"reference": patient}
    for kind, make in (
        ("conditions", _condition),
        ("medications", _medication),
        ("procedures", _procedure),
    ):
        for number, said in enumerate(person.get(kind, [])):
            yield make(_id(stem, kind, number), said) | {"subject": subject}
    for number, said in enumerate(person.get("allergies", [])):
        yield _allergy(_id(stem, "allergies", number), said) | {"patient": subject}
    for number, said in enumerate(person.get("immunizations", [])):
        yield _immunization(_id(stem, "immunizations", number), said) | {"patient": subject}
    for name, series in person.get("observations", {}).items():
        for day, value in series.items():
            yield _observation(_id(stem, name, day), name, day, value) | {"subject": subject}
    for number, said in enumerate(person.get("notes", [])):
        yield _note(_id(stem, "notes", number), said) | {"subject": subject, "author": [{"reference": doctor}]}


def _patient(stem: str, person: Resource) -> Resource:
    return {
        "resourceType": "Patient",
        "id": _id(stem, "patient"),
        "meta": {"tag": [{"system": f"{_OURS}/tags", "code": "synthetic", "display": NOTICE}]},
        "identifier": [
            {
                "use": "usual",
                "type": {"coding": [{"system": f"{_HL7}/v2-0203", "code": "MR", "display": "Medical Record Number"}]},
                "system": f"{_OURS}/mrn",
                "value": person["mrn"],
            }
        ],
        "active": True,
        "name": [{"use": "official", "family": person["family"], "given": [person["given"]]}],
        "gender": person["gender"],
        "birthDate": str(person["birth"]),
        "address": [{"use": "home", "city": person["city"], "country": "XX"}],
        "communication": [
            {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": person.get("language", "en")}]}}
        ],
    }


def _clinic() -> Resource:
    return {
        "resourceType": "Organization",
        "id": _id("clinic"),
        "active": True,
        "name": "Northbridge Demonstration Clinic",
    }


def _doctor() -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": _id("doctor"),
        "active": True,
        "name": [{"family": "Example", "given": ["Robin"], "prefix": ["Dr."]}],
    }


def _condition(identity: str, said: Resource) -> Resource:
    status = "resolved" if "until" in said else "active"
    condition: Resource = {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": _concept(f"{_HL7}/condition-clinical", status),
        "verificationStatus": _concept(f"{_HL7}/condition-ver-status", "confirmed"),
        "category": [_concept(f"{_HL7}/condition-category", "problem-list-item")],
        "code": _term("conditions", SNOMED, said["is"], said.get("text")),
        "onsetDateTime": _moment(said["since"]),
        "recordedDate": _moment(said["since"]),
    }
    if "until" in said:
        condition["abatementDateTime"] = _moment(said["until"])
    return condition


def _medication(identity: str, said: Resource) -> Resource:
    """Ordered here: a request. Said by the patient or bought over the counter: a statement."""
    dosage: Resource = {"text": said["dose"]}
    if "amount" in said:
        value, unit = said["amount"].split(" ", 1)
        dosage["doseAndRate"] = [{"doseQuantity": _quantity(float(value), unit)}]
        code, words = _ROUTES[said.get("by", "mouth")]
        dosage["route"] = {"coding": [{"system": SNOMED, "code": code, "display": words}], "text": words}
        dosage["asNeededBoolean"] = said.get("when needed", False)
    if "times" in said:
        times, unit = said["times"]
        dosage["timing"] = {"repeat": {"frequency": times, "period": 1, "periodUnit": unit}}
    shared: Resource = {
        "id": identity,
        "status": said.get("status", "active"),
        "medicationCodeableConcept": _term("medications", RXNORM, said["is"], said["text"]),
    }
    if said.get("over the counter"):
        return {
            "resourceType": "MedicationStatement",
            **shared,
            "effectivePeriod": {"start": _moment(said["since"])},
            "dateAsserted": _moment(said["since"]),
            "dosage": [dosage],
        }
    return {
        "resourceType": "MedicationRequest",
        **shared,
        "intent": "proposal" if shared["status"] == "draft" else "order",
        "authoredOn": _moment(said["since"]),
        "dosageInstruction": [dosage],
    }


def _procedure(identity: str, said: Resource) -> Resource:
    return {
        "resourceType": "Procedure",
        "id": identity,
        "status": "completed",
        "code": _term("procedures", SNOMED, said["is"], said.get("text")),
        "performedDateTime": _moment(said["date"]),
    }


def _allergy(identity: str, said: Resource) -> Resource:
    allergy: Resource = {
        "resourceType": "AllergyIntolerance",
        "id": identity,
        "clinicalStatus": _concept(f"{_HL7}/allergyintolerance-clinical", "active"),
        "verificationStatus": _concept(f"{_HL7}/allergyintolerance-verification", "confirmed"),
        "code": _term("allergies", SNOMED, said["is"], said.get("text")),
        "recordedDate": _moment(said["since"]),
    }
    if said["is"] != "no known allergy":
        allergy |= {
            "type": said.get("type", "allergy"),
            "category": ["medication"],
            "criticality": said["criticality"],
            "reaction": [
                {"manifestation": [_term("reactions", SNOMED, said["reaction"])], "severity": said["severity"]}
            ],
        }
    return allergy


def _immunization(identity: str, said: Resource) -> Resource:
    return {
        "resourceType": "Immunization",
        "id": identity,
        "status": "completed",
        "vaccineCode": _term("immunizations", _CVX, said["is"]),
        "occurrenceDateTime": _moment(said["date"]),
        "primarySource": True,
    }


def _observation(identity: str, name: str, day: dt.date, value: Any) -> Resource:
    code, _, *rest = _terms()["observations"][name]
    category = "vital-signs" if "vital" in rest else "social-history" if name == "smoking" else "laboratory"
    observation: Resource = {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "category": [_concept(f"{_HL7}/observation-category", category)],
        "code": _term("observations", LOINC, name),
        "effectiveDateTime": _moment(day),
    }
    if code == "85354-9":
        systolic, diastolic = (float(part) for part in value.split("/"))
        return observation | {
            "component": [
                {
                    "code": {"coding": [{"system": LOINC, "code": part, "display": words}], "text": words},
                    "valueQuantity": _quantity(pressure, "mm[Hg]"),
                }
                for part, words, pressure in (
                    ("8480-6", "Systolic blood pressure", systolic),
                    ("8462-4", "Diastolic blood pressure", diastolic),
                )
            ]
        }
    if value in _terms()["answers"]:
        system, answer, words = _terms()["answers"][value]
        coding = {"system": system, "code": answer, "display": words}
        return observation | {"valueCodeableConcept": {"coding": [coding], "text": words}}
    return observation | {"valueQuantity": _quantity(value, rest[0])}


def _note(identity: str, said: Resource) -> Resource:
    text = base64.b64encode(said["text"].strip().encode()).decode()
    return {
        "resourceType": "DocumentReference",
        "id": identity,
        "status": "current",
        "type": _term("notes", LOINC, said["is"]),
        "date": f"{said['date']}T12:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": text, "title": said["is"]}}],
    }


def _term(kind: str, system: str, name: str, text: str | None = None) -> Resource:
    code, words = _terms()[kind][name][:2]
    return {"coding": [{"system": system, "code": code, "display": words}], "text": text or words}


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _quantity(value: float, unit: str) -> Resource:
    return {"value": int(value) if value == int(value) else value, "unit": unit, "system": UCUM, "code": unit}


def _moment(day: dt.date) -> str:
    return f"{day}T09:00:00+00:00"


def _reference(resource: Resource) -> str:
    return f"urn:uuid:{resource['id']}"


def _id(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join([_OURS, *map(str, parts)])))


@functools.cache
def _terms() -> dict[str, Any]:
    terms: dict[str, Any] = yaml.safe_load(_TERMS.read_text(encoding="utf-8"))
    return terms
