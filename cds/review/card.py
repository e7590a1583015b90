"""The governance card: the source attributes of ONC's HTI-1 rule, each from a live query or a dated statement."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from cds.actors import Actor, Role
from cds.audit.contents import read_content
from cds.audit.log import AuditLog
from cds.clock import Clock
from cds.errors import Denied, InvalidInput
from cds.ids import new_id
from cds.review.attributes import ATTRIBUTES, BY_ID, Attribute
from cds.review.listing import ReviewFilter
from cds.review.statistics import Statistics, statistics
from cds.tables_recommendations import card_statements

# What people stated is to be looked at again every year, what is measured is measured over a quarter.
_STALE_AFTER = timedelta(days=365)
MEASURED_OVER = timedelta(days=90)
# Fewer consults than this measure nothing.
_FEWEST = 30
_LONGEST = 8000

State = Literal["measured", "stated", "stale", "empty"]


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute with what is known of it."""

    attribute: Attribute
    state: State
    text: str | None
    by: str | None  # who stated it
    at: datetime | None  # when it was stated or measured
    seq: int | None  # the entry that holds the statement

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.attribute.id,
            "family": self.attribute.family,
            "group": self.attribute.group,
            "attribute": self.attribute.text,
            "state": self.state,
            "text": self.text,
            "by": self.by,
            "at": self.at,
            "entry": self.seq,
        }


@dataclass(frozen=True, slots=True)
class Card:
    """Every attribute, and how many of each state."""

    made_at: datetime
    lines: tuple[Line, ...]

    def to_json(self) -> dict[str, Any]:
        states = [line.state for line in self.lines]
        return {
            "made_at": self.made_at,
            "counts": {state: states.count(state) for state in ("measured", "stated", "stale", "empty")},
            "attributes": [line.to_json() for line in self.lines],
        }


def card(tx: Connection, *, clock: Clock) -> Card:
    """The card as of now."""
    now = clock.now()
    found = statistics(tx, ReviewFilter(since=now - MEASURED_OVER), now=now)
    stated = _newest_statements(tx)
    return Card(
        made_at=now,
        lines=tuple(_line(tx, attribute, found, stated.get(attribute.id), now) for attribute in ATTRIBUTES),
    )


def state_attribute(tx: Connection, actor: Actor, attribute: str, text: str, *, log: AuditLog, clock: Clock) -> int:
    """Put a dated statement on the card, under the name of who makes it; the earlier ones stay in the record."""
    if not actor.roles & {Role.ADMINISTRATOR, Role.AUDITOR}:
        raise Denied("The card is an auditor's or an administrator's.")
    if attribute not in BY_ID:
        raise InvalidInput("There is no such attribute on the card.", code="unknown_attribute")
    if not text.strip() or len(text) > _LONGEST:
        raise InvalidInput(f"A statement has 1 to {_LONGEST} characters.", code="too_long")
    entry = log.append(tx, kind="card.stated", actor=actor, subject=attribute, content=text.strip())
    values = {"id": new_id(), "seq": entry.seq, "attribute": attribute, "actor": actor.id, "at": clock.now()}
    tx.execute(insert(card_statements).values(values))
    return entry.seq


def _line(tx: Connection, attribute: Attribute, found: Statistics, stated: Any, now: datetime) -> Line:
    measure = MEASURES.get(attribute.id)
    measured = measure(found) if measure is not None else None
    if stated is not None:
        text = read_content(tx, stated.seq)
        if measured is not None:
            text = f"{text}\n{measured}"
        state: State = "stale" if now - stated.at > _STALE_AFTER else "stated"
        return Line(attribute, state, text, stated.actor, stated.at, stated.seq)
    if measured is not None:
        return Line(attribute, "measured", measured, None, now, None)
    if attribute.built_in is not None:
        return Line(attribute, "stated", attribute.built_in, "the makers, with this release", None, None)
    return Line(attribute, "empty", None, None, None, None)


def _newest_statements(tx: Connection) -> dict[str, Any]:
    rows = tx.execute(select(card_statements).order_by(card_statements.c.seq))
    return {row.attribute: row for row in rows}


def _validity(found: Statistics) -> str | None:
    if found.total < _FEWEST:
        return None
    status = found.by_status
    shares = ", ".join(f"{name} {status.get(name, 0)}" for name in ("answered", "quoted", "abstained", "referred"))
    accepted = found.acceptance
    text = f"Last 90 days: {found.total} consults ({shares}); {sum(found.withheld.values())} statements withheld."
    if accepted.of:
        text += (
            f" Of {accepted.of} decided, {accepted.count} accepted as shown "
            f"(95 % interval {accepted.low:.0%} to {accepted.high:.0%})."
        )
    return text


def _fairness(found: Statistics) -> str | None:
    compared = [(name, cell) for name, cells in found.cohorts.items() for cell in cells if cell.ratios]
    if not compared:
        return None
    if not found.marks:
        return f"Last 90 days: {len(compared)} groups compared with all others, none outside 0.8 to 1.25 beyond chance."
    marks = "; ".join(f"{group} ({cohort}): {measure}" for cohort, group, measure in found.marks)
    return f"Last 90 days: {len(compared)} groups compared with all others. Outside 0.8 to 1.25 beyond chance: {marks}."


def _inputs(found: Statistics) -> str | None:
    if not found.models:
        return None
    models = ", ".join(f"{one.name} ({one.number})" for one in found.models)
    return f"Answers of the last 90 days by model: {models}."


MEASURES: dict[str, Callable[[Statistics], str | None]] = {
    "predictive.27": _validity,
    "predictive.29": _fairness,
    "predictive.26": _inputs,
}
