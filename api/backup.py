"""The whole service in one sealed file, taken while it runs; restored onto an empty machine, on either database.

Inside the seal: compressed lines of JSON. Rows are written from one snapshot, table by table, so that the file does not
know which database it came from. The index is not in it (it is rebuilt), nor are model weights.
"""

import base64
import gzip
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
from sqlalchemy import DDL, Connection, Date, LargeBinary, Table, func, insert, select, text

from api.migrations import head
from api.sealed import Sealer, unsealed
from cds.audit.tables import guard_statements
from cds.db import Database, Json, UtcDateTime, metadata
from cds.errors import Conflict, Integrity

# Not kept: the database is written as rows, the index is rebuilt, weights are fetched, keys are kept elsewhere.
_LEFT_OUT = ("cds.db", "cds.db-wal", "cds.db-shm", "database.key", "backup.key", "generations", "models", "incoming")
_ROWS = 500  # rows written or read between two looks at progress
_PIECE = 3 << 18  # of a kept file on one line; a multiple of three, so that base64 needs no filling

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """What went into a backup, or came out of one."""

    tables: int
    rows: int
    files: int
    bytes: int


def write_backup(db: Database, data: Path, file: Path, *, key: bytes, progress: Progress) -> Kept:
    """Write everything to a new file; it appears under its name only when it is whole and on the disk."""
    partial = file.with_name(file.name + ".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        sealer = Sealer(out, key)
        with gzip.GzipFile(fileobj=cast("BinaryIO", sealer), mode="wb", compresslevel=3, mtime=0) as lines:
            rows = _write_rows(db, lines, progress)
            files = _write_files(data, lines, progress)
            lines.write(_line({"end": {"rows": rows, "files": files}}))
        sealer.finish()
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)
    _flush_folder(file.parent)
    return Kept(tables=len(metadata.sorted_tables), rows=rows, files=files, bytes=file.stat().st_size)


def read_backup(db: Database, data: Path, file: Path, *, key: bytes, progress: Progress) -> Kept:
    """Bring a backup into an empty, migrated database and data folder: all of it or nothing of the database."""
    with file.open("rb") as sealed, db.transaction() as tx:
        _require_empty(tx)
        _unguard(tx)
        rows, files = _read(tx, data, _lines(unsealed(sealed, key)), progress)
        _guard(tx)
        _set_counters(tx)
    return Kept(tables=len(metadata.sorted_tables), rows=rows, files=files, bytes=file.stat().st_size)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _write_rows(db: Database, lines: BinaryIO | gzip.GzipFile, progress: Progress) -> int:
    written = 0
    with db.reading() as tx:
        lines.write(_line({"backup": {"step": head(), "from": db.dialect}}))
        for table in metadata.sorted_tables:
            lines.write(_line({"table": table.name}))
            found = tx.execution_options(yield_per=_ROWS).execute(select(table).order_by(*table.primary_key.columns))
            for part in found.mappings().partitions(_ROWS):
                for row in part:
                    lines.write(_line({"row": {str(name): _plain(value) for name, value in row.items()}}))
                written += len(part)
                progress(table.name, len(part))
    return written


def _write_files(data: Path, lines: BinaryIO | gzip.GzipFile, progress: Progress) -> int:
    written = 0
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data)
        if name.parts[0] in _LEFT_OUT or path.is_symlink() or not path.is_file():
            continue
        lines.write(_line({"file": name.as_posix()}))
        with path.open("rb") as content:
            while piece := content.read(_PIECE):
                lines.write(_line({"bytes": base64.b64encode(piece).decode()}))
        written += 1
        progress("files", 1)
    return written


