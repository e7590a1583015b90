"""Quantities in a sentence: value or range, unit, comparator, and what they are tied to."""

# ruff: noqa: E501, SIM905 lists of words and patterns read better as they are spoken

from dataclasses import dataclass, field, replace
from typing import Literal

from cds.wording.comparators import comparator_of, softness_of
from cds.wording.numerals import LABELS, Number, numbers_in
from cds.wording.rates import rates_in
from cds.wording.text import Token, word_set
from cds.wording.unit_names import unit_at
from cds.wording.units import SHORT, unit

Comparator = Literal["=", "<", "<=", ">", ">=", "range"]

_PEOPLE = word_set("people adults patients women men children persons babies births cases such others pregnancies")

_MULTIPLES = {
    "halve": 0.5,
    "halves": 0.5,
    "halved": 0.5,
    "halving": 0.5,
    "doubles": 2.0,
    "doubled": 2.0,
    "doubling": 2.0,
    "twofold": 2.0,
    "triples": 3.0,
    "tripled": 3.0,
    "threefold": 3.0,
    "quadrupled": 4.0,
    "tenfold": 10.0,
}
_CHANGE = (
    "increas",
    "decreas",
    "fell",
    "fall",
    "rose",
    "rise",
    "drop",
    "reduc",
    "improv",
    "declin",
    "lower",
    "chang",
    "grew",
    "grow",
    "climb",
)
_ROUND = frozenset({10.0, 20.0, 50.0, 100.0, 200.0, 1000.0, 10000.0, 100000.0})
_AFTER_A_MEASURE = word_set(
    """
    or and to in for with on at by than if is are was were over under is as but from of per should must may can when
    while who before after until within during then plus above below a an the years mmhg not has have had do does it
    they despite because since unless
    """
)


_ORDINALS = {w: n for n, w in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)}
_ORDERED = word_set("line trimester degree generation dose step choice stage day week month year")
_BARE_RATES = word_set("daily weekly monthly yearly annually nightly a per day d week night")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}

