"""Searches that a reviewer comes back to, each under a name of its owner's."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from cds.actors import Actor
from cds.audit.log import AuditLog
from cds.clock import Clock
from cds.errors import Conflict, InvalidInput, NotFound
from cds.ids import new_id
from cds.tables_recommendations import saved_filters

_LONGEST = 80
# As many as a list can be looked through.
_MOST = 100


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """One search by its name; `given` is what was filled in."""

    id: str
    name: str
    given: dict[str, str]


def save_filter(
    tx: Connection, actor: Actor, name: str, given: Mapping[str, str], *, log: AuditLog, clock: Clock
) -> str:
    """Keep a search; the log says that and not the name, which could be anybody's."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST:
        raise InvalidInput(f"Give the search a name of 1 to {_LONGEST} characters.", code="name_missing")
    if not given:
        raise InvalidInput("Nothing is filled in, so there is no search to keep.", code="filter_empty")
    mine = saved_filters.c.actor == actor.id
    if tx.execute(select(saved_filters.c.id).where(mine, saved_filters.c.name == name)).first() is not None:
        raise Conflict("You already keep a search under this name.", code="filter_exists")
    if (tx.execute(select(func.count()).select_from(saved_filters).where(mine)).scalar() or 0) >= _MOST:
        raise Conflict(f"You keep {_MOST} searches; let one go first.", code="filters_full")
    filter_id = new_id()
    log.append(tx, kind="review.filter_saved", actor=actor, subject=filter_id, details={"given": sorted(given)})
    values = {"id": filter_id, "actor": actor.id, "name": name, "given": dict(given), "at": clock.now()}
    tx.execute(insert(saved_filters).values(values))
    return filter_id


def forget_filter(tx: Connection, actor: Actor, filter_id: str, *, log: AuditLog) -> None:
    """Let a search of one's own go."""
    mine = (saved_filters.c.actor == actor.id, saved_filters.c.id == filter_id)
    if tx.execute(delete(saved_filters).where(*mine)).rowcount == 0:
        raise NotFound("There is no such saved search.")
    log.append(tx, kind="review.filter_removed", actor=actor, subject=filter_id)


def saved_by(tx: Connection, actor: Actor) -> tuple[SavedFilter, ...]:
    """The searches this person keeps, by name."""
    found = select(saved_filters).where(saved_filters.c.actor == actor.id).order_by(saved_filters.c.name)
    return tuple(SavedFilter(id=row.id, name=row.name, given=row.given) for row in tx.execute(found))
