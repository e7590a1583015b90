"""The group of commands, and what several of them are asked in the same words."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cds.errors import InvalidInput

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Look back at what was shown."
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Since = Annotated[str | None, typer.Option(help="From this day or moment on (UTC).")]
Until = Annotated[str | None, typer.Option(help="Before this day or moment.")]


def moment(written: str | None) -> datetime | None:
    """A day or moment as written; UTC where no zone is."""
    if written is None:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidInput(
            "A day or moment is written 2026-11-21 or 2026-11-21T09:00:00Z.", code="moment_malformed"
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
