"""A patient at a glance, as `cds patients show` and the patient's page give it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from cds.patient import Observation, PatientFacts
from knowledge.records.reading import Written

# The results a physician looks for first, by LOINC code: the same quantity has several.
KEY_RESULTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("eGFR", ("33914-3", "48642-3", "48643-1", "62238-1", "88293-6", "88294-4", "98979-8", "69405-9", "77147-7")),
    ("Creatinine", ("2160-0", "14682-9", "38483-4")),
    ("Potassium", ("2823-3", "6298-4", "2824-1")),
    ("Sodium", ("2951-2", "2947-0")),
    ("HbA1c", ("4548-4", "17856-6", "59261-8", "4549-2")),
    ("Glucose", ("2345-7", "2339-0", "15074-8", "14749-6", "1558-6")),
    ("LDL cholesterol", ("2089-1", "18262-6", "13457-7", "22748-8")),
    ("Haemoglobin", ("718-7", "30313-1", "30350-3")),
    ("INR", ("6301-6", "34714-6", "38875-1")),
    ("ALT", ("1742-6", "1743-4", "1744-2")),
    ("CRP", ("1988-5", "30522-7")),
    ("Systolic pressure", ("8480-6",)),
    ("Diastolic pressure", ("8462-4",)),
    ("Heart rate", ("8867-4",)),
    ("Oxygen saturation", ("2708-6", "59408-5")),
    ("Weight", ("29463-7", "3141-9")),
    ("Height", ("8302-2", "3137-7")),
    ("BMI", ("39156-5",)),
)
# A chart of more points than this shows no more; the newest are kept.
_POINTS = 24


def summary(facts: PatientFacts, notes: Sequence[Written], *, on: date) -> dict[str, Any]:
    """Everything known, and what matters first."""
    return {
        "id": facts.patient,
        "name": facts.name,
        "birth_date": facts.birth_date,
        "birth_precision": facts.birth_precision if facts.birth_date else None,
        "age": facts.age(on),
        "sex": facts.sex,
        "language": facts.language,
        "deceased": facts.deceased,
        "extracted": facts.extracted,
        "extract_age_days": (on - facts.extracted.date()).days if facts.extracted else None,
        "counts": {
            "conditions": len(facts.conditions),
            "medications": len(facts.medications),
            "allergies": len(facts.allergies),
            "observations": len(facts.observations),
            "procedures": len(facts.procedures),
            "immunizations": len(facts.immunizations),
            "notes": len(notes),
        },
        "known": {
            "conditions": facts.conditions_known,
            "medications": facts.medications_known,
            "allergies": facts.allergies_known,
        },
        "no_allergy_source": asdict(facts.no_allergy_source) if facts.no_allergy_source else None,
        "active_problems": [asdict(one) for one in facts.conditions if one.active],
        "active_medications": [asdict(one) for one in facts.medications if one.active],
        "active_allergies": [asdict(one) for one in facts.allergies if one.active],
        "key_results": [asdict(one) for one in key_results(facts)],
        "conditions": [asdict(one) for one in facts.conditions],
        "medications": [asdict(one) for one in facts.medications],
        "allergies": [asdict(one) for one in facts.allergies],
        "observations": [asdict(one) for one in facts.observations],
        "procedures": [asdict(one) for one in facts.procedures],
        "immunizations": [asdict(one) for one in facts.immunizations],
        "notes": [asdict(one) for one in notes],
    }


@dataclass(frozen=True, slots=True)
class Point:
    taken: datetime
    value: float


@dataclass(frozen=True, slots=True)
class KeyResult:
    """The last value of one quantity, and how it came to be: `points`, oldest first, in the same unit."""

    name: str
    value: float
    unit: str | None
    comparator: str | None
    taken: datetime
    fact: str
    low: float | None
    high: float | None
    points: tuple[Point, ...]


def key_results(facts: PatientFacts) -> tuple[KeyResult, ...]:
    """Those of the key results that this patient has."""
    by_code: dict[str, list[Observation]] = {}
    for one in facts.observations:
        if one.value is not None and one.taken is not None:
            for code in one.codes:
                if code.system == "loinc":
                    by_code.setdefault(code.code, []).append(one)
    found = []
    for name, codes in KEY_RESULTS:
        series = [one for code in codes for one in by_code.get(code, ())]
        if series:
            found.append(_result(name, series))
    return tuple(found)


def _result(name: str, series: Sequence[Observation]) -> KeyResult:
    ordered = sorted(series, key=lambda one: (_moment(one), one.id))
    last = ordered[-1]
    points = tuple(Point(_moment(one), one.value) for one in ordered if one.unit == last.unit and one.value is not None)
    return KeyResult(
        name=name,
        value=last.value if last.value is not None else 0.0,
        unit=last.unit,
        comparator=last.comparator,
        taken=_moment(last),
        fact=last.id,
        low=last.low,
        high=last.high,
        points=points[-_POINTS:],
    )


def _moment(one: Observation) -> datetime:
    if one.taken is None:
        raise ValueError("a key result has a time")
    return one.taken


def as_text(document: dict[str, Any]) -> str:
    """The summary for a terminal."""
    age = "age unknown" if document["age"] is None else f"{document['age']} years"
    lines = [f"{document['name'] or '(no name)'}, {age}, {document['sex']}  [{document['id']}]"]
    extracted = document["extracted"]
    lines.append(f"Extract of {extracted.date() if extracted else 'unknown date'}")
    for title, key, known in (
        ("Active problems", "active_problems", "conditions"),
        ("Active medications", "active_medications", "medications"),
        ("Allergies", "active_allergies", "allergies"),
    ):
        lines.append(f"\n{title}")
        rows = document[key]
        lines += [f"  {_line(row)}" for row in rows] or [f"  {_NOTHING[document['known'][known]]}"]
    if document["key_results"]:
        lines.append("\nLast results")
    for row in document["key_results"]:
        value = f"{row['comparator'] or ''}{row['value']:g} {row['unit'] or ''}".strip()
        lines.append(f"  {row['name']}: {value} ({row['taken'].date()}, {len(row['points'])} in all)")
    lines.append(f"\n{document['counts']['notes']} notes")
    return "\n".join(lines)


_NOTHING = {
    "none": "none: the record says so",
    "unknown": "unknown: the record says nothing",
    "listed": "none active",
}


def _line(row: dict[str, Any]) -> str:
    more = [str(row[name]) for name in ("dose", "frequency", "criticality", "onset") if row.get(name)]
    return f"{row['text']} ({', '.join(more)})" if more else str(row["text"])
