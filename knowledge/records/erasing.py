"""Erasing a patient: facts, notes, vectors and identity go; the log's entries stay and still verify."""

import time
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Table, delete, select, text

from cds.access import forget
from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.audit.contents import erase_contents
from cds.audit.tables import contents
from cds.db import Database
from cds.errors import Conflict, Denied, NotFound
from cds.tables_access import patients
from knowledge.records.tables import identifiers, notes, passages, resources, vectors


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was removed."""

    patient: str
    resources: int
    notes: int
    passages: int
    vectors: int
    identifiers: int
    swept: bool = False  # also from what the database's files keep of deleted rows


# While somebody reads, SQLite cannot empty its write-ahead file; readings last milliseconds.
_SWEEPS, _BETWEEN_SWEEPS = 20, 0.1


def erase_patient(db: Database, patient_id: str, *, by: Actor, log: AuditLog) -> Erased:
    """Remove everything of this patient in one transaction, then sweep what the database's files still hold."""
    if not by.is_a(Role.ADMINISTRATOR):
        raise Denied("Only an administrator may erase a patient.")
    with db.transaction() as tx:
        held = tx.execute(select(patients.c.hold).where(patients.c.id == patient_id)).one_or_none()
        if held is None:
            raise NotFound("There is no such patient.", code="no_patient")
        if held.hold is not None:
            log.append(tx, kind="record.erase_refused", actor=by, subject=patient_id)
    if held.hold is not None:  # the refusal is recorded before it is told
        raise Conflict(
            "This record is under a legal hold and cannot be erased. Release the hold first.", code="legal_hold"
        )
    with db.transaction() as tx:
        erased = Erased(
            patient=patient_id,
            vectors=_empty(tx, vectors, patient_id),
            passages=_empty(tx, passages, patient_id),
            notes=_empty(tx, notes, patient_id),
            resources=_empty(tx, resources, patient_id),
            identifiers=_empty(tx, identifiers, patient_id),
        )
        erase_contents(tx, patient=patient_id, log=log, actor=by)  # the texts of consults, decisions and reasons
        forget(tx, patient_id)
        log.append(
            tx,
            kind="record.erased",
            actor=by,
            subject=patient_id,
            details={"resources": erased.resources, "notes": erased.notes},
        )
    return replace(erased, swept=_sweep(db))


def _empty(tx: Connection, table: Table, patient: str) -> int:
    return tx.execute(delete(table).where(table.c.patient == patient)).rowcount


def _sweep(db: Database) -> bool:
    """Deleted rows linger in the write-ahead file (SQLite) or in dead tuples (PostgreSQL) until they are swept."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if db.dialect != "sqlite":
            for table in (vectors, passages, notes, resources, identifiers, patients, contents):
                connection.execute(text(f"VACUUM {table.name}"))
            return True
        for _ in range(_SWEEPS):
            busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]
            if not busy:
                return True
            time.sleep(_BETWEEN_SWEEPS)
    return False
