"""Numbers that name: stage 3, class III, second-line."""

# ruff: noqa: SIM905 lists of words and patterns read better as they are spoken

from cds.wording.numerals import LABELS, Number
from cds.wording.quantities.quantity import Quantity
from cds.wording.text import Token, word_set
from cds.wording.units import SHORT, unit

ORDINALS = {w: n for n, w in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)}
_ORDERED = word_set("line trimester degree generation dose step choice stage day week month year")
# What is first of these is first-line, under whichever name.
_LINES = word_set("line choice treatment option medicine drug therapy antibiotic agent measure")
_BETWEEN = word_set("maintenance drug medical recommended usual oral main best pharmacological")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}


def label_of(found: tuple[Token, ...], number: Number) -> Quantity | None:
    """A number that names what stands before it: stage 3, grade 2."""
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


def ordinals_in(found: tuple[Token, ...]) -> list[Quantity]:
    """Second-line, third trimester: an order that must stay the same."""
    made = []
    for index, token in enumerate(found):
        if token.text in ORDINALS:
            after = index + 1 + (index + 1 < len(found) and found[index + 1].text == "-")
            if after + 1 < len(found) and found[after].text in _BETWEEN and found[after + 1].text in _LINES:
                after += 1
            if after < len(found) and found[after].text in _ORDERED | _LINES:
                value = float(ORDINALS[token.text])
                noun = "line" if found[after].text in _LINES else found[after].text
                made.append(Quantity(value, value, "=", f"label:{noun}", (value,), index, after))
    return made


def roman_in(found: tuple[Token, ...]) -> list[Quantity]:
    """Class III, stage IV, phase II."""
    made = []
    for index, token in enumerate(found[1:], 1):
        if token.text in _ROMAN and found[index - 1].text in LABELS:
            value = float(_ROMAN[token.text])
            made.append(Quantity(value, value, "=", f"label:{found[index - 1].text}", (value,), index, index))
    return made