_ABOUT = frozenset(
    {"about", "approximately", "around", "roughly", "nearly", "almost", "some", "circa", "~", "≈", "approx"}
)
# Rates that belong to a dose ("4 g a day") are kept as a frequency beside it; an infusion's rate stays part of its unit.
_DOSE = frozenset(
    {
        "mass",
        "activity",
        "tablets",
        "capsules",
        "puffs",
        "drops",
        "sprays",
        "doses",
        "amount",
        "mass/mass",
        "activity/mass",
        "patches",
        "sachets",
        "amount/mass",
        "volume",
        "drinks",
        "cigarettes",
        "energy",
    }
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity: `low` to `high` in the base of its dimension, and as it was written."""

    low: float
    high: float
    comparator: Comparator
    dimension: str  # "" for a bare number; "rate" a frequency per day; "label:stage" a numbered name
    raw: tuple[float, ...]  # the numbers as written
    first: int  # tokens that make it up
    last: int
    decimals: int = 0
    about: bool = False
    soft: str = ""  # "limit", "threshold" or "target": words that make a bare number a bound
    counted: bool = False  # a number of things ("100 adults"), not of a measure
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_dose(self) -> bool:
        return self.dimension in _DOSE or self.dimension in ("mass/days", "activity/days", "mass/mass/days")


def quantities(found: tuple[Token, ...]) -> tuple[Quantity, ...]:
    """The quantities of one sentence's tokens, in order."""
    rates, taken = rates_in(found)
    result: list[Quantity] = [
        Quantity(value, value, "=", "rate", (value,), first, last) for value, first, last in rates
    ]
    numbers = numbers_in(found, taken)
    index = 0
    while index < len(numbers):
        made, used = _read(found, numbers, index)
        result.extend(made)
        index += used
        end = max(quantity.last for quantity in made)
        while index < len(numbers) and numbers[index].first <= end:  # the 1.73 of mL/min/1.73 m²
            index += 1
    result.extend(_ordinals(found))
    result.extend(_roman(found))
    for index, token in enumerate(found):
        if token.text in _MULTIPLES:
            value = _MULTIPLES[token.text]
            result.append(
                Quantity(value, value, "=", "share" if value < 1 else "times", (value,), index, index, decimals=3)
            )
    finished = sorted((_compared(quantity, found) for quantity in result), key=lambda q: (q.first, q.last))
    finished = _of_hundred(finished, found)
    distinct: list[Quantity] = []
    for quantity in finished:
        doubled = any(q.dimension == quantity.dimension == "rate" and q.last >= quantity.first for q in distinct)
        if not doubled:
            distinct.append(quantity)
    return tuple(distinct)


def _of_hundred(made: list[Quantity], found: tuple[Token, ...]) -> list[Quantity]:
    """Of 100 adults who ..., about 10 ... and 25 ...: each is a share of the hundred."""
    whole = next((q for q in made if not q.dimension and q.low in _ROUND and _heads(found, q)), None)
    if whole is None:
        return made
    shares = []
    for q in made:
        after = found[q.last + 1].text if q.last + 1 < len(found) else ""
        part = (
            not q.dimension
            and q.first > whole.last
            and q.low <= whole.low
            and q.comparator == "="
            and after not in _PEOPLE
        )
        value = q.low / whole.low
        shares.append(
            replace(q, low=value, high=value, dimension="share", raw=(*q.raw, whole.low), decimals=3) if part else q
        )
    return shares


def _heads(found: tuple[Token, ...], whole: Quantity) -> bool:
    before = found[whole.first - 1].text if whole.first else ""
    after = {token.text for token in found[whole.last + 1 : whole.last + 3]}
    return before in ("of", "among", "for", "every") and bool(after & (_PEOPLE | {"who", "such"}))


def _ordinals(found: tuple[Token, ...]) -> list[Quantity]:
    """Second-line, third trimester: an order that must stay the same."""
    made = []
    for index, token in enumerate(found):
        if token.text in _ORDINALS:
            after = index + 1 + (index + 1 < len(found) and found[index + 1].text == "-")
            if after < len(found) and found[after].text in _ORDERED:
                value = float(_ORDINALS[token.text])
                noun = {"choice": "line"}.get(found[after].text, found[after].text)
                made.append(Quantity(value, value, "=", f"label:{noun}", (value,), index, after))
    return made


def _roman(found: tuple[Token, ...]) -> list[Quantity]:
    """Class III, stage IV, phase II."""
    made = []
    for index, token in enumerate(found[1:], 1):
        if token.text in _ROMAN and found[index - 1].text in LABELS:
            value = float(_ROMAN[token.text])
            made.append(Quantity(value, value, "=", f"label:{found[index - 1].text}", (value,), index, index))
    return made


def _compared(quantity: Quantity, found: tuple[Token, ...]) -> Quantity:
    if quantity.dimension.startswith("label:") or quantity.comparator == "range":
        return quantity
    if quantity.dimension == "rate" and found[quantity.first].text in _BARE_RATES:
        return quantity
    comparator, first, last = comparator_of(found, quantity.first, quantity.last)
    soft = softness_of(found, quantity.first, quantity.last)
    about = any(token.text in _ABOUT for token in found[max(0, first - 2) : quantity.first])
    return replace(quantity, comparator=comparator, first=first, last=last, soft=soft, about=about or quantity.about)


def _read(found: tuple[Token, ...], numbers: list[Number], index: int) -> tuple[list[Quantity], int]:
    number = numbers[index]
    following = numbers[index + 1] if index + 1 < len(numbers) else None
    labelled = _label(found, number)
    if labelled:
        return [labelled], 1
    if following is not None:
        between = [token.text for token in found[number.last + 1 : following.first]]
        pair = _pressure_pair(found, number, following, between)
        if pair:
            return pair, 2
        share = _share(found, number, following, between)
        if share:
            return [share], 2
        if between == ["/"] and number.value < following.value <= 10:
            value = number.value / following.value
            return [_single(found, replace(number, value=value, last=following.last, decimals=3))], 2
        ranged = _range(found, number, following, between)
        if ranged:
            return ranged, 2
    return _with_rate(found, _single(found, number)), 1


def _label(found: tuple[Token, ...], number: Number) -> Quantity | None:
    before = number.first - 1
    if before >= 0 and found[before].text == "-":
        before -= 1
    if before < 0 or found[before].text not in LABELS or number.decimals:
        return None
    after = number.last + 1
    if after < len(found) and unit(found[after].text) and found[after].text not in SHORT:
        return None
    suffix = (
        ord(found[after].text) / 1000
        if after < len(found) and found[after].text in ("a", "b", "c") and found[after].start == found[number.last].end
        else 0
    )
    name = found[before].text.rstrip("s") if found[before].text != "class" else "class"
    return Quantity(
        number.value + suffix, number.value + suffix, "=", f"label:{name}", (number.value,), number.first, number.last
    )


def _pressure_pair(found: tuple[Token, ...], upper: Number, lower: Number, between: list[str]) -> list[Quantity]:
    if between not in (["/"], ["over"]) or not (
        60 <= upper.value <= 300 and 30 <= lower.value <= 200 and upper.value > lower.value
    ):
        return []
    measured, end = unit_at(found, lower.last + 1)
    dimension, factor = measured or ("pressure", 1.0)
    last = end - 1 if measured else lower.last
    return [
        Quantity(
            n.value * factor, n.value * factor, "=", dimension, (n.value,), upper.first, last, tags=frozenset({tag})
        )
        for n, tag in ((upper, "systolic"), (lower, "diastolic"))
    ]


def _share(found: tuple[Token, ...], part: Number, whole: Number, between: list[str]) -> Quantity | None:
    """8 in 100, 1 out of 20, 3 per 1000: the same as a percentage."""
    words = [
        w
        for w in between
        if w
        not in (
            "people",
            "patients",
            "women",
            "men",
            "cases",
            "children",
            "adults",
            "births",
            "persons",
            "of",
            "about",
            "every",
            "each",
        )
    ]
    round_whole = whole.value in _ROUND
    if len(words) == 2 and words[1] == "per" and words[0].isalpha():
        words = words[1:]  # 34 falls per 100 person-years
    if (
        words not in (["in"], ["out"], ["per"], ["for"])
        and not (not words and between and round_whole)
        and not (between == ["/"] and whole.value in (100, 1000, 10000, 100000))
    ):
        return None
    after = found[whole.last + 1].text if whole.last + 1 < len(found) else ""
    if part.value > whole.value or whole.value < 2 or (unit(after) and after not in SHORT) or part.decimals > 1:
        return None
    if words == ["in"] and whole.value >= 1800 and whole.value <= 2100 and whole.value != 2000:
        return None  # 12 in 2019 is a year
    dimension = "share"
    if after in ("person", "patient") and "year" in " ".join(t.text for t in found[whole.last + 1 : whole.last + 5]):
        dimension = "share/months"
    value = part.value / whole.value
    return Quantity(value, value, "=", dimension, (part.value, whole.value), part.first, whole.last, decimals=3)


def _range(found: tuple[Token, ...], low: Number, high: Number, between: list[str]) -> list[Quantity]:
    joined = {"-", "to", "through", "until"}
    before = found[low.first - 1].text if low.first else ""
    first_unit, gap = unit_at(found, low.last + 1)
    rest = [token.text for token in found[gap : high.first]] if first_unit else between
    before_2 = found[low.first - 2].text if low.first > 1 else ""
    betweenness = "between" in (before, before_2) and rest == ["and"]
    if not ((len(rest) == 1 and rest[0] in joined) or betweenness) or (
        len(rest) == 1 and high.worded != low.worded and rest != ["to"]
    ):
        return []
    if (
        rest == ["-"]
        and found[low.last + 1 + (gap - low.last - 1 if first_unit else 0)].start > found[high.first].start
    ):
        return []
    (single, *extra) = _with_rate(found, _single(found, high))
    if first_unit and first_unit[0] == single.dimension.split("/")[0] and "/" in single.dimension:
        first_unit = None
    dimension, factor = first_unit or (single.dimension, single.low / high.value if high.value else 1.0)
    if dimension != single.dimension:
        return []
    if low.value * factor >= single.low and low.value * factor != single.low:
        return []
    first = low.first - 1 if before in ("between", "from") else low.first
    if before == "from" and rest == ["to"] and any(token.stem.startswith(_CHANGE) for token in found):
        start = replace(
            single, low=low.value * factor, high=low.value * factor, raw=(low.value,), first=first, last=low.last
        )
        return [start, single, *extra]  # "fell from 8 to 5": two values, each true of its time
    made = replace(
        single, low=low.value * factor, comparator="range", raw=(low.value, high.value), first=first,
        decimals=max(low.decimals, high.decimals),
    )  # fmt: skip
    return [made, *extra]


def _single(found: tuple[Token, ...], number: Number) -> Quantity:
    value, dimension, last = number.value, "", number.last
    at = number.last + 1
    if at + 1 < len(found) and found[at].text == "°":
        at += 1
    if at < len(found) and found[at].text in ("c", "f") and (found[at - 1].text == "°"):
        celsius = value if found[at].text == "c" else (value - 32) / 1.8
        return Quantity(celsius, celsius, "=", "temperature", (value,), number.first, at, number.decimals)
    measured, end = unit_at(found, number.last + 1)
    if number.fraction and at < len(found) and found[at].text in ("a", "an"):
        measured, end = unit_at(found, at + 1)  # half an hour
    if measured and found[at].text == "s" and number.first and found[number.first - 1].text in ("over", "under", "-"):
        measured = None  # the over 65s
    if measured:
        dimension, factor = measured
        if dimension == "temperature" and "fahrenheit" in found[end - 1].text:
            value = (value - 32) / 1.8
        value, last = value * factor, end - 1
    elif number.fraction:
        dimension = "share"
    after = found[last + 1] if last + 1 < len(found) else None
    counted = not dimension and after is not None and after.kind == "word" and after.text not in _AFTER_A_MEASURE
    return Quantity(value, value, "=", dimension, (number.value,), number.first, last, number.decimals, counted=counted)


def _with_rate(found: tuple[Token, ...], quantity: Quantity) -> list[Quantity]:
    """Split '4 g/day' into 4 g and once a day, so that it equals '4 g daily'."""
    over, _, under = quantity.dimension.rpartition("/")
    word = found[quantity.last].text
    if under == "days" and over in _DOSE and word in ("day", "d", "days", "week", "night", "24h"):
        per_day = 1.0 if word != "week" else 1 / 7
        factor = per_day
        rate = Quantity(per_day, per_day, "=", "rate", (1.0,), quantity.last, quantity.last)
        return [replace(quantity, dimension=over, low=quantity.low / factor, high=quantity.high / factor), rate]
    return [quantity]
