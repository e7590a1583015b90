"""False claims made by rule from true ones: one thing changed, of a kind that harms when it goes unseen."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cds.medicines import all_medicines, medicine, mentions, names_in
from cds.wording.text import tokens

_UNITS = {
    "mg": ("g", "micrograms"),
    "g": ("mg", "kg"),
    "micrograms": ("mg",),
    "mcg": ("mg",),
    "units": ("mg",),
    "mL": ("L",),
    "litres": ("mL",),
    "kg": ("g",),
    "days": ("weeks", "months"),
    "day": ("week",),
    "weeks": ("days", "months"),
    "week": ("month",),
    "months": ("weeks", "years"),
    "month": ("year",),
    "years": ("months",),
    "year": ("month",),
    "hours": ("days", "minutes"),
    "hour": ("day",),
    "minutes": ("hours",),
    "minute": ("hour",),
    "mmol/L": ("mmol/mL",),
    "mmol/mol": ("%",),
    "mmHg": ("kPa",),
    "mg/kg": ("g/kg",),
    "mg/L": ("g/L",),
    "g/L": ("mg/L",),
}
_COMPARATORS = {
    "at least": "at most",
    "at most": "at least",
    "no more than": "no less than",
    "not more than": "not less than",
    "more than": "less than",
    "less than": "more than",
    "fewer than": "more than",
    "greater than": "less than",
    "above": "below",
    "below": "above",
    "over": "under",
    "under": "over",
    "or more": "or less",
    "or less": "or more",
    "or higher": "or lower",
    "or lower": "or higher",
    "or above": "or below",
    "or below": "or above",
    "and over": "and under",
    "or older": "or younger",
    "or over": "or under",
    "up to": "at least",
    "within": "after more than",
    "≥": "<",
    "≤": ">",
    ">": "<",
    "<": ">",
    "older than": "younger than",
    "higher than": "lower than",
    "lower than": "higher than",
    "does not exceed": "exceeds",
    "exceeds": "stays below",
}
_NEGATIONS = (
    (r"\bshould not be\b", "should be"),
    (r"\bshould not\b", "should"),
    (r"\bmust not\b", "must"),
    (r"\bdo not\b", "do"),
    (r"\bdoes not\b", "does"),
    (r"\bdid not\b", "did"),
    (r"\bis not\b", "is"),
    (r"\bare not\b", "are"),
    (r"\bwas not\b", "was"),
    (r"\bwere not\b", "were"),
    (r"\bcannot\b", "can"),
    (r"\bwithout\b", "with"),
    (r"\bavoid(ed)?\b", r"use\1"),
    (r"\bcontraindicated\b", "recommended"),
    (r"\bnever\b", "always"),
    (r"\bnot recommended\b", "recommended"),
    (r"\bshould be\b", "should not be"),
    (r"\bshould\b(?! not)", "should not"),
    (r"\bmust be\b", "must not be"),
    (r"\bmay be\b", "may not be"),
    (r"\bis (?=(?:offered|given|recommended|used|treated|indicated|started|added|continued|associated|safe|effective|needed|confirmed|diagnosed))", "is not "),
    (r"\bare (?=(?:offered|given|recommended|used|treated|indicated|started|added|continued|associated|safe|effective|needed|confirmed|diagnosed))", "are not "),
    (r"\bwas (?=(?:associated|effective|reduced|increased|higher|lower|significantly|found))", "was not "),
    (r"\bwere (?=(?:associated|effective|reduced|increased|higher|lower|significantly|found))", "were not "),
    (r"\breduces\b", "does not reduce"),
    (r"\bincreases\b", "does not increase"),
    (r"^(Offer|Give|Use|Start|Prescribe|Refer|Treat|Add|Continue|Measure|Repeat)\b", lambda m: f"Do not {m.group(1).lower()}"),
)  # fmt: skip
_POPULATIONS = (
    (r"\badults\b", "children"),
    (r"\badults\b", "adults and children"),
    (r"\bchildren\b", "adults"),
    (r"\bchildren\b", "adults and children"),
    (r"\bpregnant women\b", "all women"),
    (r"\bin pregnancy\b", "in everyone"),
    (r"\bduring pregnancy\b", "at any time of life"),
    (r"\bwomen\b", "men"),
    (r"\bmen\b", "women"),
    (r"\bsevere\b", "mild"),
    (r"\bsevere ", ""),
    (r"\bmild\b", "severe"),
    (r"\bmild ", ""),
    (r"\bmoderate\b", "severe"),
    (r"\b[Pp]eople aged \d+ (?:years )?(?:and|or) (?:over|older)\b", "people of all ages"),
    (r"\bpatients\b", "all patients, regardless of age,"),
    (r"\binfants\b", "adults"),
    (r"\bbreastfeeding\b", "pregnant"),
    (r"\bpostmenopausal\b", "premenopausal"),
    (r"\bolder (?=adults|people)", "younger "),
    (r"\bpeople with\b", "people with or without"),
    (r"\b[Aa]dults with\b", "adults with or without"),
)
_DIRECTIONS = {
    "increases": "reduces", "increase": "decrease", "increased": "decreased", "increasing": "decreasing", "reduces": "increases",
    "reduce": "increase", "reduced": "increased", "reducing": "increasing", "reduction": "increase", "decreases": "increases", "decrease": "increase",
    "decreased": "increased", "lowers": "raises", "lower": "higher", "higher": "lower", "raises": "lowers", "raised": "lowered", "improves": "worsens",
    "improved": "worsened", "improve": "worsen", "worsens": "improves", "worse": "better", "better": "worse", "rises": "falls", "before": "after",
    "after": "before", "prevents": "causes", "prevent": "cause", "causes": "prevents", "shorter": "longer", "longer": "shorter", "fewer": "more",
    "greater": "smaller", "positive": "negative", "negative": "positive", "early": "late", "promotes": "inhibits", "inhibits": "promotes",
}  # fmt: skip
_STRENGTHS = (
    (r"\bmay be considered\b", "must be given"),
    (r"\bcan be considered\b", "must be given"),
    (r"\bshould be considered\b", "must always be used"),
    (r"\bmay be\b", "must be"),
    (r"\bmight be\b", "must be"),
    (r"\bcould be\b", "must be"),
    (r"\bmay\b", "will always"),
    (r"\bmight\b", "will always"),
    (r"^Consider\b", "Always offer"),
    (r"\bconsider\b", "always offer"),
    (r"\bis considered\b", "is mandatory"),
    (r"\bare considered\b", "are mandatory"),
    (r"\bsuggested\b", "mandatory"),
    (r"\bis an option\b", "is mandatory"),
    (r"\bshould be\b", "must always be"),
    (r"\bshould\b(?! not| be)", "must always"),
    (r"\bis recommended\b", "is mandatory"),
    (r"\bsometimes\b", "always"),
    (r"\bsome\b", "all"),
    (r"\bcan cause\b", "always causes"),
)
_NUMBER = re.compile(r"(?<![\w./-])(\d+(?:\.\d+)?)(?![\w/]|\.\d|-\w)")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A false claim, with the kind of change that made it false."""

    kind: str
    claim: str


