"""Two blood pressures in one: 140/90 mmHg."""

from cds.wording.numerals import Number
from cds.wording.quantities.quantity import Quantity
from cds.wording.text import Token
from cds.wording.unit_names import unit_at


def pressures_of(found: tuple[Token, ...], upper: Number, lower: Number, between: list[str]) -> list[Quantity]:
    """Systolic and diastolic pressure, when two numbers are such a pair."""
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
