"""Dates as records write them: whole, to the month, to the year, with or without a zone."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

Precision = Literal["day", "month", "year"]

_ISO = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|z|[+-]\d{2}:?\d{2})?)?)?)?$"
)
_HL7 = re.compile(r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d+))?)?)?)?)?)?([+-]\d{4})?$")


def read_moment(text: object) -> datetime | None:
    """A FHIR or HL7 time; the earliest moment it can mean, in UTC where it names no zone; None when it is none."""
    if not isinstance(text, str):
        return None
    text = text.strip()
    match = _ISO.match(text) or _HL7.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0) % 24, int(minute or 0), min(int(second or 0), 59),
            int((fraction or "0")[:6].ljust(6, "0")), tzinfo=_zone(zone),
        )  # fmt: skip
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_date(text: object) -> date | None:
    """The day as it is written, whatever its zone; the first day a shorter date can mean."""
    if not isinstance(text, str):
        return None
    text = text.strip()
    match = _ISO.match(text) or _HL7.match(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None


def precision(text: object) -> Precision:
    """How much of a date was given."""
    match = (_ISO.match(text.strip()) or _HL7.match(text.strip())) if isinstance(text, str) else None
    if match is None or match[3]:
        return "day"
    return "month" if match[2] else "year"


def version_rank(recorded: datetime | None, version: str | None) -> str:
    """Sorts the versions of one resource: by time, then by number; what says neither comes first."""
    number = version if version and version.isdigit() and len(version) <= 12 else ""
    moment = recorded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") if recorded else ""
    return f"{moment}|{number:0>12}" if moment or number else ""


def _zone(text: str | None) -> timezone:
    if not text or text in ("Z", "z"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
