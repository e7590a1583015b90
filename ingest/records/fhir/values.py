"""The data types of FHIR, taken out of JSON that may be of any release or slightly wrong."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from cds.patient import Code
from ingest.records.codes import distinct, system_name
from ingest.records.dates import read_date

Resource = Mapping[str, Any]


_EMPTY: Mapping[str, Any] = {}


def each(value: object) -> list[Any]:
    """A list, however many there are: some systems leave the brackets out for one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def part(value: object) -> Mapping[str, Any]:
    """An object, empty where there is none."""
    return value if isinstance(value, dict) else _EMPTY


def string(value: object) -> str | None:
    """Text with something in it."""
    if isinstance(value, str):
        value = value.strip()
        return value or None
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def number(value: object) -> float | None:
    """A number, also one written as text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def codes(concept: object) -> tuple[Code, ...]:
    """The codes of a CodeableConcept, or of R5's CodeableReference."""
    if not concept:
        return ()
    concept = part(concept)
    concept = part(concept.get("concept")) or concept
    found = []
    for coding in each(concept.get("coding")):
        coding = part(coding)
        if code := string(coding.get("code")):
            found.append(Code(system_name(string(coding.get("system"))), code, string(coding.get("display"))))
    return distinct(found)


def words(concept: object) -> str | None:
    """What a CodeableConcept says in words: its text, else a display, else the bare code."""
    if isinstance(concept, str):
        return string(concept)
    concept = part(concept)
    concept = part(concept.get("concept")) or concept
    if text := string(concept.get("text")):
        return text
    coded = [part(coding) for coding in each(concept.get("coding"))]
    chosen = [c for c in coded if c.get("userSelected") is True] + coded
    for name in ("display", "code"):
        for coding in chosen:
            if text := string(coding.get(name)):
                return text
    return None


def plain(concept: object) -> str | None:
    """The code of a status, whether a bare code or a CodeableConcept (which of the two changed between releases)."""
    if isinstance(concept, str):
        return concept.strip().lower() or None
    found = codes(concept)
    if found:
        return found[0].code.lower()
    text = words(concept)
    return text.lower() if text else None


def choice(resource: Resource, name: str, *types: str) -> tuple[str | None, Any]:
    """The one present of `name[x]`: its type, and its value."""
    for kind in types:
        if (value := resource.get(name + kind)) is not None:
            return kind, value
    return None, None


def when(resource: Resource, *names: str) -> str | None:
    """The first time among these elements, as written; a period counts by its start, a timing by its first event."""
    for name in names:
        value = resource.get(name)
        for one in _times(value):
            return one
    return None


def until(value: object) -> date | None:
    """The end of a period."""
    return read_date(part(value).get("end"))


def _times(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name in ("start", "end", "low"):
            if isinstance(value.get(name), str):
                yield value[name]
        yield from (event for event in each(value.get("event")) if isinstance(event, str))
