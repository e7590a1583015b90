"""A number with its unit and, where it is a dose, how often."""

from dataclasses import replace

from cds.wording.numerals import Number
from cds.wording.quantities.quantity import DOSE, Comparator, Quantity
from cds.wording.text import Token, word_set
from cds.wording.unit_names import unit_at

_AFTER_A_MEASURE = word_set(
    """
    or and to in for with on at by than if is are was were over under is as but from of per should must may can when
    while who before after until within during then plus above below a an the years mmhg not has have had do does it
    they despite because since unless vs versus compared against
    """
)


_UP, _DOWN = word_set("more longer greater higher above over"), word_set("less fewer lower below under")


def measured(found: tuple[Token, ...], number: Number) -> Quantity:
    """A number with the unit that follows it."""
    value, dimension, last = number.value, "", number.last
    at = number.last + 1
    if at + 1 < len(found) and found[at].text == "°":
        at += 1
    if at < len(found) and found[at].text in ("c", "f") and (found[at - 1].text == "°"):
        celsius = value if found[at].text == "c" else (value - 32) / 1.8
        return Quantity(celsius, celsius, "=", "temperature", (value,), number.first, at, number.decimals)
    measured, end = unit_at(found, number.last + 1)
    comparator: Comparator = "="
    if not measured and _bounded_first(found, at):  # 15 or more hours
        measured, end = unit_at(found, at + 2)
        comparator = "=" if not measured else ">=" if found[at + 1].text in _UP else "<="
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
    return Quantity(
        value, value, comparator, dimension, (number.value,), number.first, last, number.decimals, counted=counted
    )


def _bounded_first(found: tuple[Token, ...], at: int) -> bool:
    return at + 2 < len(found) and found[at].text == "or" and found[at + 1].text in _UP | _DOWN


def with_rate(found: tuple[Token, ...], quantity: Quantity) -> list[Quantity]:
    """Split '4 g/day' into 4 g and once a day, so that it equals '4 g daily'."""
    over, _, under = quantity.dimension.rpartition("/")
    word = found[quantity.last].text
    if under == "days" and over in DOSE and word in ("day", "d", "days", "week", "night", "24h"):
        per_day = 1.0 if word != "week" else 1 / 7
        factor = per_day
        rate = Quantity(per_day, per_day, "=", "rate", (1.0,), quantity.last, quantity.last)
        return [replace(quantity, dimension=over, low=quantity.low / factor, high=quantity.high / factor), rate]
    return [quantity]
