"""When two quantities are the same amount, in whatever unit and however rounded each is written."""

import math

from cds.wording.quantities import Quantity
from cds.wording.units import IMPLIED, MOLAR_MASS

_CLOSE = 0.004  # of the value: rounding in a conversion of units, never another dose
_ABOUT = 0.06  # "about a fifth" of 19 %
_ANALYTE = 0.035  # 7 mmol/L of glucose is given as 126 mg/dL and as 125
_DAYS_A_MONTH = 30.4
_COUNTS = frozenset({"tablets", "capsules", "doses", "injections", "drinks", "cigarettes", "times", "puffs", "patches"})
_SOFT_FITS = {"limit": ("<=", "<"), "floor": (">=", ">"), "threshold": (">=", ">", "<", "<="), "target": ("<", "<=")}


def same_range(one: tuple[float, float], two: tuple[float, float]) -> bool:
    """Whether two lows and highs are the same but for rounding."""
    return all(math.isclose(a, b, rel_tol=_CLOSE, abs_tol=1e-12) for a, b in zip(one, two, strict=True))


def comparable(one: Quantity, other: Quantity, words: set[str]) -> bool:
    """Whether two quantities are of one kind, so that one could be the other."""
    a, b = one.dimension, other.dimension
    if a == b or (not a and b in IMPLIED and not one.counted):
        return True
    if not b and a in IMPLIED - {"share"} and not other.counted:
        return True
    if {a, b} == {"", "share"}:  # 0.88 is 88 %; "5 fewer" of "of 1,000, 5 fewer"
        bare = one if not a else other
        return 0 < bare.low < 1 or (not a and len(other.raw) == 2) or bool(words & {"point", "points"})
    if ("" in (a, b) and {a, b} & _COUNTS) or {a, b} == {"rate", "doses"}:
        return True
    if {a, b} == {"days", "months"} or {a, b} == {"share", "amount/amount"}:
        return True
    if {a, b} in ({"amount/volume", "mass/volume"},):
        return bool(words & MOLAR_MASS.keys())
    return False


def same_amount(one: Quantity, other: Quantity, words: set[str]) -> bool:
    """Whether two quantities are the same amount, whatever unit each is written in."""
    if (one.comparator == "range") != (other.comparator == "range"):
        return False
    if one.tags and other.tags and one.tags != other.tags and {*one.tags, *other.tags} == {"systolic", "diastolic"}:
        return False
    if one.dimension == other.dimension:
        return one.low == other.low if one.dimension.startswith("label:") else is_near(one, other)
    if {one.dimension, other.dimension} == {"rate", "doses"}:
        return one.low == other.low
    if {one.dimension, other.dimension} == {"", "share"}:
        if len(other.raw) == 2 and not one.dimension:
            return one.raw[0] in other.raw
        if words & {"point", "points"} and one.raw == other.raw:
            return True
        return math.isclose(one.low, other.low, abs_tol=0.0005)
    if not one.dimension or not other.dimension:
        return one.raw == other.raw
    if {one.dimension, other.dimension} == {"days", "months"}:
        days, months = (one, other) if one.dimension == "days" else (other, one)
        return _same_time(days.low, months.low) and _same_time(days.high, months.high)
    if {one.dimension, other.dimension} == {"share", "amount/amount"}:
        share, amount = (one, other) if one.dimension == "share" else (other, one)
        return (
            bool({"hba1c", "a1c", "haemoglobin", "hemoglobin"} & words)
            and abs(0.0915 * amount.low * 1e3 + 2.15 - share.low * 100) < 0.1
        )
    mass, amount = (one, other) if one.dimension == "mass/volume" else (other, one)
    return any(math.isclose(mass.low / MOLAR_MASS[a], amount.low, rel_tol=_ANALYTE) for a in MOLAR_MASS.keys() & words)


def is_near(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities of one dimension are the same but for rounding."""
    rounded = one.about and _digits(one) < _digits(other)  # never more exact than the cited text
    close = _ABOUT if rounded else _CLOSE
    if one.dimension == "share" and not (one.about or other.about) and 3 in (one.decimals, other.decimals):
        close = 0.012  # "one in six" is 17 %, "two thirds" 67 %
    if close == _CLOSE and one.raw != other.raw and _same_unit(one, other):
        return False  # 27,283 is not 27,233
    pairs = ((one.low, other.low), (one.high, other.high))
    return all(math.isclose(a, b, rel_tol=close, abs_tol=1e-12) for a, b in pairs)


def _same_unit(one: Quantity, other: Quantity) -> bool:
    """Whether both were written in one unit, so that nothing was rounded in converting."""
    if len(one.raw) != len(other.raw) or not one.raw[0] or not other.raw[0]:
        return False
    return math.isclose(one.low / one.raw[0], other.low / other.raw[0], rel_tol=1e-6)


def _digits(quantity: Quantity) -> int:
    """How many digits of the number say something: 20 has one, 19.7 three; a fraction in words one."""
    if quantity.decimals == 3 and len(quantity.raw) == 1:
        return 1
    return max(len(f"{raw:.10g}".replace(".", "").strip("0")) for raw in quantity.raw[:1])


def _same_time(days: float, months: float) -> bool:
    return (months <= 3 and abs(days - months * _DAYS_A_MONTH) <= 1.5) or (
        months >= 12 and math.isclose(days, months / 12 * 365, rel_tol=0.01)
    )


def bounded_alike(wanted: Quantity, offered: Quantity) -> bool:
    """Whether the bound the statement puts is the bound the evidence puts."""
    a, b = wanted.comparator, offered.comparator
    if a == b or "range" in (a, b):
        return True
    if a == "=" and wanted.soft:
        return b in _SOFT_FITS[wanted.soft]
    if b == "=" and offered.soft:
        return a in _SOFT_FITS[offered.soft]
    return False
