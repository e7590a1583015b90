"""The patient in one line, always in view, so that the wrong patient is noticed."""

from dataclasses import dataclass
from datetime import date, datetime

from cds.emergencies import Emergency
from cds.patient import Allergy, Condition, Known, Medication, Observation, PatientFacts

# What is looked at before a prescription, by LOINC. The first code that was measured is shown.
_KEY_RESULTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("eGFR", ("98979-8", "62238-1", "33914-3", "69405-9", "48642-3", "48643-1", "50210-4", "77147-7", "88293-6")),
    ("Creatinine", ("2160-0", "14682-9", "38483-4")),
    ("Potassium", ("2823-3", "6298-4")),
    ("HbA1c", ("4548-4", "17856-6", "59261-8")),
    ("INR", ("6301-6", "34714-6")),
    ("Haemoglobin", ("718-7",)),
    ("Weight", ("29463-7", "3141-9")),
)
_SYSTOLIC, _DIASTOLIC = "8480-6", "8462-4"


@dataclass(frozen=True, slots=True)
class Result:
    """One key result as it is read aloud."""

    name: str
    text: str
    taken: date | None
    fact: str


@dataclass(frozen=True, slots=True)
class PatientStrip:
    patient: str
    name: str | None
    sex: str
    age: int | None
    birth_date: date | None
    deceased: bool
    conditions: tuple[Condition, ...]
    conditions_known: Known
    medications: tuple[Medication, ...]
    medications_known: Known
    allergies: tuple[Allergy, ...]
    allergies_known: Known
    results: tuple[tuple[date | None, tuple[Result, ...]], ...]  # newest day first
    extracted: datetime | None
    days_old: int | None
    emergency: Emergency | None = None


def strip_of(facts: PatientFacts, *, on: date, emergency: Emergency | None = None) -> PatientStrip:
    """What of a patient's facts is always in view."""
    return PatientStrip(
        patient=facts.patient,
        name=facts.name,
        sex=facts.sex,
        age=facts.age(on),
        birth_date=facts.birth_date,
        deceased=bool(facts.deceased),
        conditions=tuple(condition for condition in facts.conditions if condition.active),
        conditions_known=facts.conditions_known,
        medications=tuple(medication for medication in facts.medications if medication.active),
        medications_known=facts.medications_known,
        allergies=tuple(allergy for allergy in facts.allergies if allergy.active),
        allergies_known=facts.allergies_known,
        results=_by_day(_results(facts)),
        extracted=facts.extracted,
        days_old=(on - facts.extracted.date()).days if facts.extracted else None,
        emergency=emergency,
    )


def _results(facts: PatientFacts) -> tuple[Result, ...]:
    found = []
    systolic, diastolic = facts.latest(_SYSTOLIC), facts.latest(_DIASTOLIC)
    if systolic is not None and diastolic is not None and systolic.taken == diastolic.taken:
        text = f"{_number(systolic)}/{_number(diastolic)} mmHg"
        found.append(Result("BP", text, _day(systolic), systolic.id))
    for name, codes in _KEY_RESULTS:
        newest = facts.latest(*codes)
        if newest is not None and newest.value is not None:
            text = f"{newest.comparator or ''}{_number(newest)} {_unit(newest.unit)}".strip()
            found.append(Result(name, text, _day(newest), newest.id))
    return tuple(found)


def _by_day(results: tuple[Result, ...]) -> tuple[tuple[date | None, tuple[Result, ...]], ...]:
    days = sorted({result.taken for result in results}, key=lambda day: day or date.min, reverse=True)
    return tuple((day, tuple(result for result in results if result.taken == day)) for day in days)


def _number(observation: Observation) -> str:
    return f"{observation.value:g}" if observation.value is not None else "?"


def _unit(unit: str | None) -> str:
    # UCUM writes for machines: mL/min/{1.73_m2}
    return (unit or "").replace("{1.73_m2}", "1.73 m²").replace("[", "").replace("]", "")


def _day(observation: Observation) -> date | None:
    return observation.taken.date() if observation.taken else None
