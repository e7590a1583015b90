"""From the entries of a C-CDA document to facts, by template; the section decides where a template is ambiguous."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from cds.patient import Allergy, Condition, Immunization, Medication, Observation, Procedure, Source
from ingest.records.ccda.elements import (
    Element,
    all_of,
    codes,
    end,
    moment,
    number,
    one_of,
    referenced,
    start,
    type_of,
    value_of,
    words,
)  # fmt: skip
from ingest.records.ccda.surroundings import all_inner, around, bare, inner, status_inside
from ingest.records.ccda.values import amount, frequency, result
from ingest.records.codes import SAYS_NOTHING, none_known
from ingest.records.dates import read_date
from knowledge.records.incoming import Fact, NoneKnown


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that states something, with what stands around it."""

    element: Element
    section: str | None  # its LOINC code
    source: Source
    written: date | None  # of the document


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry: its templates, its name in FHIR's words, and how it is read."""

    type: str
    tags: frozenset[str]
    templates: frozenset[str]
    read: Callable[[Entry], Fact | NoneKnown | str]  # a string says why it is no fact
    sections: frozenset[str] | None = None  # only in these, or under `under`; None: anywhere
    under: str | None = None


def _problem(entry: Entry) -> Fact | NoneKnown | str:
    element = entry.element
    value = one_of(element, "h:value")
    text = words(value) or (referenced(value) if value is not None else None) or referenced(one_of(element, "h:text"))
    coded = codes(value)
    if (nil := _nil(entry, "conditions", text, {code.code for code in coded})) is not None:
        return nil
    if text is None:
        return "without-code"
    return Condition(
        id="",
        text=text,
        codes=coded,
        status=_problem_status(element),
        source=entry.source,
        onset=start(element),
        ended=end(element),
    )


def _problem_status(
    element: Element,
) -> Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved", "unknown"]:
    said = status_inside(element, "22.4.6")
    if said in ("active", "inactive", "resolved"):
        return said
    if one_of(element, "h:effectiveTime/h:high") is not None:  # even of unknown date, it has ended
        return "resolved"
    concern = value_of(around(element, "act"), "h:statusCode", "code")
    return "active" if concern == "active" else "inactive" if concern == "completed" else "unknown"


def _allergy(entry: Entry) -> Fact | NoneKnown | str:
    element = entry.element
    substances = all_of(element, "h:participant/h:participantRole/h:playingEntity")
    substance = substances[0] if substances else None
    coded = codes(one_of(substance, "h:code"))
    value = one_of(element, "h:value")
    text = words(one_of(substance, "h:code")) or referenced(one_of(substance, "h:name"))
    kinds = {code.code for code in (*coded, *codes(value))}
    if nil := _nil(
        entry, "allergies", text or words(value), kinds, named=bool(kinds - _ANY_SUBSTANCE - _ALLERGY_KINDS)
    ):
        return nil
    text = text or referenced(one_of(element, "h:text"))
    if text is None and value is not None and not (coded := codes(value)):
        return "without-code"
    if text is None and (text := words(value)) is None:
        return "without-code"
    status = status_inside(element, "22.4.28")
    concern = value_of(around(element, "act"), "h:statusCode", "code")
    if status is None and one_of(element, "h:effectiveTime/h:high[@value]") is not None:
        status = "resolved"
    kind = {code.code for code in codes(value)}
    severity = inner(element, "22.4.8")
    grave = codes(one_of(severity, "h:value"))
    critical = codes(one_of(inner(element, "22.4.145"), "h:value"))
    reactions = [
        words(one_of(one, "h:value")) or referenced(one_of(one, "h:text")) for one in all_inner(element, "22.4.9")
    ]
    return Allergy(
        id="",
        text=text,
        codes=coded,
        status=status or ("active" if concern == "active" else "unknown"),
        source=entry.source,
        kind="intolerance" if kind & _INTOLERANCE else "allergy" if kind & _ALLERGY_KINDS else "unknown",
        criticality=_CRITICALITY.get(critical[0].code if critical else "", "high" if _is_grave(grave) else "unknown"),
        reactions=tuple(dict.fromkeys(one for one in reactions if one)),
    )


_ALLERGY_KINDS = frozenset({
    "416098002", "414285001", "419199007", "420134006", "419511003", "418471000", "418038007", "232347008", "59037007",
    "235719002", "426232007", "ASSERTION", "DALG", "FALG", "ALG", "DINT", "FINT", "OINT", "DNAINT", "EALG", "424213003",
})  # fmt: skip
_INTOLERANCE = frozenset({"59037007", "235719002", "DINT", "FINT", "OINT", "DNAINT"})
# "a drug", "a substance", "a food": names nothing in particular
_ANY_SUBSTANCE = frozenset({"410942007", "105590001", "762766007", "373873005", "255620007", "NI", "260379002"})
_CRITICALITY: dict[str, Literal["low", "high", "unable-to-assess", "unknown"]] = {
    "CRITL": "low",
    "CRITH": "high",
    "CRITU": "unable-to-assess",
    "62482003": "low",
    "75540009": "high",
}


def _is_grave(grave: tuple[Any, ...]) -> bool:
    return any(code.code in ("24484000", "399166001", "442452003") for code in grave)  # severe, fatal, life-threatening


