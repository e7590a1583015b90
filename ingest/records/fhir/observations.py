"""Observations: a value with its unit and time; a panel is its components, and itself only if it has a value."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from cds.patient import Observation, Source
from ingest.records.dates import read_moment
from ingest.records.fhir.values import Resource, choice, codes, each, number, part, plain, string, when, words

_VALUES = (
    "Quantity", "CodeableConcept", "String", "Boolean", "Integer", "Range", "Ratio", "SampledData", "Time", "DateTime",
    "Period", "Attachment", "Reference",
)  # fmt: skip
_COMPARATORS: dict[str, Literal["<", "<=", ">=", ">"]] = {"<": "<", "<=": "<=", ">=": ">=", ">": ">"}


def read_observation(resource: Resource, *, source: Source) -> tuple[Observation, ...]:
    """The observations of one resource: itself, or each of its components."""
    text = words(resource.get("code"))
    components = [part(one) for one in each(resource.get("component"))]
    if text is None and not components:
        return ()
    category = next((said for one in each(resource.get("category")) if (said := plain(one))), None)
    itself = Observation(
        id="",
        text=text or "",
        codes=codes(resource.get("code")),
        source=source,
        taken=read_moment(
            when(resource, "effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming", "issued")
        ),
        category=category,
    )
    itself = _valued(itself, resource)
    if not components:
        return (itself,)
    parts = [
        _valued(
            replace(
                itself,
                text=words(one.get("code")) or itself.text,
                codes=codes(one.get("code")),
                panel=text,
                value=None,
                unit=None,
                comparator=None,
                answer=None,
                answer_codes=(),
                absent=None,
                interpretation=None,
                low=None,
                high=None,
            ),
            one,
        )
        for one in components
    ]
    return (itself, *parts) if _says_something(itself) else tuple(parts)


def _says_something(observation: Observation) -> bool:
    return observation.value is not None or observation.answer is not None


def _valued(observation: Observation, resource: Mapping[str, Any]) -> Observation:
    kind, value = choice(resource, "value", *_VALUES)
    flag = next(iter(each(resource.get("interpretation"))), None)
    span = part(next(iter(each(resource.get("referenceRange"))), None))
    found = replace(
        observation,
        absent=plain(resource.get("dataAbsentReason")),
        interpretation=_flag(flag),
        low=number(part(span.get("low")).get("value")),
        high=number(part(span.get("high")).get("value")),
    )
    if kind == "Quantity":
        return _quantity(found, part(value))
    if kind == "CodeableConcept":
        return replace(found, answer=words(value), answer_codes=codes(value))
    if kind == "Integer":
        return replace(found, value=number(value))
    if kind == "Boolean":
        return replace(found, answer="true" if value is True else "false")
    return replace(found, answer=None if kind is None else _as_text(kind, value))


def _quantity(observation: Observation, quantity: Mapping[str, Any]) -> Observation:
    amount = number(quantity.get("value"))
    unit = string(quantity.get("code")) or string(quantity.get("unit"))
    if amount is None:
        return replace(observation, answer=string(quantity.get("value")))
    comparator = _COMPARATORS.get(string(quantity.get("comparator")) or "")
    return replace(observation, value=amount, unit=unit, comparator=comparator)


def _as_text(kind: str, value: Any) -> str | None:
    if kind == "Range":
        low, high = part(part(value).get("low")), part(part(value).get("high"))
        ends = [f"{amount:g}" if (amount := number(one.get("value"))) is not None else "?" for one in (low, high)]
        unit = string(high.get("unit")) or string(low.get("unit")) or ""
        return f"{ends[0]} to {ends[1]} {unit}".strip()
    if kind == "Ratio":
        sides = [part(part(value).get(name)) for name in ("numerator", "denominator")]
        return " : ".join(f"{number(s.get('value')) or 0:g} {string(s.get('unit')) or ''}".strip() for s in sides)
    if kind == "Period":
        return f"{part(value).get('start', '?')} to {part(value).get('end', '?')}"
    if kind == "Attachment":
        return string(part(value).get("title"))
    if kind == "Reference":
        return string(part(value).get("display"))
    return string(value) if isinstance(value, str) else None


def _flag(concept: Any) -> str | None:
    found = codes(concept)
    return found[0].code if found else words(concept)
