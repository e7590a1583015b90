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
    finished = of_hundred(finished, found)
    distinct: list[Quantity] = []
    for quantity in finished:
        doubled = any(q.dimension == quantity.dimension == "rate" and q.last >= quantity.first for q in distinct)
        if not doubled:
            distinct.append(quantity)
    return tuple(distinct)


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
