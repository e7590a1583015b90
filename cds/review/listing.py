"""Finding recommendations by anything but their text, fast at a million of them."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, exists, func, select

from cds.decisions import DECIDE_WITHIN
from cds.recommendations import Listed, Page, check_limit, to_page
from cds.tables_recommendations import (
    citations,
    decisions,
    recommendations,
    review_notes,
    shown_warnings,
    withheld_statements,
)

# Up to so many rows a condition leads the search; a commoner one is met often enough by walking from the newest on.
_RARE = 20_000


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """What is wanted; everything given must hold. `decision` may be `not_decided`."""

    since: datetime | None = None
    until: datetime | None = None
    asked_by: str | None = None
    patient: str | None = None
    status: str | None = None
    model: str | None = None
    age_band: str | None = None
    sex: str | None = None
    language: str | None = None
    specialty: str | None = None
    document: str | None = None
    edition: str | None = None
    decision: str | None = None
    reason: str | None = None
    warning: str | None = None
    failed: str | None = None
    mark: str | None = None

    def given(self) -> dict[str, Any]:
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}


_OWN = ("asked_by", "patient", "status", "model", "age_band", "sex", "language", "specialty")
# filter → (table, its column, the column with the recommendation's number)
_LINKED: dict[str, tuple[Table, str, str]] = {
    "document": (citations, "document", "seq"),
    "edition": (citations, "edition", "seq"),
    "decision": (decisions, "choice", "shown_seq"),
    "reason": (decisions, "reason", "shown_seq"),
    "warning": (shown_warnings, "kind", "seq"),
    "failed": (withheld_statements, "failed", "seq"),
    "mark": (review_notes, "mark", "shown_seq"),
}


def list_for_review(
    tx: Connection, where: ReviewFilter, *, now: datetime, before: int | None = None, limit: int = 50
) -> Page:
    """A page of recommendations, the newest first."""
    columns = [recommendations.c[f.name] for f in fields(Listed)]
    query = select(*columns).where(*conditions(tx, where, now=now))
    if before is not None:
        query = query.where(recommendations.c.seq < before)
    query = query.order_by(recommendations.c.seq.desc()).limit(check_limit(limit) + 1)
    return to_page(tx.execute(query).mappings().all(), limit=limit)


def conditions(tx: Connection, where: ReviewFilter, *, now: datetime) -> list[ColumnElement[bool]]:
    """The filter as conditions on `recommendations`: a rare one leads, else a list walks from the newest that fits."""
    found: list[ColumnElement[bool]] = []
    leading = True
    for name, value in where.given().items():
        if name in _OWN:
            found += _own(tx, name, value, leading=leading)
            leading = False
        elif name in _LINKED and value != "not_decided":
            found += _linked(tx, *_LINKED[name], value)
        elif name == "decision":
            found.append(~exists().where(decisions.c.shown_seq == recommendations.c.seq))
            found.append(recommendations.c.asked_at <= now - DECIDE_WITHIN)
    return found + _between(tx, where)


def first_at(tx: Connection, at: datetime) -> int | None:
    """The number of the first recommendation asked at this moment or later."""
    asked = recommendations.c.asked_at
    query = select(recommendations.c.seq).where(asked >= at).order_by(asked, recommendations.c.seq).limit(1)
    return tx.execute(query).scalar()


# Recommendations are recorded in the order they are asked, give or take the seconds a model takes.
def _between(tx: Connection, where: ReviewFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.since is not None:
        first = first_at(tx, where.since)
        found.append(recommendations.c.seq >= (2**62 if first is None else first))
    if where.until is not None and (end := first_at(tx, where.until)) is not None:
        found.append(recommendations.c.seq < end)
    return found


def _own(tx: Connection, name: str, value: str, *, leading: bool) -> list[ColumnElement[bool]]:
    column, seq = recommendations.c[name], recommendations.c.seq
    if _is_rare(tx, recommendations, column == value):
        return [seq.in_(select(seq).where(column == value))]
    # One index is walked, which is in the order of the list; the others are wrapped, so that none of them is chosen.
    fits = column == value if leading else func.coalesce(column, "") == value
    return [fits, *_within(tx, column == value, seq)]


def _linked(tx: Connection, table: Table, name: str, number: str, value: str) -> list[ColumnElement[bool]]:
    condition, seq = table.c[name] == value, table.c[number]
    if _is_rare(tx, table, condition):
        return [recommendations.c.seq.in_(select(seq).where(condition))]
    return [exists().where(condition, seq == recommendations.c.seq), *_within(tx, condition, seq)]


def _within(tx: Connection, condition: ColumnElement[bool], seq: Column[int]) -> list[ColumnElement[bool]]:
    """Between the oldest and the newest that fit: a model of last year is not looked for among this year's."""
    oldest, newest = (
        tx.execute(select(seq).where(condition).order_by(order).limit(1)).scalar() for order in (seq.asc(), seq.desc())
    )
    return [recommendations.c.seq.between(oldest, newest)]


def _is_rare(tx: Connection, table: Table, condition: ColumnElement[bool]) -> bool:
    some = select(1).select_from(table).where(condition).limit(_RARE + 1).subquery()
    return (tx.execute(select(func.count()).select_from(some)).scalar() or 0) <= _RARE


def values_used(tx: Connection, name: str) -> list[str]:
    """The values a filter may take, found by leaping through its index."""
    column = recommendations.c[name] if name in _OWN else _LINKED[name][0].c[_LINKED[name][1]]
    step: Callable[[str], Any] = lambda last: select(column).where(column > last).order_by(column).limit(1)  # noqa: E731
    found: list[str] = []
    while (value := tx.execute(step(found[-1] if found else "")).scalar()) is not None:
        found.append(value)
    return found
