"""Files that were not taken in: the latest word on each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from knowledge.edition_rows import batches
from knowledge.tables_guidelines import refusals


@dataclass(frozen=True, slots=True)
class Refusal:
    """One file, why it was refused, and what to do about it."""

    file: str
    content_hash: str
    code: str
    reason: str
    at: datetime


def note_refusals(tx: Connection, refused: Collection[Refusal], *, settled: Collection[str]) -> None:
    """Remember what was refused; forget it of files that have since been taken in."""
    for some in batches({*settled, *(one.file for one in refused)}):
        tx.execute(delete(refusals).where(refusals.c.file.in_(some)))
    by_file = {one.file: one for one in refused}
    rows = [
        {"file": one.file, "content_hash": one.content_hash, "code": one.code, "reason": one.reason, "at": one.at}
        for one in by_file.values()
    ]
    for rows_at_once in batches(rows):
        tx.execute(insert(refusals), rows_at_once)


def refused_files(tx: Connection) -> tuple[Refusal, ...]:
    """Every file that waits to be mended, by name."""
    rows = tx.execute(select(refusals).order_by(refusals.c.file))
    return tuple(Refusal(row.file, row.content_hash, row.code, row.reason, row.at) for row in rows)
