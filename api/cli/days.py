"""A day as written at the command line."""

from datetime import date, datetime

from cds.errors import InvalidInput


def day(value: str | None) -> date | None:
    """The day written as 2026-03-31; None when none was given."""
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 a day has no zone
    except ValueError:
        raise InvalidInput(f"{value} is no date. Write it as 2026-03-31.", code="invalid_date") from None
