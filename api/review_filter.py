"""What a reviewer looks for, as it stands in an address, a form or a saved search: one shape for all of them."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import BaseModel, Field

from cds.errors import InvalidInput
from cds.review.listing import ReviewFilter

Word = Annotated[str, Field(max_length=200)]


class Wanted(BaseModel):
    """Every dimension of the review list; an empty one stands for any."""

    asked_by: Word = ""
    patient: Word = ""
    status: Word = ""
    model: Word = ""
    document: Word = ""
    edition: Word = ""
    decision: Word = ""
    reason: Word = ""
    warning: Word = ""
    failed: Word = ""
    mark: Word = ""
    age_band: Word = ""
    sex: Word = ""
    language: Word = ""
    specialty: Word = ""
    since: Word = ""
    until: Word = ""

    def given(self) -> dict[str, str]:
        """What was filled in, and nothing else."""
        return {name: value for name in Wanted.model_fields if (value := getattr(self, name))}

    def filter(self) -> ReviewFilter:
        """As the list, the statistics and the exports take it."""
        words = {name: value for name, value in self.given().items() if name not in ("since", "until")}
        return ReviewFilter(since=midnight(self.since), until=midnight(self.until), **words)


class WantedPage(Wanted):
    """One page of the list; `before` is where it starts."""

    before: Annotated[int | None, Field(ge=1, le=2**53)] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class WantedFile(Wanted):
    """The same as a file."""

    format: Annotated[str, Field(max_length=20)] = "jsonl"


class WantedAgain(Wanted):
    """The same, to come back to."""

    name: Annotated[str, Field(max_length=200)] = ""


def midnight(day: date | str | None) -> datetime | None:
    """The start of the day given, in UTC; None when none was."""
    try:
        day = date.fromisoformat(day) if isinstance(day, str) and day else day
    except ValueError:
        raise InvalidInput("A day is written 2026-11-21.", code="moment_malformed") from None
    return datetime.combine(day, time(), UTC) if isinstance(day, date) else None