def mutations(claim: str, *, pool: Sequence[str] = (), known: str = "") -> tuple[Mutation, ...]:
    """Every false claim the rules make of a true one; `pool` holds medicines to put in place of its own, none in `known`."""
    made: dict[str, Mutation] = {}
    for kind, rule in _RULES.items():
        for changed in rule(claim, pool):
            if changed != claim and not (kind == "drug" and names_in(changed) <= names_in(known)):
                made.setdefault(changed, Mutation(kind, changed))
    return tuple(made.values())


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
        r"(?<=\d )(mmol/mol|mmol/L|mg/kg|mg/L|g/L|mmHg|mg|mcg|micrograms|units|mL|litres|kg|g|days?|weeks?|months?|years?|hours?|minutes?)(?![\w/])",
        claim,
    ):
        for other in _UNITS.get(match.group(), ()):
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
    for phrase, opposite in _COMPARATORS.items():
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
    for pattern, replacement in _NEGATIONS:
        if re.search(pattern, claim):
            yield re.sub(pattern, replacement, claim, count=1)
            if "not" in pattern or "without" in pattern:
                continue
            break


def _population(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for pattern, replacement in _POPULATIONS:
        if re.search(pattern, claim):
            yield re.sub(pattern, replacement, claim, count=1)


def _direction(claim: str, pool: Sequence[str]) -> Iterator[str]:
    for match in re.finditer(r"[A-Za-z]+", claim):
        other = _DIRECTIONS.get(match.group().lower())
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
    for pattern, replacement in _STRENGTHS:
        if re.search(pattern, claim):
            yield re.sub(pattern, replacement, claim, count=1)
            break


def _name_spans(claim: str) -> list[tuple[int, int]]:
    found = tokens(claim)
    return [(found[m.first].start, found[m.last].end) for m in mentions(claim)]


_RULES: dict[str, Callable[[str, Sequence[str]], Iterable[str]]] = {
    "number": _dose,
    "unit": _unit,
    "drug": _drug,
    "comparator": _comparator,
    "negation": _negation,
    "population": _population,
    "direction": _direction,
    "strength": _strength,
}
KINDS = (*_RULES, "id_swap")
