"""What the library should have answered and did not: told by physicians, read by librarians."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, Integer, String, Table, insert, select

from cds.actors import Actor
from cds.audit import AuditLog
from cds.audit.contents import read_content
from cds.audit.tables import contents
from cds.db import UtcDateTime, metadata
from cds.errors import Conflict, InvalidInput
from cds.ids import new_id

_LONGEST = 2000

reported_gaps = Table(
    "reported_gaps",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("seq", Integer, nullable=False),  # of the log's entry, beside which the words are kept
    Column("recommendation", String(64), ForeignKey("recommendations.id"), nullable=False, unique=True),
    Column("reported_by", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """One question a physician wants the library to answer; `text` is None where it was erased."""

    id: str
    recommendation: str
    text: str | None
    reported_by: str
    at: datetime


def report_gap(
    tx: Connection,
    recommendation: str,
    text: str,
    *,
    patient: str | None,
    actor: Actor,
    at: datetime,
    log: AuditLog,
) -> None:
    """Record it, with the words the physician chose: the question as asked may speak of a patient."""
    text = " ".join(text.split())
    if not 1 <= len(text) <= _LONGEST:
        raise InvalidInput(f"Say in 1 to {_LONGEST} characters what the library should answer.")
    if is_reported(tx, recommendation):
        raise Conflict("The librarian was told already.", code="gap_reported_already")
    number = new_id()
    entry = log.append(
        tx,
        kind="gap.reported",
        actor=actor,
        subject=number,
        details={"recommendation": recommendation},
        content=text,
        patient=patient,  # erased with the record, should the words speak of it after all
    )
    row = {"id": number, "seq": entry.seq, "recommendation": recommendation, "reported_by": actor.id, "at": at}
    tx.execute(insert(reported_gaps).values(row))


def is_reported(tx: Connection, recommendation: str) -> bool:
    """Whether the librarian was told of this one."""
    query = select(reported_gaps.c.id).where(reported_gaps.c.recommendation == recommendation)
    return tx.execute(query).first() is not None


def gaps(tx: Connection, *, limit: int = 200) -> tuple[Gap, ...]:
    """What was told, newest first."""
    query = (
        select(reported_gaps, contents.c.body)
        .select_from(reported_gaps.outerjoin(contents, contents.c.seq == reported_gaps.c.seq))
        .order_by(reported_gaps.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Gap(row.id, row.recommendation, read_content(tx, row.seq) if row.body else None, row.reported_by, row.at)
        for row in tx.execute(query)
    )
