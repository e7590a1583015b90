"""FHIR resources for tests, as small as they can be."""

import base64
from typing import Any

Resource = dict[str, Any]


def patient(number: str = "p1", *, mrn: str | None = None, born: str | None = "1960-02-01", **more: Any) -> Resource:
    resource: Resource = {"resourceType": "Patient", "id": number, "gender": "female", **more}
    if born:
        resource["birthDate"] = born
    if mrn:
        resource["identifier"] = [{"system": "https://hospital.example/mrn", "value": mrn}]
    return resource


def coding(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def of(kind: str, number: str, subject: str = "p1", **more: Any) -> Resource:
    named = "patient" if kind in ("AllergyIntolerance", "Immunization") else "subject"
    return {"resourceType": kind, "id": number, named: {"reference": f"Patient/{subject}"}, **more}


def condition(
    number: str = "c1", subject: str = "p1", *, text: str = "Asthma", status: str = "active", **more: Any
) -> Resource:
    code = coding("http://snomed.info/sct", "195967001", text)
    return of("Condition", number, subject, code=code, clinicalStatus={"coding": [{"code": status}]}, **more)


def lab(
    number: str = "o1", subject: str = "p1", *, value: float = 24, when: str = "2026-11-10", **more: Any
) -> Resource:
    quantity = {"value": value, "unit": "mL/min", "code": "mL/min/{1.73_m2}", "system": "http://unitsofmeasure.org"}
    code = coding("http://loinc.org", "33914-3", "eGFR")
    return of(
        "Observation",
        number,
        subject,
        status="final",
        code=code,
        effectiveDateTime=when,
        valueQuantity=quantity,
        **more,
    )


def note(
    number: str = "d1", subject: str = "p1", *, text: str = "Seen today.", when: str = "2026-11-10", **more: Any
) -> Resource:
    attachment = {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}
    content = [{"attachment": attachment}]
    return of("DocumentReference", number, subject, status="current", date=when, content=content, **more)


def bundle(*resources: Resource, **more: Any) -> Resource:
    entries = [{"fullUrl": f"urn:uuid:{one.get('id', n)}", "resource": one} for n, one in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **more}