def _line(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content) + b"\n"


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(chunks: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    class Chunks(io.RawIOBase):
        rest = b""

        def readable(self) -> bool:
            return True

        def readinto(self, into: Any) -> int:
            while not self.rest:
                try:
                    self.rest = next(chunks)
                except StopIteration:
                    return 0
            taken = self.rest[: len(into)]
            into[: len(taken)] = taken
            self.rest = self.rest[len(taken) :]
            return len(taken)

    with gzip.GzipFile(fileobj=io.BufferedReader(Chunks())) as lines:
        for line in lines:
            yield orjson.loads(line)


def _read(tx: Connection, data: Path, lines: Iterator[dict[str, Any]], progress: Progress) -> tuple[int, int]:
    table: Table | None = None
    waiting: list[dict[str, Any]] = []
    rows = files = 0
    ended: dict[str, int] | None = None
    out: BinaryIO | None = None

    def write_waiting() -> None:
        nonlocal rows
        if table is not None and waiting:
            tx.execute(insert(table), waiting)
            progress(table.name, len(waiting))
            rows += len(waiting)
            waiting.clear()

    first = next(lines, {}).get("backup")
    if first is None or first["step"] > head():
        raise Conflict("The backup is of a newer version of the service. Install that version.", code="database_newer")
    for line in lines:
        (kind, content), *_ = line.items()
        if kind == "row" and table is not None:
            waiting.append({name: _typed(table, name, value) for name, value in content.items()})
            if len(waiting) == _ROWS:
                write_waiting()
        elif kind == "table":
            write_waiting()
            table = metadata.tables[content]
        elif kind == "file":
            write_waiting()
            out = _begin_file(data, content, out)
            files += 1
            progress("files", 1)
        elif kind == "bytes" and out is not None:
            out.write(base64.b64decode(content))
        elif kind == "end":
            write_waiting()
            ended = content
    if out is not None:
        out.close()
    if ended != {"rows": rows, "files": files}:
        raise Integrity("The backup does not hold what it says. Nothing was restored.", code="backup_unreadable")
    return rows, files


def _begin_file(data: Path, name: str, before: BinaryIO | None) -> BinaryIO:
    if before is not None:
        before.close()
    path = (data / name).resolve()
    if not path.is_relative_to(data.resolve()):
        raise Integrity(
            "The backup names a file outside the data folder. Nothing was restored.", code="backup_unreadable"
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _typed(table: Table, name: str, value: Any) -> Any:
    kind = table.columns[name].type
    if value is None or isinstance(kind, Json):
        return value
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    return value


def _require_empty(tx: Connection) -> None:
    used = [t.name for t in metadata.sorted_tables if tx.scalar(select(func.count()).select_from(t))]
    if used:
        raise Conflict(
            "There is something in this database already, and a restore never mixes. Set CDS_DATA to an empty folder "
            "(or CDS_DATABASE to an empty database).",
            code="data_folder_in_use",
        )


def _unguard(tx: Connection) -> None:
    """Old rows come back as they were: the triggers, which demand that each is new, wait outside the transaction."""
    for name, table in _triggers(tx):
        where = f" ON {table}" if tx.dialect.name == "postgresql" else ""
        tx.execute(text(f"DROP TRIGGER {name}{where}"))
    if tx.dialect.name == "sqlite":
        tx.execute(text("PRAGMA defer_foreign_keys = ON"))


def _guard(tx: Connection) -> None:
    for statement in guard_statements(tx.dialect.name):
        tx.execute(DDL(statement.replace("%", "%%")))  # type: ignore[no-untyped-call]


def _triggers(tx: Connection) -> list[tuple[str, str]]:
    known = {statement.split()[2] for statement in guard_statements(tx.dialect.name) if "CREATE TRIGGER" in statement}
    listed = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if tx.dialect.name == "sqlite"
        else "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    return [(name, table) for name, table in tx.execute(text(listed)) if name in known]


def _set_counters(tx: Connection) -> None:
    """PostgreSQL's own counters go on where the restored rows end."""
    if tx.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        counter = tx.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        newest = tx.scalar(select(func.max(column)))
        if counter is not None and newest is not None:
            tx.execute(select(func.setval(counter, newest)))


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
