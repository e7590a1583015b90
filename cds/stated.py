"""Values a question states ("a potassium of 5.7"), and the limits of sentences that they fall inside or outside."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cds.confidence import of_a_pregnancy
from cds.wording.comparators import Comparator
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence, read_sentences

# What is measured, by the words that name it; of two that begin at one word the longer is meant.
_NAMES: dict[str, tuple[str, ...]] = {
    "potassium": ("potassium", "k", "k +", "kalium"),
    "kidney": ("egfr", "gfr", "glomerular filtration rate", "creatinine clearance", "crcl", "cr cl"),
    "creatinine": ("creatinine",),
    "qtc": ("qtc", "qt", "qt interval", "qtc interval", "corrected qt"),
    "inr": ("inr",),
    "pulse": ("heart rate", "hr", "pulse", "pulse rate", "bpm"),
    "systolic": ("systolic", "systolic blood pressure", "sbp", "systolic pressure", "blood pressure", "bp"),
    "diastolic": ("diastolic", "diastolic blood pressure", "dbp"),
    "sodium": ("sodium",),
    "calcium": ("calcium",),
    "haemoglobin": ("haemoglobin", "hemoglobin", "hb"),
    "platelets": ("platelets", "platelet count"),
    "neutrophils": ("neutrophils", "neutrophil count"),
    "glucose": ("glucose",),
    "hba1c": ("hba1c",),
    "saturation": ("saturation", "oxygen saturation", "sats", "spo2", "sao2"),
    "temperature": ("temperature", "temp"),
    "breaths": ("respiratory rate", "rr"),
    "bmi": ("bmi", "body mass index"),
    "weight": ("weight", "weighs", "weighing"),
    "lactate": ("lactate",),
    "ejection fraction": ("ejection fraction", "lvef", "ef"),
}
_BY_WORDS = sorted(
    ((tuple(name.split()), measure) for measure, names in _NAMES.items() for name in names),
    key=lambda pair: -len(pair[0]),
)
_BACK = 6  # words between a measure and its value: "potassium this morning was 5.7"
_NEAR = 2
_ENDS = frozenset({";", "."})
_NOT_POTASSIUM = frozenset({"vitamin", "mg", "micrograms"})
# Words after which a plain number is the end of a stretch: "from 20 weeks".
_FROM, _AFTER, _BEFORE = frozenset({"from"}), frozenset({"after", "beyond", "past"}), frozenset({"before", "until"})
_AGED = frozenset({"aged", "age", "old", "older", "younger", "years", "year"})
_PEOPLE = frozenset("adult peopl person child children woman women man men patient boy girl infant those".split())  # noqa: SIM905
_CLEARANCE = re.compile(r"\bclearance\b|\bcr ?cl\b", re.I)
_NOW = re.compile(r"\b(?:now|today|currently|latest|last|repeat(?:ed)?)\b", re.I)
# An unstated unit is that of the limit, except where the limit counts multiples or stretches of time.
_NEVER_BARE = frozenset({"times", "months", "mass", "rate"})


@dataclass(frozen=True, slots=True)
class Stated:
    """One value that a question states: `low` to `high`, open where it says more or less than."""

    measure: str
    quantity: Quantity
    called: str = ""  # what it was said to be a value of, where the measure has two names that differ


def stated_in(question: str, *, age: int | None = None) -> tuple[Stated, ...]:
    """The values of a question, one for each measure: the one said to be of now, else the last."""
    found: dict[str, tuple[bool, Stated]] = {}
    called = "Creatinine clearance" if _CLEARANCE.search(question) else ""
    for sentence in read_sentences(question):
        for measure, quantity in measured_in(sentence, pregnant=of_a_pregnancy(question.lower())):
            if measure == "age" and age is None:
                continue  # "in children over 5": of the question's kind, and not of one patient
            start = max(0, sentence.tokens[quantity.first].start - 20)
            now = _NOW.search(sentence.text[start : sentence.tokens[quantity.last].end]) is not None
            if measure not in found or now or not found[measure][0]:
                found[measure] = (now, Stated(measure, quantity, called))
    if age is not None:
        years = Quantity(age * 12.0, age * 12.0, "=", "months", (float(age),), 0, 0)
        found["age"] = (True, Stated("age", years))
    return tuple(one for _, one in found.values())


def measured_in(sentence: Sentence, *, pregnant: bool = False) -> Iterator[tuple[str, Quantity]]:
    """Each quantity of a sentence that is of a known measure, with it."""
    words = [token.text for token in sentence.tokens]
    last_of: dict[str, str] = {}  # by dimension, so that "and stop it below 15 mL/min" is of what was said before
    for quantity in sentence.quantities:
        measure = _measure_of(words, quantity, pregnant=pregnant or any(w.startswith("pregnan") for w in words))
        if measure is None and quantity.dimension not in ("", "days", "months", "mass"):
            measure = last_of.get(quantity.dimension)
        if measure is None:
            continue
        last_of[quantity.dimension] = measure
        yield measure, _open_ended(words, quantity)


def inside(stated: Stated, limit: Quantity) -> bool | None:
    """Whether a stated value is wholly inside what a limit describes; None when the two cannot be compared."""
    own = stated.quantity
    same = own.dimension == limit.dimension
    bare = own.dimension == "" or limit.dimension == ""
    if not same and (not bare or limit.dimension in _NEVER_BARE or own.dimension in _NEVER_BARE):
        return None
    low, high, low_open, high_open = _span(own, as_written=not same)
    least, most, least_open, most_open = _span(limit, as_written=not same)
    above = low > least or (low == least and (low_open or not least_open))
    below = high < most or (high == most and (high_open or not most_open))
    return above and below


def _span(quantity: Quantity, *, as_written: bool) -> tuple[float, float, bool, bool]:
    """From and to, and whether each end is left out."""
    low, high = (quantity.raw[0], quantity.raw[-1]) if as_written else (quantity.low, quantity.high)
    match quantity.comparator:
        case "<" | "<=":
            return -math.inf, high, True, quantity.comparator == "<"
        case ">" | ">=":
            return low, math.inf, quantity.comparator == ">", True
        case _:
            return low, high, False, False


def _measure_of(words: list[str], quantity: Quantity, *, pregnant: bool) -> str | None:
    if "systolic" in quantity.tags or "diastolic" in quantity.tags:
        return "systolic" if "systolic" in quantity.tags else "diastolic"
    if quantity.dimension.startswith("label:") or quantity.is_dose:
        return None
    if quantity.dimension == "months" or (quantity.dimension == "" and "aged" in words[max(0, quantity.first - 2) :]):
        return "age" if _is_age(words, quantity) else None
    if quantity.dimension == "days" and "week" in words[quantity.last]:
        around = words[max(0, quantity.first - 3) : quantity.last + 4]
        return "weeks pregnant" if pregnant and "old" not in around else None
    # "an INR of 9 without bleeding" seems to count what follows
    start = max(0, quantity.first - (_NEAR if quantity.counted else _BACK))
    for at in range(quantity.first, start - 1, -1):  # the nearest before it
        if at < quantity.first and words[at] in _ENDS:
            break
        if named := _name_at(words, at):
            return named
    after = quantity.last + 1
    if after < len(words):
        return _name_at(words, after)  # "a 5.7 potassium"
    return None


def _name_at(words: list[str], at: int) -> str | None:
    for name, measure in _BY_WORDS:
        if tuple(words[at : at + len(name)]) != name:
            # The last words of a longer name are met first on the way back.
            continue
        if name == ("k",) and at and words[at - 1] in _NOT_POTASSIUM:
            return None
        if name == ("creatinine",) and words[at + 1 : at + 2] == ["clearance"]:
            return "kidney"
        return measure
    if words[at] == "clearance":
        return "kidney"
    return None


def _is_age(words: list[str], quantity: Quantity) -> bool:
    around = set(words[max(0, quantity.first - 3) : quantity.last + 3])
    before = {word.rstrip("s") for word in words[max(0, quantity.first - 4) : quantity.first]} | set(
        words[max(0, quantity.first - 4) : quantity.first]
    )
    return bool(around & (_AGED - {"year", "years"})) or bool(before & _PEOPLE)


def _open_ended(words: list[str], quantity: Quantity) -> Quantity:
    """From 20 weeks is 20 weeks and more."""
    if quantity.comparator != "=" or not quantity.first:
        return quantity
    before = words[quantity.first - 1]
    comparator: Comparator = ">=" if before in _FROM else ">" if before in _AFTER else "<" if before in _BEFORE else "="
    return replace(quantity, comparator=comparator)
