"""Appending to the log: one transaction holds the business row, the entry and the head."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from cds.actors import Actor
from cds.audit.canonical import canonical, commit_to
from cds.audit.merkle import Frontier, leaf_hash
from cds.audit.tables import contents, entries, head
from cds.clock import Clock
from cds.errors import Integrity, InvalidInput
from cds.recommendation import AuditRef

VERSION = 1
# An entry names things, it does not hold them; the largest (a recommendation's) takes a few kilobytes.
LARGEST_ENTRY = 262_144
_KIND = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)*")
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")


class AuditLog:
    """The append-only log of this installation."""

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def append(
        self,
        tx: Connection,
        *,
        kind: str,
        actor: Actor | None,
        subject: str,
        details: Mapping[str, Any] = {},
        content: str | None = None,
        patient: str | None = None,
    ) -> AuditRef:
        """Add one entry in the caller's transaction; `content` is kept beside it and only committed to."""
        _check_names(kind=kind, actor=actor.id if actor else None, subject=subject)
        if "content" in details:
            raise InvalidInput("`content` in an entry's details is the log's own word.", code="entry_not_canonical")
        tree = _lock_head(tx)
        salt = None
        if content is not None:
            salt, committed = commit_to(content)
            details = {**details, "content": committed}
        seq = tree.size + 1
        at = moment(self.clock.now())
        entry = canonical(
            {
                "v": VERSION,
                "seq": seq,
                "at": at,
                "kind": kind,
                "actor": actor.id if actor else None,
                "subject": subject,
                "details": details,
            }
        )
        if len(entry) > LARGEST_ENTRY:
            raise InvalidInput("An audit entry is too large; put the text in `content`.", code="entry_too_large")
        leaf = leaf_hash(entry)
        tree.append(leaf)
        row = {
            "seq": seq,
            "at": at,
            "kind": kind,
            "actor": actor.id if actor else None,
            "subject": subject,
            "entry": entry.decode("utf-8"),
            "leaf": leaf.hex(),
        }
        for statement in _ADD[tx.dialect.name]:
            tx.execute(statement, row | {"to_size": seq, "to_frontier": frontier_text(tree)})
        if content is not None:
            tx.execute(insert(contents).values(seq=seq, patient=patient, salt=salt, body=content))
        return AuditRef(seq=seq, leaf=leaf.hex())


_COLUMNS = ("seq", "at", "kind", "actor", "subject", "entry", "leaf")
# The head moves by one with each entry. PostgreSQL does both in one statement: while the turn is held, all others
# wait for every word between here and the server.
_entry_row = insert(entries).values({name: bindparam(name) for name in _COLUMNS})
_forward = update(head).where(head.c.id == 1).values(size=bindparam("to_size"), frontier=bindparam("to_frontier"))
_written = _entry_row.returning(entries.c.seq).cte("written")
_ADD = {
    "sqlite": (_entry_row, _forward),
    # Joined to what was written, the head cannot move before the trigger has compared the entry with it.
    "postgresql": (_forward.where(head.c.size == _written.c.seq - 1),),
}
# Turns are given in the order they are asked for; a row's lock lets latecomers pass. Reading the head is a statement
# of its own in the same message, so that it sees what the turn before has committed.
_TAKE_TURN = "SELECT pg_advisory_xact_lock(7203848); SELECT size, frontier FROM audit_head WHERE id = 1 FOR UPDATE"


def moment(at: datetime) -> str:
    """A moment as entries write it: UTC, microseconds always."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_head(tx: Connection) -> Frontier:
    """The head as the database has it."""
    row = tx.execute(select(head.c.size, head.c.frontier).where(head.c.id == 1)).one_or_none()
    return Frontier() if row is None else _frontier(row.size, row.frontier)


def _lock_head(tx: Connection) -> Frontier:
    row = _locked_head(tx)
    if row is None:
        tx.execute(insert(head).values(id=1, size=0, frontier=""))
        return Frontier()
    return _frontier(*row)


def _locked_head(tx: Connection) -> tuple[int, str] | None:
    """The head, once it is this transaction's turn; on SQLite that was so when the transaction began."""
    if tx.dialect.name != "postgresql":
        found = tx.execute(select(head.c.size, head.c.frontier).where(head.c.id == 1)).one_or_none()
        return None if found is None else (found.size, found.frontier)
    result = tx.exec_driver_sql(_TAKE_TURN, execution_options={"no_parameters": True})
    try:
        result.cursor.nextset()
        row: tuple[int, str] | None = result.cursor.fetchone()
        return row
    finally:
        result.close()


def _frontier(size: int, written: str) -> Frontier:
    try:
        return Frontier(size, [bytes.fromhex(node) for node in written.split()])
    except ValueError:
        raise Integrity(
            "The audit log's head is damaged, so nothing can be recorded. Run `cds audit verify`.", code="head_damaged"
        ) from None


def frontier_text(tree: Frontier) -> str:
    """The head's frontier as it is stored."""
    return " ".join(node.hex() for node in tree.nodes)


def _check_names(*, kind: str, actor: str | None, subject: str) -> None:
    if len(kind) > 64 or not _KIND.fullmatch(kind):
        raise InvalidInput(f"{kind!r} is no kind of audit entry; write it `noun.verb`.", code="entry_not_canonical")
    for name in (actor, subject):
        if name is not None and not _NAME.fullmatch(name):
            raise InvalidInput(
                "An audit entry's actor and subject are ids of 1 to 200 printable characters.",
                code="entry_not_canonical",
            )
