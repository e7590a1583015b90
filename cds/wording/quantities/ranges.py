"""5 to 7 days, between 10 and 20 mg, and from 8 to 5 where something changed."""

from dataclasses import replace

from cds.wording.numerals import Number
from cds.wording.quantities.measures import measured, with_rate
from cds.wording.quantities.quantity import Quantity
from cds.wording.text import Token
from cds.wording.unit_names import unit_at

_LEADING = frozenset({"the", "age", "ages", "of", "about", "around"})  # "between the ages of 15 and 44"
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


def range_of(found: tuple[Token, ...], low: Number, high: Number, between: list[str]) -> list[Quantity]:
    """A range, or where something changed from one number to another, two values."""
    joined = {"-", "to", "through", "until"}
    before = found[low.first - 1].text if low.first else ""
    first_unit, gap = unit_at(found, low.last + 1)
    rest = [token.text for token in found[gap : high.first]] if first_unit else between
    near = [token.text for token in found[max(0, low.first - 4) : low.first]]
    spanned = "between" in near and all(w in _LEADING for w in near[near.index("between") + 1 :])
    betweenness = spanned and rest == ["and"]
    if not ((len(rest) == 1 and rest[0] in joined) or betweenness) or (
        len(rest) == 1 and high.worded != low.worded and rest != ["to"]
    ):
        return []
    if (
        rest == ["-"]
        and found[low.last + 1 + (gap - low.last - 1 if first_unit else 0)].start > found[high.first].start
    ):
        return []
    (single, *extra) = with_rate(found, measured(found, high))
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
