"""Runs the steps inside the transaction that was opened for them."""

from typing import Any, Literal

from alembic import context

import api.tables  # noqa: F401 autogenerate compares with every table
from cds.db import Json, UtcDateTime, metadata


def plain(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """A step writes plain types: it must mean the same when our own types have moved on."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Json):
        return "sa.Text()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=plain,
    compare_type=True,
)
context.run_migrations()
