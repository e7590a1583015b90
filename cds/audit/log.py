"""Appending to the log: one transaction holds the business row, the entry and the head."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert

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
        tx.execute(
            insert(entries).values(
                seq=seq,
                at=at,
                kind=kind,
                actor=actor.id if actor else None,
                subject=subject,
                entry=entry.decode("utf-8"),
                leaf=leaf.hex(),
            )
        )
        if content is not None:
            tx.execute(insert(contents).values(seq=seq, patient=patient, salt=salt, body=content))
        tx.execute(update(head).where(head.c.id == 1).values(size=tree.size, frontier=frontier_text(tree)))
        return AuditRef(seq=seq, leaf=leaf.hex())


def moment(at: datetime) -> str:
    """A moment as entries write it: UTC, microseconds always."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_head(tx: Connection) -> Frontier:
    """The head as the database has it."""
    row = tx.execute(select(head.c.size, head.c.frontier).where(head.c.id == 1)).one_or_none()
    return Frontier() if row is None else _frontier(row.size, row.frontier)


def _lock_head(tx: Connection) -> Frontier:
    locked = select(head.c.size, head.c.frontier).where(head.c.id == 1).with_for_update()
    row = tx.execute(locked).one_or_none()
    if row is None:
        first = {"id": 1, "size": 0, "frontier": ""}
        if tx.dialect.name == "postgresql":
            tx.execute(postgresql_insert(head).values(first).on_conflict_do_nothing())
        else:
            tx.execute(insert(head).values(first))
        row = tx.execute(locked).one()
    return _frontier(row.size, row.frontier)


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
