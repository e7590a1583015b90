"""The patient as the medical record sent it: prefetched resources read by the same readers as a stored extract."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cds.patient import (
    Allergy,
    Condition,
    Immunization,
    Known,
    Medication,
    Observation,
    PatientFacts,
    Procedure,
)
from ingest.records.fhir.resources import Surroundings, read_resource
from knowledge.records.incoming import Item, NoneKnown, Person

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# A prefetch is looked through while somebody waits.
_MOST_RESOURCES = 2_000


def facts_from(prefetch: Mapping[str, Any], *, patient: str) -> PatientFacts | None:
    """Everything typed in a prefetch about this patient; None where the patient is not in it."""
    around = Surroundings(source="cds-hooks")
    resources = list(resources_in(prefetch))[:_MOST_RESOURCES]
    for resource in resources:
        around.remember(resource, None)
    person: Person | None = None
    facts: dict[type[Any], list[Any]] = {}
    for number, resource in enumerate(resources):
        for read in read_resource(resource, around, file="prefetch", number=str(number)):
            if isinstance(read, Person) and resource.get("id") == patient:
                person = read
            elif isinstance(read, Item) and read.subject.value == patient:
                for fact in read.facts:
                    facts.setdefault(type(fact), []).append(fact)
    if person is None:
        return None
    none = {nil.of: nil.source for nil in facts.get(NoneKnown, ())}
    conditions, medications = tuple(facts.get(Condition, ())), tuple(facts.get(Medication, ()))
    allergies = tuple(facts.get(Allergy, ()))
    observations = sorted(facts.get(Observation, ()), key=lambda one: one.taken or _LONG_AGO, reverse=True)
    return PatientFacts(
        patient=patient,
        name=person.name,
        birth_date=person.birth_date,
        sex=person.sex,
        language=person.language,
        conditions=conditions,
        medications=medications,
        allergies=allergies,
        observations=tuple(observations),
        procedures=tuple(facts.get(Procedure, ())),
        immunizations=tuple(facts.get(Immunization, ())),
        conditions_known=_known(conditions, "conditions" in none),
        medications_known=_known(medications, "medications" in none),
        allergies_known=_known(allergies, "allergies" in none),
        no_allergy_source=none.get("allergies"),
        deceased=person.deceased,
    )


def resources_in(prefetch: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every resource of a prefetch, out of its bundles; a key may be null or an OperationOutcome."""
    for value in prefetch.values():
        if not isinstance(value, dict):
            continue
        if value.get("resourceType") == "Bundle":
            for entry in value.get("entry") or ():
                resource = entry.get("resource") if isinstance(entry, dict) else None
                if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
                    yield resource
        elif isinstance(value.get("resourceType"), str):
            yield value


def _known(listed: tuple[Any, ...], stated_none: bool) -> Known:
    return "listed" if listed else "none" if stated_none else "unknown"
