"""How often: twice daily, BD, every 12 hours, q8h, three times a week; as times per day."""

# ruff: noqa: SIM905 lists of words and patterns read better as they are spoken

import re

from cds.wording.text import Token

_PERIODS = {
    "day": 1.0,
    "week": 7.0,
    "fortnight": 14.0,
    "month": 30.0,
    "year": 365.0,
    "hour": 1 / 24,
    "night": 1.0,
    "evening": 1.0,
    "morning": 1.0,
    "minute": 1 / 1440,
}
_ADVERBS = {
    "daily": 1.0,
    "weekly": 7.0,
    "fortnightly": 14.0,
    "monthly": 30.0,
    "yearly": 365.0,
    "annually": 365.0,
    "nightly": 1.0,
    "hourly": 1 / 24,
    "nocte": 1.0,
    "quarterly": 90.0,
}
_LATIN = {"od": 1, "qd": 1, "bd": 2, "bid": 2, "tds": 3, "tid": 3, "qds": 4, "qid": 4}
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_NUMBERS = {w: n for n, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}
_Q = re.compile(r"^q(\d+)(h|hr|hrs|d|w)?$")


def rates_in(found: tuple[Token, ...]) -> tuple[list[tuple[float, int, int]], frozenset[int]]:
    """Frequencies as (times a day, first token, last token), and the tokens they use up."""
    words = [token.text for token in found]
    rates: list[tuple[float, int, int]] = []
    index = 0
    while index < len(words):
        matched = _at(words, index)
        if matched:
            rates.append((matched[0], index, matched[1]))
            index = matched[1] + 1
        else:
            index += 1
    return rates, frozenset(i for _, first, last in rates for i in range(first, last + 1))


def _at(words: list[str], i: int) -> tuple[float, int] | None:
    word = words[i]
    if word in _LATIN and not (i + 1 < len(words) and words[i + 1] == "cells"):
        return float(_LATIN[word]), i
    if (match := _Q.match(word)) and (match[2] or _word(words, i + 1) in ("h", "hours", "hourly")):
        size = {"h": 24.0, "hr": 24.0, "hrs": 24.0, "d": 1.0, "w": 1 / 7}[match[2] or "h"]
        return size / float(match[1]), i if match[2] else i + 1
    count = _count(words, i)
    if count:
        times, at = count
        period = _period(words, at)
        if period:
            return times / period[0], period[1]
    if word in ("every", "each"):
        return _every(words, i)
    if word in ("alternate", "alternating") and _word(words, i + 1) in ("day", "days"):
        return 0.5, i + 1
    if i and words[i - 1] in ("to", "-") and _value(_word(words, i - 2)):
        return None  # 4 to 6 hourly: a range of time
    value = _value(word)
    if value and _word(words, i + 1) == "-" and _word(words, i + 2) in ("hourly", "weekly", "monthly", "daily"):
        return 1 / (value * _ADVERBS[words[i + 2]]), i + 2
    if value and _word(words, i + 1) == "hourly":
        return 24 / value, i + 1
    if word in _ADVERBS and not (word == "hourly" and i and _value(words[i - 1])):
        return 1 / _ADVERBS[word], i
    if word in ("a", "per") and _word(words, i + 1) == "day" and i and words[i - 1] not in ("times", "time", "/"):
        before = words[i - 1]
        if before in ("within", "after", "for", "in", "over", "than", "least", "most", "until", "about"):
            return None
        if before in _TIMES or before not in _NUMBERS:
            return 1.0, i + 1
    if word == "at" and _word(words, i + 1) in ("bedtime", "night"):
        return 1.0, i + 1
    return None


def _count(words: list[str], i: int) -> tuple[float, int] | None:
    """Once, twice, three times, four or five? times: how often, and the token after it."""
    if words[i] in _TIMES:
        return float(_TIMES[words[i]]), i + 1
    value = _value(words[i])
    if value and _word(words, i + 1) in ("times", "time", "x") and value <= 48:
        return value, i + 2
    if value and _word(words, i + 1) == "-" and _word(words, i + 2) == "times":
        return value, i + 3
    if value and _word(words, i + 1) == "doses" and value <= 12:
        return value, i + 2
    return None


def _period(words: list[str], at: int) -> tuple[float, int] | None:
    if _word(words, at) == "-":
        at += 1
    word = _word(words, at)
    if word in _ADVERBS:
        return _ADVERBS[word], at
    if word == "every" and (spaced := _every(words, at)):
        return 1 / spaced[0], spaced[1]  # once every 4 hours
    if word in ("a", "per", "each", "every", "/", "an", "in", "in each"):
        after = _word(words, at + 1)
        if after == "24" and _word(words, at + 2) in ("hours", "h"):
            return 1.0, at + 2
        if after in _PERIODS:
            return _PERIODS[after], at + 1
    return None


def _every(words: list[str], i: int) -> tuple[float, int] | None:
    after = _word(words, i + 1)
    if after in ("other", "second") and _word(words, i + 2) in _PERIODS:
        return 1 / (2 * _PERIODS[words[i + 2]]), i + 2
    if after in _PERIODS:
        return 1 / _PERIODS[after], i + 1
    value = _value(after)
    unit = _word(words, i + 2)
    if unit == "-" or unit == "to":
        return None  # a range of intervals is read as a range of time
    singular = unit[:-1] if unit.endswith("s") else unit
    singular = {"h": "hour", "hr": "hour", "wk": "week", "mth": "month", "yr": "year", "min": "minute"}.get(
        singular, singular
    )
    if value and singular in _PERIODS:
        return 1 / (value * _PERIODS[singular]), i + 2
    return None


def _value(word: str) -> float | None:
    if word in _NUMBERS:
        return float(_NUMBERS[word])
    try:
        return float(word) if word[:1].isdigit() else None
    except ValueError:
        return None


def _word(words: list[str], index: int) -> str:
    return words[index] if 0 <= index < len(words) else ""
