"""The record: the database, the log, its checkpoints, and the last backup."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from api.doctor.finding import Finding, bad, good, look
from api.migrations import current, head
from api.services import Services
from cds.audit.checkpoints import FOLDER, PUBLIC_FILE, newest_size, verifier_key
from cds.audit.listing import EntryFilter, list_entries
from cds.audit.verify import verify
from cds.db import open_database

# A checkpoint is due after a minute; later than this, nobody signs while the service is down or its folder is full.
_UNSIGNED_MANY = 200
_BACKUP_DUE = timedelta(days=7)
_EMPTY = bad("The database is empty.", "Load something: `cds demo`, or `cds ingest`.", code="database_empty")


def database(services: Services) -> Iterator[Finding]:
    """It opens, has the shape this software knows, and takes a write."""
    settings = services.settings
    if settings.database == "sqlite" and not (settings.data / "cds.db").exists():
        yield _EMPTY
        return
    raw = open_database(settings.database, data=settings.data, key_file=settings.database_key_file)
    try:
        with raw.reading() as tx:
            step = current(tx)
        if step is None:
            yield _EMPTY
            return
        if step > head():
            yield bad(
                f"The database is of a newer version of the service (step {step}; this one knows {head()}).",
                "Install that version or newer.",
                code="database_newer",
            )
            return
        if step < head():
            yield look(
                f"The database is of an older version (step {step} of {head()}).",
                "Write a backup; the next start brings it up to date.",
                code="database_older",
            )
        with raw.engine.connect() as tx, tx.begin() as undone:
            tx.execute(text("CREATE TABLE doctor_was_here (one INTEGER)"))
            undone.rollback()
        yield good(f"{raw.dialect} at step {step}; it can be read and written.")
    finally:
        raw.close()


def log(services: Services) -> Iterator[Finding]:
    """Every entry, derived again and held against the checkpoints beside it."""
    folder = services.settings.data / FOLDER
    public = services.settings.data / PUBLIC_FILE
    signed = newest_size(folder) > 0 and public.exists()
    with services.db.reading() as tx:
        report = verify(tx, checkpoints=folder if signed else None, key=verifier_key(public) if signed else None)
    if report.fault is not None:
        yield bad(
            f"The log was altered: {report.fault.message}",
            "Keep a copy of everything as it is now, and tell whoever answers for the record.",
            code=report.fault.code,
        )
    else:
        against = f", held against {report.checkpoints} checkpoints" if signed else ""
        yield good(f"{report.entries:,} entries verified{against}.")


def checkpoints(services: Services) -> Iterator[Finding]:
    """Signed lately, and kept elsewhere as well."""
    folder, second = services.settings.data / FOLDER, services.settings.checkpoints
    with services.db.reading() as tx:
        newest, _ = list_entries(tx, limit=1)
    unsigned = (newest[0].seq if newest else 0) - newest_size(folder)
    if unsigned > _UNSIGNED_MANY:
        yield look(
            f"{unsigned:,} entries are not signed yet.",
            "A running service signs every minute; without one: `cds audit checkpoint`.",
            code="unsigned_entries",
        )
    else:
        yield good("The log is signed up to its last entries.")
    if second is None:
        yield look(
            "Checkpoints are kept on this machine only: who takes it over could rewrite the log with them.",
            "Set CDS_CHECKPOINTS to a folder of another machine, and keep signing.pub there.",
            code="checkpoints_here_only",
        )
    elif not second.is_dir():
        yield bad(f"The second folder of checkpoints, {second}, is not there.", "Mount it.", code="no_second_folder")
    elif newest_size(second) < newest_size(folder):
        yield look(f"{second} lacks the newest checkpoints.", "Is it writable?", code="second_folder_behind")
    else:
        yield good(f"Checkpoints are kept in {second} too.")


def backup(services: Services) -> Iterator[Finding]:
    """The last one the log tells of."""
    with services.db.reading() as tx:
        found, _ = list_entries(tx, EntryFilter(kind="backup.written"), limit=1)
    if not found:
        yield look("No backup was ever written.", "cds backup FILE, every day by a timer.", code="no_backup")
        return
    at = datetime.fromisoformat(found[0].at)
    if services.clock.now() - at > _BACKUP_DUE:
        yield look(f"The last backup is of {at:%Y-%m-%d}.", "cds backup FILE", code="backup_old")
    else:
        yield good(f"The last backup is of {at:%Y-%m-%d %H:%M} UTC.")