def _medication(entry: Entry) -> Fact | NoneKnown | str:
    element = entry.element
    material = one_of(element, "h:consumable/h:manufacturedProduct/h:manufacturedMaterial")
    coded = codes(one_of(material, "h:code"))
    text = words(one_of(material, "h:code")) or referenced(one_of(material, "h:name"))
    if (nil := _nil(entry, "medications", text, {code.code for code in coded}, named=bool(coded))) is not None:
        return nil
    text = text or referenced(one_of(element, "h:text"))
    if text is None:
        return "without-code"
    spans = all_of(element, "h:effectiveTime")
    span = next((one for one in spans if type_of(one) != "PIVL_TS" and type_of(one) != "EIVL_TS"), None)
    ended = read_date(value_of(span, "h:high"))
    return Medication(
        id="",
        text=text,
        codes=coded,
        status=_medication_status(entry, ended),
        source=entry.source,
        dose=amount(one_of(element, "h:doseQuantity")),
        route=words(one_of(element, "h:routeCode")),
        frequency=frequency(spans),
        started=read_date(value_of(span, "h:low")) or read_date(None if span is None else span.get("value")),
        ended=ended,
    )


def _medication_status(
    entry: Entry, ended: date | None
) -> Literal["active", "on-hold", "stopped", "completed", "unknown"]:
    said = status_inside(entry.element, "22.4.47")
    if said is not None:
        return "active" if said == "active" else "stopped"
    over = ended is not None and entry.written is not None and ended < entry.written
    status = value_of(entry.element, "h:statusCode", "code")
    if status in ("aborted", "cancelled"):
        return "stopped"
    if status in ("suspended", "held"):
        return "on-hold"
    if status == "active":
        return "completed" if over else "active"
    if status == "completed":  # R1.1 senders close every entry: only its end says that it is over
        return "completed" if over or entry.section != "10160-0" else "active" if ended is not None else "unknown"
    return "unknown"


def _immunization(entry: Entry) -> Fact | NoneKnown | str:
    element = entry.element
    if element.get("negationInd") == "true":
        return "not-done"
    material = one_of(element, "h:consumable/h:manufacturedProduct/h:manufacturedMaterial")
    code = one_of(material, "h:code")
    text = words(code) or referenced(one_of(material, "h:name")) or referenced(one_of(element, "h:text"))
    if text is None:
        return "without-code"
    status = value_of(element, "h:statusCode", "code") or "unknown"
    return Immunization("", text, codes(code), status, entry.source, given=start(element))


def _procedure(entry: Entry) -> Fact | NoneKnown | str:
    element = entry.element
    if element.get("negationInd") == "true":
        return "not-done"
    code = one_of(element, "h:code")
    text = words(code) or referenced(one_of(element, "h:text"))
    if text is None:
        return "without-code"
    planned = element.get("moodCode") not in (None, "EVN")
    status = "preparation" if planned else value_of(element, "h:statusCode", "code") or "unknown"
    return Procedure("", text, codes(code), status, entry.source, performed=None if planned else start(element))


def _observation(entry: Entry) -> Fact | NoneKnown | str:
    element = entry.element
    if element.get("negationInd") == "true":
        return "refuted"
    code, value = one_of(element, "h:code"), one_of(element, "h:value")
    text = words(code) or referenced(one_of(element, "h:text")) or bare(code)
    if text is None:
        return "without-code"
    values = result(value)
    span = one_of(element, "h:referenceRange/h:observationRange/h:value")
    return Observation(
        id="",
        text=text,
        codes=codes(code),
        source=entry.source,
        taken=moment(element) or moment(around(element, "organizer")),
        category=_CATEGORIES.get(entry.section or ""),
        interpretation=value_of(element, "h:interpretationCode", "code"),
        low=number(value_of(span, "h:low")),
        high=number(value_of(span, "h:high")),
        **values,
    )


_CATEGORIES = {"30954-2": "laboratory", "8716-3": "vital-signs", "29762-2": "social-history"}


def _nil(
    entry: Entry,
    of: Literal["conditions", "medications", "allergies"],
    text: str | None,
    found: set[str],
    *,
    named: bool | None = None,
) -> NoneKnown | str | None:
    """Whether this entry says that there are none, denies one, or says nothing."""
    if none_known(found, text) == of:
        return NoneKnown(of=of, text=text or f"no known {of}", source=entry.source)
    if found & SAYS_NOTHING:
        return "says-nothing"
    if entry.element.get("negationInd") != "true":
        return None
    particular = bool(found - _ANY_PROBLEM) if named is None else named
    return "refuted" if particular else NoneKnown(of=of, text=text or f"no known {of}", source=entry.source)


_ANY_PROBLEM = frozenset({"55607006", "64572001", "404684003", "409586006", "ASSERTION"})


_PROBLEM_SECTIONS = frozenset({"11450-4", "11348-0", "11535-2", "46241-6", "10219-4", "10218-6"})
# Adding a kind of entry is one function and one line.
KINDS = (
    Kind("AllergyIntolerance", frozenset({"observation"}), frozenset({"22.4.7", "22.4.90"}), _allergy),
    Kind(
        "Condition",
        frozenset({"observation"}),
        frozenset({"22.4.4"}),
        _problem,
        sections=_PROBLEM_SECTIONS,
        under="22.4.3",
    ),
    Kind("Immunization", frozenset({"substanceAdministration"}), frozenset({"22.4.52"}), _immunization),
    Kind("MedicationStatement", frozenset({"substanceAdministration"}), frozenset({"22.4.16"}), _medication),
    Kind(
        "Procedure",
        frozenset({"procedure", "act", "observation"}),
        frozenset({"22.4.12", "22.4.13", "22.4.14"}),
        _procedure,
    ),
    Kind(
        "Observation",
        frozenset({"observation"}),
        frozenset({"22.4.2", "22.4.27", "22.4.38", "22.4.78", "22.4.85", "15.3.8"}),
        _observation,
    ),
    # A social history is often sent with templates of its own.
    Kind("Observation", frozenset({"observation"}), frozenset(), _observation, sections=frozenset({"29762-2"})),
)
