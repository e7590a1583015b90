"""Dates as documents write them."""

import re
from datetime import date, datetime

_NAMES = (
    *("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august"),
    *("sep sept september", "oct october", "nov november", "dec december"),
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"((?:19|20)\d\d)"
_ISO = re.compile(rf"\b{_YEAR}-(\d\d)(?:-(\d\d))?(?!\d)")
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH},?\s+{_YEAR}\b", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}\b", re.IGNORECASE)
_MONTH_YEAR = re.compile(rf"\b{_MONTH},?\s+{_YEAR}\b", re.IGNORECASE)
_FIGURES = re.compile(rf"\b(\d{{1,2}})[./](\d{{1,2}})[./]{_YEAR}\b")
_ONLY_YEAR = re.compile(rf"\b{_YEAR}\b")


def date_in(value: object) -> date | None:
    """The first date a value states, the first day of a mere month or year; None when it is unclear."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value) if isinstance(value, (str, int)) else ""
    for read in (_iso, _day_month, _month_day, _month_year, _figures, _only_year):
        found = read(text)
        if found is not None:
            return found
    return None


def _made(year: str, month: int, day: int) -> date | None:
    try:
        return date(int(year), month, day)
    except ValueError:
        return None


def _iso(text: str) -> date | None:
    found = _ISO.search(text)
    return _made(found[1], int(found[2]), int(found[3] or 1)) if found else None


def _day_month(text: str) -> date | None:
    found = _DAY_MONTH.search(text)
    return _made(found[3], _MONTHS[found[2].lower()], int(found[1])) if found else None


def _month_day(text: str) -> date | None:
    found = _MONTH_DAY.search(text)
    return _made(found[3], _MONTHS[found[1].lower()], int(found[2])) if found else None


def _month_year(text: str) -> date | None:
    found = _MONTH_YEAR.search(text)
    return _made(found[2], _MONTHS[found[1].lower()], 1) if found else None


def _figures(text: str) -> date | None:
    found = _FIGURES.search(text)
    if not found:
        return None
    first, second = int(found[1]), int(found[2])
    if first == second or first > 12:
        return _made(found[3], second, first)
    # 13 on the right can only be a day; 03/04 could be either, and a wrong date is worse than none.
    return _made(found[3], first, second) if second > 12 else None


def _only_year(text: str) -> date | None:
    found = _ONLY_YEAR.search(text)
    # A figure among words is no date; a value that is a year and little else is one.
    return _made(found[1], 1, 1) if found and len(text) <= 20 else None
