"""Texts beside the log: read back against what the log committed to, emptied when a patient is erased."""

import hmac

import orjson
from sqlalchemy import Connection, select, update

from cds.actors import Actor
from cds.audit.canonical import commitment
from cds.audit.log import AuditLog
from cds.audit.merkle import leaf_hash
from cds.audit.tables import contents, entries
from cds.errors import Integrity, NotFound


def read_content(tx: Connection, seq: int) -> str:
    """The text that entry `seq` commits to, or an error that says it was erased or changed."""
    row = tx.execute(
        select(entries.c.entry, entries.c.leaf, contents.c.salt, contents.c.body)
        .select_from(entries.outerjoin(contents, entries.c.seq == contents.c.seq))
        .where(entries.c.seq == seq)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such entry in the audit log.")
    if row.body is None or row.salt is None:
        raise NotFound("What was recorded here has been erased; its audit entry remains.", code="erased")
    try:
        committed = orjson.loads(row.entry)["details"]["content"]
        intact = leaf_hash(row.entry.encode()).hex() == row.leaf and hmac.compare_digest(
            commitment(row.salt, row.body), committed
        )
    except (KeyError, TypeError, ValueError):
        intact = False
    if not intact:
        raise Integrity(
            f"What was recorded under entry {seq} is not what is stored now. Run `cds audit verify`.",
            code="content_altered",
        )
    return str(row.body)


def has_content(tx: Connection, seq: int) -> bool:
    """Whether the entry's text is still there."""
    return (
        tx.execute(select(contents.c.seq).where(contents.c.seq == seq, contents.c.body.is_not(None))).first()
        is not None
    )


def erase_contents(tx: Connection, *, patient: str, log: AuditLog, actor: Actor | None) -> int:
    """Empty every text about this patient, and say in the log which entries lost theirs."""
    found = tx.execute(
        select(contents.c.seq)
        .where(contents.c.patient == patient, contents.c.body.is_not(None))
        .order_by(contents.c.seq)
    )
    seqs = [int(seq) for seq in found.scalars()]
    # An entry names at most a few thousand others, so that none grows past its limit.
    for start in range(0, len(seqs), _PER_ENTRY):
        part = seqs[start : start + _PER_ENTRY]
        log.append(tx, kind="content.erased", actor=actor, subject=patient, details={"entries": part})
    if seqs:
        tx.execute(
            update(contents)
            .where(contents.c.patient == patient, contents.c.body.is_not(None))
            .values(salt=None, body=None)
        )
    return len(seqs)


_PER_ENTRY = 5000
