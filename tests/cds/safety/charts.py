"""Patients made for one rule at a time: what the rule asks of the chart is there, or nearly there."""

# ruff: noqa: E501 a table of cases reads better one case a line

from dataclasses import replace
from datetime import UTC, date, datetime

from cds.patient import Allergy, Code, Condition, Medication, Observation, PatientFacts, Source
from cds.safety.rules import Condition as Asked

ON = date(2026, 11, 21)
_SOURCE = Source("Test/1")
_UNITS = {"egfr": ("98979-8", "eGFR", "mL/min"), "potassium": ("2823-3", "Potassium", "mmol/L"), "qtc": ("8636-3", "QTc", "ms"), "sbp": ("8480-6", "Systolic pressure", "mm[Hg]")}  # fmt: skip
_STATES = {
    "pregnant": "Pregnancy",
    "breastfeeding": "Breastfeeding (mother)",
    "liver": "Chronic hepatitis B",
    "severe-liver": "Decompensated cirrhosis of the liver",
}


def patient(*, age: int = 40, sex: str = "female", **changes: object) -> PatientFacts:
    """A woman of 40 with nothing on her chart, whose allergies are known to be none."""
    born = date(ON.year - age, 1, 1)
    plain = PatientFacts("p", None, born, sex, None, allergies_known="none", conditions_known="listed")  # type: ignore[arg-type]
    return replace(plain, **changes)  # type: ignore[arg-type]


def condition(text: str, *, status: str = "active", onset: date | None = None) -> Condition:
    return Condition(f"c-{text}", text, (), status, _SOURCE, onset=onset)  # type: ignore[arg-type]


def medication(text: str, *, status: str = "active", identifier: str = "") -> Medication:
    return Medication(identifier or f"m-{text}", text, (), status, _SOURCE)  # type: ignore[arg-type]


def allergy(text: str, *, status: str = "active") -> Allergy:
    return Allergy(f"a-{text}", text, (), status, _SOURCE)  # type: ignore[arg-type]


def result(what: str, value: float, *, day: date = date(2026, 11, 1)) -> Observation:
    code, text, unit = _UNITS[what]
    taken = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Observation(f"o-{what}-{day}", text, (Code("loinc", code),), _SOURCE, value=value, unit=unit, taken=taken)


def pregnancy_status(answer: str, *, day: date = date(2026, 11, 1)) -> Observation:
    taken = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Observation(
        f"o-p-{day}", "Pregnancy status", (Code("loinc", "82810-3"),), _SOURCE, answer=answer, taken=taken
    )


def met(facts: PatientFacts, asked: Asked, *, other: str) -> PatientFacts:
    """The same patient with what a rule asks; `other` is a medicine taken where the rule asks for one."""
    if asked.what == "age":
        edge = {"<": -1, "<=": 0, ">": 1, ">=": 0}[asked.comparator]
        return replace(facts, birth_date=date(ON.year - int(asked.value) - edge, 1, 1))
    if asked.comparator:
        edge = {"<": -0.1, "<=": 0, ">": 0.1, ">=": 0}[asked.comparator]
        return replace(facts, observations=(*facts.observations, result(asked.what, asked.value + edge)))
    if asked.what == "could-be-pregnant":
        return replace(facts, sex="female", birth_date=date(1996, 1, 1))
    if asked.what in _STATES:
        return replace(facts, conditions=(*facts.conditions, condition(_STATES[asked.what])))
    if asked.what == "condition":
        return replace(facts, conditions=(*facts.conditions, condition(asked.name)))
    if asked.what == "allergy":
        return replace(facts, allergies=(allergy(other),), allergies_known="listed")
    return replace(facts, medications=(*facts.medications, medication(other)))


def missed(facts: PatientFacts, asked: Asked, *, other: str) -> PatientFacts:
    """The same patient as close to the rule as one can be without meeting it."""
    if asked.what == "age":
        edge = {"<": 0, "<=": 1, ">": 0, ">=": -1}[asked.comparator]
        return replace(facts, birth_date=date(ON.year - int(asked.value) - edge, 1, 1))
    if asked.comparator:
        edge = {"<": 0, "<=": 0.1, ">": 0, ">=": -0.1}[asked.comparator]
        return replace(facts, observations=(*facts.observations, result(asked.what, asked.value + edge)))
    if asked.what == "could-be-pregnant":
        return replace(facts, sex="female", birth_date=date(1960, 1, 1))
    if asked.what == "pregnant":
        long_ago = condition("Pregnancy", onset=date(2024, 1, 1))
        return replace(facts, conditions=(*facts.conditions, long_ago, condition("History of pregnancy")))
    if asked.what in _STATES:
        return replace(facts, conditions=(*facts.conditions, condition(_STATES[asked.what], status="resolved")))
    if asked.what == "condition":
        return replace(facts, conditions=(*facts.conditions, condition(asked.name, status="resolved")))
    if asked.what == "allergy":
        return replace(facts, allergies=(allergy(other, status="resolved"),), allergies_known="listed")
    return replace(facts, medications=(*facts.medications, medication(other, status="stopped")))
