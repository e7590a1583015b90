"""Numbers as they are written: 1,000, twelve, one hundred and twenty, two thirds, 150 x 10^9."""

# ruff: noqa: E501, SIM905 lists of words and patterns read better as they are spoken

from dataclasses import dataclass

from cds.wording.text import Token, word_set
from cds.wording.units import SHORT, unit

_SPANS = word_set(
    """
    within after for in over than least most until before about by last lasts lasting under around nearly
    """
)
_DIGITS = {
    w: n
    for n, w in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
}
_TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SCALES = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_FRACTIONS = {
    "half": 0.5,
    "third": 1 / 3,
    "thirds": 1 / 3,
    "quarter": 0.25,
    "quarters": 0.25,
    "fifth": 0.2,
    "fifths": 0.2,
    "tenth": 0.1,
}
_GLYPHS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
LABELS = word_set(
    """
    type stage grade class phase category group step tier day week month year trimester level schedule part line
    cycle table figure section chapter appendix visit round version tesla nyha factor stages grades types
    """
)


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    first: int
    last: int
    decimals: int
    worded: bool = False
    fraction: bool = False


def numbers_in(found: tuple[Token, ...], taken: frozenset[int]) -> list[Number]:
    numbers = []
    index = 0
    while index < len(found):
        token = found[index]
        if index in taken:
            index += 1
            continue
        if token.kind == "number":
            if not _in_name(found, index):
                decimals = len(token.text.partition(".")[2])
                value = float(token.text)
                last = index
                if last + 1 < len(found) and found[last + 1].text in _SCALES and found[last + 1].text != "hundred":
                    value *= _SCALES[found[last + 1].text]
                    last += 1
                elif _power(found, last):
                    value, last = _power(found, last) or (value, last)
                first = index
                if _below_zero(found, index):
                    value, first = -value, index - 1
                numbers.append(Number(value, first, last, decimals))
                index = last + 1
                continue
        elif token.text in _GLYPHS:
            if numbers and numbers[-1].last == index - 1 and found[index - 1].end == token.start:
                before = numbers.pop()
                numbers.append(Number(before.value + _GLYPHS[token.text], before.first, index, 2))
            else:
                numbers.append(Number(_GLYPHS[token.text], index, index, 2))
        else:
            worded = _worded(found, index, taken)
            if worded is not None:
                numbers.append(worded)
                index = worded.last + 1
                continue
        index += 1
    return numbers


def _below_zero(found: tuple[Token, ...], index: int) -> bool:
    """A T-score of -2.5: the sign stands at the number and nothing stands at the sign."""
    if not index or found[index - 1].text != "-" or found[index - 1].end != found[index].start:
        return False
    before = found[index - 2] if index > 1 else None
    return before is None or (before.end < found[index - 1].start and before.kind != "number")


def _power(found: tuple[Token, ...], index: int) -> tuple[float, int] | None:
    """150 x 10^9 and 150 x 10 9, as one number."""
    rest = [token.text for token in found[index + 1 : index + 5]]
    if rest[:3] == ["x", "10", "^"] and len(rest) == 4 and rest[3].isdigit():
        return float(found[index].text) * 10 ** int(rest[3]), index + 4
    if rest[:1] == ["x"] and len(rest) > 1 and rest[1] in ("109", "1012", "106"):
        return float(found[index].text) * 10 ** int(rest[1][2:]), index + 2
    return None


def _in_name(found: tuple[Token, ...], index: int) -> bool:
    """COVID-19, SGLT-2, 5-HT3, 25-hydroxyvitamin: a number that is part of a name."""
    if index >= 2 and found[index - 1].text == "-" and found[index - 2].kind == "word":
        joined = found[index - 2].end == found[index - 1].start and found[index - 1].end == found[index].start
        if joined and found[index - 2].text not in LABELS and found[index - 2].text not in _DIGITS:
            return True
    if index + 2 < len(found) and found[index + 1].text == "-" and found[index + 2].kind == "word":
        word = found[index + 2].text
        joined = found[index].end == found[index + 1].start and found[index + 1].end == found[index + 2].start
        if joined and (
            word in ("ht", "alpha", "hydroxyvitamin", "fluorouracil", "fu", "asa", "lead") or word.startswith("ht")
        ):
            return True
    return False


def _worded(found: tuple[Token, ...], index: int, taken: frozenset[int]) -> Number | None:
    """Twelve, twenty-five, one hundred and twenty; 'one' alone only before a unit, as it is a pronoun too."""
    total, last, position = 0.0, -1, index
    current: float | None = None
    while position < len(found) and position not in taken:
        word = found[position].text
        if word in _DIGITS and (
            current is None or (current % 10 == 0 and current >= 20) or (current % 100 == 0 and current)
        ):
            current = (current or 0) + _DIGITS[word]
        elif word in _TENS and (current is None or (current % 100 == 0 and current)):
            current = (current or 0) + _TENS[word]
        elif word in _SCALES and current is not None:
            current *= _SCALES[word]
            if _SCALES[word] >= 1000:
                total, current = total + current, 0.0
        elif word in ("and", "-") and last == position - 1 and current and position + 1 < len(found):
            after = found[position + 1].text
            fits = (after in _DIGITS or after in _TENS) if word == "and" else after in _DIGITS and current % 10 == 0
            if not fits or (word == "and" and current % 100):
                break
            position += 1
            continue
        else:
            break
        last = position
        position += 1
    if last < 0 and found[index].text == "single" and [t.text for t in found[index + 1 : index + 2]] == ["dose"]:
        return Number(1.0, index, index, 0, worded=True)
    if last < 0:
        return _fraction(found, index) or _article(found, index)
    value = total + (current or 0.0)
    if found[index].text in ("one", "zero") and last == index:
        after = next((t.text for t in found[last + 1 : last + 3] if t.text != "-"), "")
        ranged = after in ("to", "or") and last + 2 < len(found) and found[last + 2].text in _DIGITS  # one to two weeks
        if not ranged and not ((unit(after) and after not in SHORT) or after in ("in", "out")):
            return None
    if last + 1 < len(found) and found[last + 1].text in (
        "third",
        "thirds",
        "quarter",
        "quarters",
        "fifths",
        "tenth",
        "half",
    ):
        return Number(value * _FRACTIONS[found[last + 1].text], index, last + 1, 3, worded=True, fraction=True)
    return Number(value, index, last, 0, worded=True)


def _article(found: tuple[Token, ...], index: int) -> Number | None:
    """Within a week, after an hour: one of it; not the "a day" of "6 g a day"."""
    before = found[index - 1].text if index else ""
    after = found[index + 1].text if index + 1 < len(found) else ""
    timed = after in ("minute", "hour", "day", "week", "fortnight", "month", "year", "decade")
    if found[index].text in ("a", "an") and timed and before in _SPANS:
        return Number(1.0, index, index, 0, worded=True)
    return None


def _fraction(found: tuple[Token, ...], index: int) -> Number | None:
    word = found[index].text
    after = found[index + 1].text if index + 1 < len(found) else ""
    before = found[index - 1].text if index else ""
    if word in ("half", "quarter", "third", "fifth", "tenth") and (
        (
            word == "half"
            and (after in ("a", "an", "the", "of") or before in ("a", "one", "by", "in"))
            and after != "life"
        )
        or (before in ("a", "one") and after == "of")
    ):
        return Number(_FRACTIONS[word], index, index, 3, worded=True, fraction=True)
    return None
