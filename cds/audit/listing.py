"""Reading the log: pages of entries from new to old, one entry, and its place in the tree."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, select

from cds.audit.merkle import inclusion_proof, tree_root
from cds.audit.tables import entries
from cds.errors import InvalidInput, NotFound

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?Z?")
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it was written."""

    seq: int
    at: str
    kind: str
    actor: str | None
    subject: str
    details: dict[str, Any]
    leaf: str

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are wanted; `kind` may name a whole family, as `session` names `session.opened`."""

    kind: str | None = None
    actor: str | None = None
    subject: str | None = None
    since: str | None = None
    until: str | None = None


def list_entries(
    tx: Connection, where: EntryFilter = EntryFilter(), *, before: int | None = None, limit: int = 50
) -> tuple[tuple[Entry, ...], int | None]:
    """A page of entries, the newest first, and where the next page starts (None: nowhere)."""
    if not 1 <= limit <= _BATCH:
        raise InvalidInput(f"A page has 1 to {_BATCH} lines.")
    conditions = _conditions(tx, where)
    if before is not None:
        conditions.append(entries.c.seq < before)
    rows: list[Any] = []
    # One query for each kind of a family: each walks its own index from the newest on, none sorts.
    for kind in _kinds(tx, where.kind):
        query = select(entries).where(*conditions).order_by(entries.c.seq.desc()).limit(limit + 1)
        rows += tx.execute(query if kind is None else query.where(entries.c.kind == kind)).all()
    rows.sort(key=lambda row: row.seq, reverse=True)
    found = tuple(_entry(row) for row in rows[:limit])
    return found, (found[-1].seq if len(rows) > limit else None)


def kinds_used(tx: Connection) -> list[str]:
    """Every kind of entry there is, found by leaping through the index."""
    found: list[str] = []
    while True:
        following = select(entries.c.kind).where(entries.c.kind > (found[-1] if found else ""))
        kind = tx.execute(following.order_by(entries.c.kind).limit(1)).scalar()
        if kind is None:
            return found
        found.append(kind)


def every_entry(tx: Connection, where: EntryFilter = EntryFilter()) -> Iterator[tuple[Entry, str]]:
    """Every wanted entry from the oldest on, with its canonical text."""
    conditions, after = _conditions(tx, where), 0
    if where.kind is not None:
        conditions.append(entries.c.kind.in_(_kinds(tx, where.kind)))
    while True:
        query = select(entries).where(*conditions, entries.c.seq > after).order_by(entries.c.seq).limit(_BATCH)
        rows = tx.execute(query).all()
        if not rows:
            return
        for row in rows:
            yield _entry(row), row.entry
        after = rows[-1].seq


def get_entry(tx: Connection, seq: int) -> Entry:
    """One entry."""
    row = tx.execute(select(entries).where(entries.c.seq == seq)).one_or_none()
    if row is None:
        raise NotFound("There is no such entry in the audit log.")
    return _entry(row)


def entries_about(tx: Connection, subject: str) -> tuple[Entry, ...]:
    """Every entry with this subject, the oldest first."""
    rows = tx.execute(select(entries).where(entries.c.subject == subject).order_by(entries.c.seq).limit(_BATCH))
    return tuple(_entry(row) for row in rows)


def proof_of(tx: Connection, seq: int) -> dict[str, Any]:
    """That the entry is in the log: its path to the root, as RFC 6962 has it."""
    leaves = [bytes.fromhex(leaf) for leaf in tx.execute(select(entries.c.leaf).order_by(entries.c.seq)).scalars()]
    return {
        "size": len(leaves),
        "root": tree_root(leaves).hex(),
        "path": [step.hex() for step in inclusion_proof(seq - 1, leaves)],
    }


def _conditions(tx: Connection, where: EntryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.actor is not None:
        conditions.append(entries.c.actor == where.actor)
    if where.subject is not None:
        conditions.append(entries.c.subject == where.subject)
    # Moments become positions first, so that the newest entries of a range are found without reading the range.
    if where.since is not None:
        first = _first_at(tx, where.since)
        conditions.append(entries.c.seq >= (2**62 if first is None else first))
    if where.until is not None and (end := _first_at(tx, where.until)) is not None:
        conditions.append(entries.c.seq < end)
    return conditions


def _kinds(tx: Connection, wanted: str | None) -> Sequence[str | None]:
    """The kinds that are meant: one, or all of a family; None stands for any."""
    if wanted is None or "." in wanted:
        return (wanted,)
    return [kind for kind in kinds_used(tx) if kind.split(".")[0] == wanted]


def _first_at(tx: Connection, moment: str) -> int | None:
    if not _MOMENT.fullmatch(moment):
        raise InvalidInput("A moment is written 2026-11-21 or 2026-11-21T09:00:00Z (UTC).", code="moment_malformed")
    later = (
        select(entries.c.seq).where(entries.c.at >= moment.rstrip("Z")).order_by(entries.c.at, entries.c.seq).limit(1)
    )
    return tx.execute(later).scalar()


def _entry(row: Any) -> Entry:
    details = orjson.loads(row.entry).get("details", {})
    return Entry(
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        subject=row.subject,
        details=details,
        leaf=row.leaf,
    )
