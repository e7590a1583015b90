"""One rule a kind of change: each yields the false claims it makes of a true one."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from cds.evaluation.mutations.tables import (
    COMPARATORS,
    DIRECTIONS,
    FREQUENCIES,
    NEGATIONS,
    POPULATIONS,
    ROUTES,
    STRENGTHS,
    UNITS,
)
from cds.medicines import all_medicines, medicine, mentions
from cds.wording.text import tokens

_NUMBER = re.compile(r"(?<![\w./-])(\d+(?:\.\d+)?)(?![\w/]|\.\d|-\w)")


def _dose(claim: str, pool: Sequence[str]) -> Iterator[str]:
    named = _name_spans(claim)
    for match in _NUMBER.finditer(claim):
        before = claim[: match.start()].rstrip().split(" ")[-1].lower()
        if (before in ("type", "section", "table", "of") and "." not in match.group() and before != "of") or any(
            a <= match.start() < b for a, b in named
        ):
            continue
        value = float(match.group())
        if value == 0:
            continue
        for changed in (
            value * 10,
            value / 10 if value >= 10 else value * 3,
            value + (1 if value < 10 else 5 if value < 100 else 50),
        ):
            text = f"{changed:.10g}"
            yield claim[: match.start()] + text + claim[match.end() :]


def _unit(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for match in re.finditer(
        r"(?<=\d )(mmol/mol|mmol/L|mg/kg|mg/L|g/L|mmHg|mg|mcg|micrograms|units|mL|litres|kg|g"
        r"|days?|weeks?|months?|years?|hours?|minutes?)(?![\w/])",
        claim,
    ):
        for other in UNITS.get(match.group(), ()):
            yield claim[: match.start()] + other + claim[match.end() :]


def _drug(claim: str, pool: Sequence[str]) -> Iterator[str]:
    named = [m for m in mentions(claim) if not m.is_class]
    found = tokens(claim)
    present = {key for m in named for key in m.keys}
    for mention in named:
        entry = medicine(mention.name)
        if entry is None:
            continue
        start, end = found[mention.first].start, found[mention.last].end
        own = entry.classes
        alike = [
            m.name
            for m in all_medicines()
            if m.classes & own and len(m.ingredients) == 1 and m.name not in present and m.name != mention.name
        ]
        others = [name for name in pool if name not in present and name not in alike]
        for other in (*alike[:2], *others[:1]):
            word = other.capitalize() if claim[start].isupper() else other
            yield claim[:start] + word + claim[end:]


def _comparator(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for phrase, opposite in COMPARATORS.items():
        pattern = (
            rf"(?<!\w){re.escape(phrase)}(?!\w)" if phrase.isascii() and phrase[0].isalpha() else re.escape(phrase)
        )
        for match in re.finditer(pattern, claim):
            around = claim[max(0, match.start() - 25) : match.end() + 25]
            if not re.search(r"\d", around) or re.search(r"(?:no|not|equal to) $", claim[: match.start()]):
                continue
            if phrase[0] == "o" and phrase[:3] == "or " and not re.search(r"\d[^.;,]{0,30}$", claim[: match.start()]):
                continue
            if phrase in (
                "over",
                "under",
                "above",
                "below",
                "within",
                "up to",
                "at least",
                "more than",
                "less than",
            ) and not re.match(r"\s*(?:a |the |age of |an? \w+ of )?\d", claim[match.end() :]):
                continue
            yield claim[: match.start()] + opposite + claim[match.end() :]


def _negation(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for pattern, replacement in NEGATIONS:
        if re.search(pattern, claim):
            yield re.sub(pattern, replacement, claim, count=1)
            if "not" in pattern or "without" in pattern:
                continue
            break


def _population(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for pattern, replacement in POPULATIONS:
        if re.search(pattern, claim):
            yield re.sub(pattern, replacement, claim, count=1)


def _direction(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for match in re.finditer(r"[A-Za-z]+", claim):
        other = DIRECTIONS.get(match.group().lower())
        if (
            other
            and not re.match(r"\s*(?:\d|urinary|respiratory|limb|leg)", claim[match.end() :])
            and not re.search(r"(?:or|day) $", claim[: match.start()])
        ):
            yield (
                claim[: match.start()]
                + (other.capitalize() if match.group()[0].isupper() else other)
                + claim[match.end() :]
            )


def _strength(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for pattern, replacement in STRENGTHS:
        if re.search(pattern, claim):
            yield re.sub(pattern, replacement, claim, count=1)
            break


def _name_spans(claim: str) -> list[tuple[int, int]]:
    found = tokens(claim)
    return [(found[m.first].start, found[m.last].end) for m in mentions(claim)]


def _frequency(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for phrase, other in FREQUENCIES.items():
        for match in list(re.finditer(rf"(?<![\w-]){phrase}(?![\w-])", claim))[:1]:
            before = claim[: match.start()].rstrip().split(" ")[-1].lower()
            if phrase.startswith("a ") and before in ("within", "in", "for", "after", "than", "once", "twice", "times"):
                continue
            if phrase in ("daily", "weekly") and before in ("once", "twice", "times"):
                continue
            yield claim[: match.start()] + other + claim[match.end() :]


def _route(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for phrase, other in ROUTES.items():
        for match in list(re.finditer(rf"\b{phrase}\b", claim))[:1]:
            yield claim[: match.start()] + other + claim[match.end() :]


RULES: dict[str, Callable[[str, Sequence[str]], Iterable[str]]] = {
    "number": _dose,
    "unit": _unit,
    "drug": _drug,
    "comparator": _comparator,
    "negation": _negation,
    "population": _population,
    "direction": _direction,
    "strength": _strength,
    "frequency": _frequency,
    "route": _route,
}
