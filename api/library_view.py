"""Editions of guidelines as the API and the command line give them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge.editions import FIELDS, Edition


@dataclass(frozen=True, slots=True)
class Note:
    """What the librarian should look at: one thing, wherever it is."""

    kind: str
    text: str
    where: str
    count: int


def notes_of(edition: Edition) -> list[Note]:
    """The flags of an edition, those that say the same of several pages as one."""
    pages: dict[tuple[str, str], list[int]] = {}
    counts: dict[tuple[str, str], int] = {}
    for flag in edition.flags:
        key = (flag.kind, flag.text)
        pages.setdefault(key, []).extend([flag.page] if flag.page is not None else [])
        counts[key] = counts.get(key, 0) + flag.count
    return [Note(*key, _where(pages[key]), 1 if len(pages[key]) > 1 else count) for key, count in counts.items()]


def _where(pages: list[int]) -> str:
    if not pages:
        return ""
    return f" (page{'s' if len(pages) > 1 else ''} {', '.join(map(str, pages))})"


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
