"""From a FHIR resource to the facts it states; one function a type, one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cds.patient import Allergy, Code, Condition, Immunization, Medication, Procedure, Source
from ingest.records.codes import SAYS_NOTHING, none_known
from ingest.records.dates import read_date
from ingest.records.fhir.observations import read_observation
from ingest.records.fhir.values import Resource, codes, each, number, part, plain, string, until, when, words
from knowledge.records.incoming import Fact, NoneKnown

# A resource that names the drug, and how to look it up by its reference.
Lookup = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Stated:
    """The facts of one resource, or why it states none."""

    facts: tuple[Fact | NoneKnown, ...] = ()
    not_fact: str | None = None


def read_facts(resource: Resource, *, source: Source, lookup: Lookup) -> Stated:
    """What this resource states as facts."""
    why = _withdrawn(resource)
    if why is not None:
        return Stated(not_fact=why)
    return READERS[str(resource["resourceType"])](resource, source, lookup)


def _withdrawn(resource: Resource) -> str | None:
    """Entered in error, or refuted: not a fact."""
    for name in ("status", "verificationStatus"):
        if (said := plain(resource.get(name))) in _NOT_FACTS:
            return _NOT_FACTS[said or ""]
    if resource["resourceType"] == "Observation" and plain(resource.get("status")) == "cancelled":
        return "cancelled"
    if resource.get("doNotPerform") is True or resource.get("wasNotGiven") is True or resource.get("notGiven") is True:
        return "not-done"
    return None


_NOT_FACTS = {
    "entered-in-error": "entered-in-error",
    "refuted": "refuted",
    "not-done": "not-done",
}


def _condition(resource: Resource, source: Source, lookup: Lookup) -> Stated:
    coded = codes(resource.get("code"))
    if (nil := _nil(coded, source, words(resource.get("code")))) is not None:
        return nil
    text = words(resource.get("code"))
    if text is None:
        return Stated(not_fact="without-code")
    ended = when(resource, "abatementDateTime", "abatementPeriod")
    status = plain(resource.get("clinicalStatus"))
    gone = ended or resource.get("abatementAge") or resource.get("abatementBoolean") is True
    verification = plain(resource.get("verificationStatus"))
    return Stated(
        (
            Condition(
                id="",
                text=text,
                codes=coded,
                status=_CONDITION.get(status or "", "resolved" if gone and status is None else "unknown"),
                source=source,
                onset=read_date(when(resource, "onsetDateTime", "onsetPeriod")),
                ended=read_date(ended),
                verification=None if verification == "unknown" else verification,
            ),
        )
    )


_CONDITION: dict[str, Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved", "unknown"]] = {
    "active": "active",
    "recurrence": "recurrence",
    "relapse": "relapse",
    "inactive": "inactive",
    "remission": "remission",
    "resolved": "resolved",
}


def _medication(resource: Resource, source: Source, lookup: Lookup) -> Stated:
    text, coded = drug(resource, lookup)
    if (nil := _nil(coded, source, text)) is not None:
        return nil
    if text is None:
        return Stated(not_fact="without-code")
    status = _MEDICATION.get(plain(resource.get("status")) or "", "unknown")
    if resource["resourceType"] in ("MedicationStatement", "MedicationUsage"):
        taking = plain(part(resource.get("adherence")).get("code"))
        said = plain(resource.get("status"))
        status = _ADHERENCE.get(taking or "", "active" if said == "recorded" and taking is None else status)
    elif plain(resource.get("intent")) == "proposal":
        status = "unknown"  # somebody's suggestion, not yet an order
    dosage = part(next(iter(each(resource.get("dosageInstruction") or resource.get("dosage"))), None))
    validity = part(part(resource.get("dispenseRequest")).get("validityPeriod"))
    started = when(resource, "effectiveDateTime", "effectivePeriod", "authoredOn", "dateWritten", "dateAsserted")
    return Stated(
        (
            Medication(
                id="",
                text=text,
                codes=coded,
                status=status,
                source=source,
                dose=_dose(dosage),
                route=words(dosage.get("route")),
                frequency=_frequency(dosage),
                started=read_date(started),
                ended=until(resource.get("effectivePeriod")) or until(validity),
            ),
        )
    )


_MEDICATION: dict[str, Literal["active", "on-hold", "stopped", "completed", "unknown"]] = {
    "active": "active",
    "on-hold": "on-hold",
    "stopped": "stopped",
    "cancelled": "stopped",
    "ended": "stopped",
    "not-taken": "stopped",
    "completed": "completed",
}
_ADHERENCE: dict[str, Literal["active", "on-hold", "stopped", "completed", "unknown"]] = {
    "taking": "active",
    "taking-as-directed": "active",
    "taking-not-as-directed": "active",
    "on-hold": "on-hold",
    "on-hold-as-directed": "on-hold",
    "on-hold-not-as-directed": "on-hold",
    "stopped": "stopped",
    "stopped-as-directed": "stopped",
    "stopped-not-as-directed": "stopped",
    "not-taking": "stopped",
}


def drug(resource: Resource, lookup: Lookup) -> tuple[str | None, tuple[Code, ...]]:
    """The name and codes of the drug, whether written in place, contained, or a resource of its own."""
    for concept in (resource.get("medicationCodeableConcept"), resource.get("medication")):
        if words(concept) is not None:
            return words(concept), codes(concept)
    reference = part(resource.get("medicationReference")) or part(part(resource.get("medication")).get("reference"))
    reference = reference or part(resource.get("medication"))
    target = string(reference.get("reference"))
    for contained in each(resource.get("contained")):
        if target in ("#" + str(part(contained).get("id")), "#"):
            return named_drug(part(contained))
    found = lookup(target) if target else None
    if found is not None:
        return named_drug(found)
    return string(reference.get("display")), ()


def named_drug(medication: Mapping[str, Any]) -> tuple[str | None, tuple[Code, ...]]:
    """The name and codes of a Medication; of its ingredients where it has no code of its own."""
    text = words(medication.get("code"))
    if text is not None:
        return text, codes(medication.get("code"))
    parts = [part(one) for one in each(medication.get("ingredient"))]
    concepts = [one.get("itemCodeableConcept") or one.get("item") for one in parts]
    names = [name for name in (words(concept) for concept in concepts) if name]
    return " / ".join(names) or None, tuple(code for concept in concepts for code in codes(concept))


def _dose(dosage: Mapping[str, Any]) -> str | None:
    rate = part(next(iter(each(dosage.get("doseAndRate"))), None)) or dosage
    quantity = part(rate.get("doseQuantity"))
    if (amount := number(quantity.get("value"))) is not None:
        unit = string(quantity.get("unit")) or string(quantity.get("code")) or ""
        return f"{amount:g} {unit}".strip()
    span = part(rate.get("doseRange"))
    low, high = (part(span.get(end)) for end in ("low", "high"))
    if (least := number(low.get("value"))) is not None and (most := number(high.get("value"))) is not None:
        return f"{least:g} to {most:g} {string(high.get('unit')) or ''}".strip()
    return string(dosage.get("text"))


def _frequency(dosage: Mapping[str, Any]) -> str | None:
    timing = part(dosage.get("timing"))
    as_needed = dosage.get("asNeededBoolean") is True or bool(dosage.get("asNeededCodeableConcept"))
    as_needed = as_needed or dosage.get("asNeeded") is True
    said = words(timing.get("code"))
    repeat = part(timing.get("repeat"))
    if said is None and (times := number(repeat.get("frequency"))) is not None:
        period, unit = number(repeat.get("period")) or 1.0, string(repeat.get("periodUnit")) or "d"
        span = _UNITS.get(unit, unit)
        often = {1.0: "once", 2.0: "twice"}.get(times, f"{times:g} times")
        said = (
            f"{often} {'an' if span == 'hour' else 'a'} {span}" if period == 1 else f"{often} every {period:g} {span}s"
        )
    said = said or string(dosage.get("text"))
    if as_needed:
        return f"{said}, as needed" if said and "need" not in said.lower() else said or "as needed"
    return said


_UNITS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}


def _allergy(resource: Resource, source: Source, lookup: Lookup) -> Stated:
    concept = resource.get("code") or resource.get("substance")
    coded = codes(concept)
    text = words(concept)
    if (nil := _nil(coded, source, text)) is not None:
        return nil
    reactions = [part(one) for one in each(resource.get("reaction"))]
    if text is None:
        substances = [one.get("substance") for one in reactions]
        text = next((name for name in (words(one) for one in substances) if name), None)
        coded = tuple(code for one in substances for code in codes(one))
    if text is None:
        return Stated(not_fact="without-code")
    said = [words(one) for reaction in reactions for one in each(reaction.get("manifestation"))]
    severe = any(plain(one.get("severity")) == "severe" for one in reactions)
    criticality = _CRITICALITY.get((plain(resource.get("criticality")) or "").lower(), "unknown")
    status = plain(resource.get("clinicalStatus")) or _status_of_old(plain(resource.get("status")))
    kind = plain(resource.get("type"))
    return Stated(
        (
            Allergy(
                id="",
                text=text,
                codes=coded,
                status=_ALLERGY.get(status or "", "unknown"),
                source=source,
                kind="allergy" if kind == "allergy" else "intolerance" if kind == "intolerance" else "unknown",
                criticality="high" if criticality == "unknown" and severe else criticality,
                reactions=tuple(dict.fromkeys(text for text in said if text)),
            ),
        )
    )


_ALLERGY: dict[str, Literal["active", "inactive", "resolved", "unknown"]] = {
    "active": "active",
    "inactive": "inactive",
    "resolved": "resolved",
}
_CRITICALITY: dict[str, Literal["low", "high", "unable-to-assess", "unknown"]] = {
    "low": "low",
    "critl": "low",
    "high": "high",
    "crith": "high",
    "unable-to-assess": "unable-to-assess",
    "critu": "unable-to-assess",
}


def _status_of_old(status: str | None) -> str | None:
    """DSTU2 had one status for both: confirmed and active are active ones."""
    return "active" if status in ("active", "confirmed", "unconfirmed") else status


def _procedure(resource: Resource, source: Source, lookup: Lookup) -> Stated:
    text = words(resource.get("code"))
    if text is None:
        return Stated(not_fact="without-code")
    done = when(resource, "performedDateTime", "performedPeriod", "occurrenceDateTime", "occurrencePeriod", "recorded")
    status = plain(resource.get("status")) or "unknown"
    return Stated((Procedure("", text, codes(resource.get("code")), status, source, performed=read_date(done)),))


def _immunization(resource: Resource, source: Source, lookup: Lookup) -> Stated:
    text = words(resource.get("vaccineCode"))
    if text is None:
        return Stated(not_fact="without-code")
    given = when(resource, "occurrenceDateTime", "date", "recorded")
    status = plain(resource.get("status")) or "unknown"
    return Stated((Immunization("", text, codes(resource.get("vaccineCode")), status, source, given=read_date(given)),))


def _observation(resource: Resource, source: Source, lookup: Lookup) -> Stated:
    found = read_observation(resource, source=source)
    return Stated(found) if found else Stated(not_fact="without-code")


def _nil(coded: tuple[Code, ...], source: Source, text: str | None) -> Stated | None:
    """The code that says there are none, or that nothing is known."""
    of = none_known((code.code for code in coded), text)
    if of is not None:
        return Stated((NoneKnown(of=of, text=text or coded[0].code, source=source),))
    if any(code.code in SAYS_NOTHING for code in coded):
        return Stated(not_fact="says-nothing")
    return None


# Adding a type is one function and one line.
READERS: dict[str, Callable[[Resource, Source, Lookup], Stated]] = {
    "Condition": _condition,
    "MedicationRequest": _medication,
    "MedicationOrder": _medication,  # MedicationRequest before STU3
    "MedicationStatement": _medication,
    "MedicationUsage": _medication,  # MedicationStatement in drafts of R5
    "AllergyIntolerance": _allergy,
    "Observation": _observation,
    "Procedure": _procedure,
    "Immunization": _immunization,
}
