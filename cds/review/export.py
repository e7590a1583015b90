"""Recommendations as a table or lines, without their text: what was asked when, how it ended, for which cohort."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, select

from cds.audit.export import csv_line
from cds.errors import NotFound
from cds.recommendations import load
from cds.review.listing import ReviewFilter, conditions
from cds.review.provenance import provenance
from cds.tables_recommendations import decisions, recommendations

_COLUMNS = (
    *("id", "seq", "asked_at", "asked_by", "patient", "status", "reason", "model", "prompt", "generation"),
    *("statements", "withheld", "warnings", "weak", "relevance", "milliseconds"),
    *("age_band", "sex", "language", "specialty"),
)
_DECIDED = ("choice", "reason", "distance", "seconds")
_BATCH = 1000


def export_recommendations(tx: Connection, where: ReviewFilter, *, as_: str, now: datetime) -> Iterator[str]:
    """The wanted recommendations, oldest first, piece by piece; each with its newest decision."""
    return FORMATS[as_](tx, where, now)


def exported_rows(tx: Connection, where: ReviewFilter, *, now: datetime) -> Iterator[dict[str, Any]]:
    """What may be taken of each recommendation, the oldest first."""
    wanted, after = conditions(tx, where, now=now), 0
    while True:
        query = select(*(recommendations.c[name] for name in _COLUMNS)).where(*wanted, recommendations.c.seq > after)
        found = tx.execute(query.order_by(recommendations.c.seq).limit(_BATCH)).mappings().all()
        if not found:
            return
        after = found[-1]["seq"]
        decided = _newest_decisions(tx, found[0]["seq"], after)
        for row in found:
            one = decided.get(row["seq"])
            yield {name: row[name] for name in _COLUMNS} | {
                f"decision_{name}": one[name] if one else None for name in _DECIDED
            }


def _newest_decisions(tx: Connection, first: int, last: int) -> dict[int, RowMapping]:
    query = select(decisions).where(decisions.c.shown_seq.between(first, last)).order_by(decisions.c.seq)
    return {row["shown_seq"]: row for row in tx.execute(query).mappings()}


def _jsonl(tx: Connection, where: ReviewFilter, now: datetime) -> Iterator[str]:
    for row in exported_rows(tx, where, now=now):
        yield orjson.dumps(row).decode() + "\n"


def _csv(tx: Connection, where: ReviewFilter, now: datetime) -> Iterator[str]:
    yield csv_line([*_COLUMNS, *(f"decision_{name}" for name in _DECIDED)])
    for row in exported_rows(tx, where, now=now):
        row["asked_at"] = row["asked_at"].isoformat()
        yield csv_line(list(row.values()))


def _fhir(tx: Connection, where: ReviewFilter, now: datetime) -> Iterator[str]:
    for row in exported_rows(tx, where, now=now):
        try:
            shown = load(tx, row["id"])
        except NotFound:
            continue  # erased with its patient: there is nothing left to say where it came from
        yield orjson.dumps(provenance(*shown)).decode() + "\n"


# format: its media type and a file's ending
FILES = {
    "jsonl": ("application/jsonl", "jsonl"),
    "csv": ("text/csv", "csv"),
    "fhir": ("application/fhir+ndjson", "ndjson"),
    "seismometer": ("application/zip", "zip"),  # a folder: see cds.review.seismometer
}
FORMATS: dict[str, Callable[[Connection, ReviewFilter, datetime], Iterator[str]]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "fhir": _fhir,
}
