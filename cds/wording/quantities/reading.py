"""The quantities of one sentence, in order."""

from dataclasses import replace

from cds.wording.comparators import comparator_of, softness_of
from cds.wording.numerals import Number, numbers_in
from cds.wording.quantities.labels import label_of, ordinals_in, roman_in
from cds.wording.quantities.measures import measured, with_rate
from cds.wording.quantities.multiples import multiples_in
from cds.wording.quantities.pressures import pressures_of
from cds.wording.quantities.quantity import Quantity
from cds.wording.quantities.ranges import range_of
from cds.wording.quantities.shares import of_hundred, share_of
from cds.wording.rates import rates_in
from cds.wording.text import Token, word_set

_BARE_RATES = word_set("daily weekly monthly yearly annually nightly a per day d week night")
_JOINING = frozenset({"vs", "versus", "and", "or", "against", "compared", "with", "to", "."})
_AGED = word_set(
    """
    aged age adults people patients women men children those persons anyone person adult woman man infants for lasting
    lasts last just is are of well
    """
)
_ABOUT = frozenset(
    {"about", "approximately", "around", "roughly", "nearly", "almost", "some", "circa", "~", "≈", "approx"}
)


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
    result.extend(ordinals_in(found))
    result.extend(roman_in(found))
    result.extend(multiples_in(found))
    finished = sorted((_compared(quantity, found) for quantity in result), key=lambda q: (q.first, q.last))
    finished = of_hundred(_sharing_units(finished, found), found)
    distinct: list[Quantity] = []
    for quantity in finished:
        doubled = any(q.dimension == quantity.dimension == "rate" and q.last >= quantity.first for q in distinct)
        if not doubled:
            distinct.append(quantity)
    return tuple(distinct)


def _sharing_units(made: list[Quantity], found: tuple[Token, ...]) -> list[Quantity]:
    """84 vs 71 minutes, 10 and 20 mg: a unit said once for both."""
    shared = list(made)
    for place in range(len(made) - 2, -1, -1):
        one, next_one = shared[place], shared[place + 1]
        between = {token.text for token in found[one.last + 1 : next_one.first]}
        listed = not made[place + 1].dimension  # "1, 2 and 12 months", not "ratio 0.7, 95% confidence"
        joined = bool(between) and between <= (_JOINING | {","} if listed else _JOINING) and next_one.first > one.last
        scaled = next_one.dimension and next_one.raw[0] and len(next_one.raw) == 1 and not next_one.tags
        if one.dimension or one.comparator == "range" or not joined or not scaled:
            continue
        if next_one.dimension in ("rate", "times") or next_one.dimension.startswith("label:"):
            continue
        factor = next_one.low / next_one.raw[0]
        shared[place] = replace(
            one, low=one.low * factor, high=one.high * factor, dimension=next_one.dimension, counted=False
        )
    return shared


def _compared(quantity: Quantity, found: tuple[Token, ...]) -> Quantity:
    if quantity.dimension.startswith("label:") or quantity.comparator == "range":
        return quantity
    if quantity.dimension == "rate" and found[quantity.first].text in _BARE_RATES:
        return quantity
    if quantity.comparator != "=":
        return quantity  # it was said inside: "15 or more hours"
    comparator, first, last = comparator_of(found, quantity.first, quantity.last)
    if comparator == ">" and found[first].text == "over" and _lasts(quantity, found, first):
        comparator = "="  # "reduced over 68 weeks"
        soft = "floor"
    else:
        soft = softness_of(found, quantity.first, quantity.last)
    about = any(token.text in _ABOUT for token in found[max(0, first - 2) : quantity.first])
    return replace(quantity, comparator=comparator, first=first, last=last, soft=soft, about=about or quantity.about)


def _lasts(quantity: Quantity, found: tuple[Token, ...], first: int) -> bool:
    """Whether "over" says how long, and not how old or longer than."""
    before = found[first - 1].text if first else ""
    return quantity.dimension in ("days", "months") and before not in _AGED


def _read(found: tuple[Token, ...], numbers: list[Number], index: int) -> tuple[list[Quantity], int]:
    number = numbers[index]
    following = numbers[index + 1] if index + 1 < len(numbers) else None
    labelled = label_of(found, number)
    if labelled:
        return [labelled], 1
    if following is not None:
        between = [token.text for token in found[number.last + 1 : following.first]]
        pair = pressures_of(found, number, following, between)
        if pair:
            return pair, 2
        share = share_of(found, number, following, between)
        if share:
            return [share], 2
        if between == ["/"] and number.value < following.value <= 10:
            value = number.value / following.value
            return [measured(found, replace(number, value=value, last=following.last, decimals=3))], 2
        ranged = range_of(found, number, following, between)
        if ranged:
            return ranged, 2
    return with_rate(found, measured(found, number)), 1
