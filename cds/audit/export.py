"""Taking the log away: JSON lines whose bytes are what was hashed, a table for a spreadsheet, or FHIR AuditEvents."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence

import orjson
from sqlalchemy import Connection

from cds.audit.canonical import canonical
from cds.audit.fhir import audit_event
from cds.audit.listing import EntryFilter, every_entry

# A cell that starts so is run as a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_entries(tx: Connection, where: EntryFilter, *, as_: str) -> Iterator[str]:
    """The wanted entries, oldest first, piece by piece."""
    return FORMATS[as_](tx, where)


def safe_cell(value: object) -> str:
    """A value as a cell that no spreadsheet runs."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def _jsonl(tx: Connection, where: EntryFilter) -> Iterator[str]:
    # Exactly the bytes that were hashed: sha256 of a zero byte and the line is the entry's leaf.
    for _, written in every_entry(tx, where):
        yield written + "\n"


def _csv(tx: Connection, where: EntryFilter) -> Iterator[str]:
    yield csv_line(["seq", "at", "kind", "actor", "subject", "details", "leaf"])
    for entry, _ in every_entry(tx, where):
        details = canonical(entry.details).decode()
        yield csv_line([entry.seq, entry.at, entry.kind, entry.actor, entry.subject, details, entry.leaf])


def csv_line(values: Sequence[object]) -> str:
    """One line of a table, each cell safe."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([safe_cell(value) for value in values])
    return line.getvalue()


def _fhir(tx: Connection, where: EntryFilter) -> Iterator[str]:
    """One AuditEvent a line, as FHIR's bulk exports are written."""
    for entry, _ in every_entry(tx, where):
        yield orjson.dumps(audit_event(entry, site="evidence-cds")).decode() + "\n"


FORMATS: dict[str, Callable[[Connection, EntryFilter], Iterator[str]]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "fhir": _fhir,
}
