"""What the chart says of a patient, as the rules ask it, each answer with the line it was read from."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

import operator
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import lru_cache

from cds.medicines import classes_of, mentions
from cds.patient import Allergy, Condition, Medication, Observation, PatientFacts
from cds.recommendation import Because
from cds.wording.text import stem, tokens

_LOINC = {
    "egfr": ("98979-8", "33914-3", "48642-3", "48643-1", "62238-1", "69405-9", "77147-7", "88293-6", "88294-4", "50044-7", "50210-4", "70969-1", "94677-2", "98980-6"),
    "potassium": ("2823-3", "6298-4", "77142-8"),
    "qtc": ("8636-3", "76635-2", "8625-6"),
    "sbp": ("8480-6", "8459-0", "8460-8"),
    "pregnancy": ("82810-3", "11449-6"),
}  # fmt: skip
_NAMED = {
    "egfr": re.compile(r"glomerular filtration|\begfr\b", re.I),
    "potassium": re.compile(r"^potassium\b|serum potassium", re.I),
    "qtc": re.compile(r"\bqtc|corrected q-?t|q-?t interval corrected", re.I),
    "sbp": re.compile(r"systolic", re.I),
    "pregnancy": re.compile(r"^pregnancy status", re.I),
}
_SHORT = (("eGFR", _NAMED["egfr"]), ("Potassium", _NAMED["potassium"]), ("QTc", _NAMED["qtc"]))
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TERM = timedelta(days=300)  # a pregnancy recorded longer ago has ended
_SUCKLING = timedelta(days=730)  # breastfeeding beyond two years is recorded anew
_PREGNANT = re.compile(r"\bpregnan(?:t|cy)\b|\bgravid", re.I)
_NOT_NOW = re.compile(
    r"\bnot\b|history|previous|past\b|planning|risk|ended|complete|termination|miscarriage|ectopic|test negative", re.I
)
_BREASTFEEDING = re.compile(r"breast-?feed|lactat", re.I)
_LIVER = re.compile(
    r"cirrhosis|hepatitis|liver (?:disease|impairment|failure|injury)|hepatic (?:impairment|failure|encephalopathy)|disease of liver|child-pugh",
    re.I,
)
_SEVERE_LIVER = re.compile(
    r"decompensated|child-pugh (?:class )?c|severe (?:liver|hepatic)|liver failure|hepatic failure|hepatic encephalopathy|end.stage liver|ascites",
    re.I,
)
_FERTILE = (12, 50)  # years


def measured(facts: PatientFacts, what: str) -> Observation | None:
    """The newest observation of a measure."""
    codes, pattern = _LOINC[what], _NAMED[what]
    found = [
        o
        for o in facts.observations
        if o.taken is not None
        and (any(c.system == "loinc" and c.code in codes for c in o.codes) or pattern.search(o.text))
        and (o.value is not None or o.answer)
    ]
    return max(found, key=lambda o: (o.taken is not None, o.taken), default=None)


def compare(facts: PatientFacts, what: str, comparator: str, value: float, *, on: date) -> Because | None:
    """The line of the chart by which a measure is so, or None."""
    if what == "age":
        age = facts.age(on)
        if age is None or not _COMPARE[comparator](age, value):
            return None
        return Because("birth_date", f"age {age}")
    found = measured(facts, what)
    if found is None or found.value is None or not _COMPARE[comparator](found.value, value):
        return None
    return Because(found.id, line(found))


def state(facts: PatientFacts, what: str, *, on: date) -> Because | None:
    """The line of the chart by which the patient is in a state, or None."""
    return _STATES[what](facts, on)


def _pregnant(facts: PatientFacts, on: date) -> Because | None:
    if facts.sex == "male":
        return None
    status = measured(facts, "pregnancy")
    since = [status.taken.date()] if status is not None and status.taken is not None else []
    if status is not None and status.taken is not None and on - status.taken.date() <= _TERM:
        answer = (status.answer or "").lower()
        if answer.startswith("pregnant") or answer in ("yes", "positive"):
            return Because(status.id, line(status))
    for condition in _active(facts):
        if not _PREGNANT.search(condition.text) or _NOT_NOW.search(condition.text):
            continue
        if condition.onset is not None and (
            on - condition.onset > _TERM or any(later > condition.onset for later in since)
        ):
            continue  # ended, or a later status says not pregnant
        if condition.onset is None and since:
            continue
        return Because(condition.id, condition.text)
    return None


def _breastfeeding(facts: PatientFacts, on: date) -> Because | None:
    for condition in _active(facts):
        recent = condition.onset is None or on - condition.onset <= _SUCKLING
        if recent and _BREASTFEEDING.search(condition.text) and not _NOT_NOW.search(condition.text):
            return Because(condition.id, condition.text)
    return None


def _could_be_pregnant(facts: PatientFacts, on: date) -> Because | None:
    age = facts.age(on)
    if facts.sex != "female" or age is None or not _FERTILE[0] <= age <= _FERTILE[1] or _pregnant(facts, on):
        return None
    return Because("birth_date", f"female, age {age}")


def _liver(facts: PatientFacts, on: date) -> Because | None:
    return _first(facts, _LIVER)


def _severe_liver(facts: PatientFacts, on: date) -> Because | None:
    return _first(facts, _SEVERE_LIVER)


_STATES: dict[str, Callable[[PatientFacts, date], Because | None]] = {
    "pregnant": _pregnant,
    "breastfeeding": _breastfeeding,
    "could-be-pregnant": _could_be_pregnant,
    "liver": _liver,
    "severe-liver": _severe_liver,
}


def has_condition(facts: PatientFacts, name: str) -> Because | None:
    """The active condition that names this, in any inflection."""
    wanted = _stems(name)
    for condition in _active(facts):
        words = _stems(condition.text)
        for code in condition.codes:
            words |= _stems(code.display or "")
        if wanted <= words and not re.search(
            r"history of|family history|risk of|suspected|screening", condition.text, re.I
        ):
            return Because(condition.id, condition.text)
    return None


def taken(facts: PatientFacts, *, on: date) -> tuple[Medication, ...]:
    """What the patient takes now; a status nobody recorded counts, because it may be taken."""
    return tuple(m for m in facts.medications if m.status in ("active", "unknown") and not (m.ended and m.ended < on))


def allergens(allergy: Allergy) -> tuple[frozenset[str], frozenset[str]]:
    """The ingredients and the classes an allergy names."""
    texts = (allergy.text, *(code.display or "" for code in allergy.codes))
    names, classes = names_and_classes(texts)
    stated = {m.name for text in texts for m in mentions(text) if m.is_class}
    if stated:  # "sulfonamide (co-trimoxazole)": the class is meant, not the trimethoprim beside it
        names = frozenset(name for name in names if classes_of(name) & stated)
    return names, classes


@lru_cache(maxsize=4_096)
def names_and_classes(texts: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The medicines (with their ingredients) and the classes (with the wider ones) that some texts name."""
    names: set[str] = set()
    classes: set[str] = set()
    for text in texts:
        for mention in mentions(text):
            classes |= classes_of(mention.name)
            if not mention.is_class:
                names |= {mention.name, *mention.keys}
    return frozenset(names), frozenset(classes)


def line(observation: Observation) -> str:
    """An observation as a line of the chart, by its short name where it has one."""
    short = next((name for name, pattern in _SHORT if pattern.search(observation.text)), observation.text)
    stated = observation.source.resource == "question"
    day = ", as the question states it" if stated else f", {observation.taken:%Y-%m-%d}" if observation.taken else ""
    if observation.value is None:
        return f"{short}: {observation.answer}{day}"
    sign = observation.comparator or ""
    return f"{short}: {sign}{observation.value:g} {observation.unit or ''}".rstrip() + day


def _active(facts: PatientFacts) -> Iterable[Condition]:
    return (condition for condition in facts.conditions if condition.active)


def _first(facts: PatientFacts, pattern: re.Pattern[str]) -> Because | None:
    for condition in _active(facts):
        if pattern.search(condition.text) and not _NOT_NOW.search(condition.text):
            return Because(condition.id, condition.text)
    return None


@lru_cache(maxsize=4_096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(token.text) for token in tokens(text) if token.kind == "word")
