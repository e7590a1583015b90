"""Editions of guidelines as the API and the command line give them."""

from datetime import date
from typing import Any

from knowledge.editions import FIELDS, Edition


def edition_json(one: Edition, on: date) -> dict[str, Any]:
    """An edition as the API and the command line give it."""
    return {
        "id": one.document,
        "edition": one.id,
        "state": one.state,
        "sound": one.sound,
        **{name: getattr(one, name) for name in FIELDS[1:]},
        "provenance": dict(one.provenance),
        "past_review": one.review_due is not None and one.review_due < on,
        "in_force": one.in_force(on),
        "force_from": one.force_from,
        "force_until": one.force_until,
        "successor": one.successor,
        "file": one.file,
        "format": one.format,
        "pages": one.pages,
        "passages": one.passages,
        "flags": [{"kind": flag.kind, "text": flag.text, "page": flag.page, "count": flag.count} for flag in one.flags],
    }
