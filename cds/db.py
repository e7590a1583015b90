"""The database: one encrypted SQLite file, or PostgreSQL. One way to read, one way to write."""

import os
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, Text, TypeDecorator, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from cds.errors import Integrity, InvalidSetting, Unavailable

# Below this version SQLite can corrupt a write-ahead log that is reset while being read.
_SQLITE_NEEDED = (3, 51, 3)
# A writer waits this long for another before it gives up; a consult's transaction takes milliseconds.
_BUSY_MS = 10_000
_WRITES = "cds_writes"
# What SQLite says when the file cannot be used now.
_SQLITE_UNUSABLE = ("locked", "busy", "full", "disk I/O", "unable to open", "readonly")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its zone, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A document kept as text, written the same way every time."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


class _Turns:
    """Writers of one process take turns in the order they came; SQLite's own waiting lets latecomers pass."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    @contextmanager
    def one(self) -> Iterator[None]:
        self._enter()
        try:
            yield
        finally:
            self._leave()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def _enter(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if not mine.acquire(timeout=_BUSY_MS / 1000):
            with self._guard:
                if mine in self._waiting:  # else the turn came in this very moment
                    self._waiting.remove(mine)
                    raise Unavailable(
                        "The database is busy with another writer. Nothing was recorded; try again.",
                        code="database_unavailable",
                    )

    def _leave(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Database:
    """Hands out connections: `reading()` sees one snapshot, `transaction()` commits whole or not at all."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.failing = False  # whether the last attempt to write found the database unusable
        self._turns = _Turns()

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot for as long as the block lasts; never commits."""
        with self._translated(), self.engine.connect() as tx:
            if self.dialect == "postgresql":
                tx = tx.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with tx.begin() as open_tx:
                yield tx
                open_tx.rollback()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Everything in the block becomes durable together when it ends, or nothing does."""
        turn = self._turns.one() if self.dialect == "sqlite" else nullcontext()
        try:
            with turn, self._translated(), self.engine.connect() as connection:
                tx = connection.execution_options(**{_WRITES: True})
                with tx.begin():
                    yield tx
        except Unavailable as error:
            self.failing = self.failing or error.code == "database_unavailable"
            raise
        self.failing = False

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if self.dialect == "sqlite" and not any(word in str(error.orig) for word in _SQLITE_UNUSABLE):
                raise  # a wrong statement is a defect of ours, not the database's state
            raise Unavailable(
                "The database cannot be used now: it is locked, full or unreachable. Nothing was recorded; try again, "
                "and see the service's log if it stays so.",
                code="database_unavailable",
            ) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable(
                    "The connection to the database was lost. Try again.", code="database_unavailable"
                ) from error
            raise


def open_database(address: str, *, data: Path, key_file: Path | None = None) -> Database:
    """The database the settings name: `sqlite` in the data folder, or a PostgreSQL address."""
    if address == "sqlite":
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Database(sqlite_engine(data / "cds.db", key=read_or_make_key(key_file or data / "database.key")))
    address = address.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, hide_parameters=True, pool_pre_ping=True, pool_size=20, max_overflow=20)

    @event.listens_for(engine, "connect")
    def _wait_as_long_as_sqlite(connection: Any, record: Any) -> None:
        connection.execute(f"SET lock_timeout = {_BUSY_MS}")
        connection.commit()

    return Database(engine)


def sqlite_engine(path: Path, *, key: str) -> Engine:
    """An engine over one encrypted SQLite file."""
    import sqlcipher3.dbapi2 as sqlcipher

    if sqlcipher.sqlite_version_info < _SQLITE_NEEDED:
        raise InvalidSetting(
            f"SQLite {sqlcipher.sqlite_version} can corrupt its write-ahead log. Install sqlcipher3 0.6.4 or newer.",
            code="sqlite_too_old",
        )

    def connect() -> Any:
        connection = sqlcipher.connect(str(path), check_same_thread=False, isolation_level=None)
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlcipher.DatabaseError:
            connection.close()
            raise Integrity(
                f"{path} cannot be opened with its key: the key file is another one, or the file is damaged. "
                "Put the right key beside it or restore a backup.",
                code="database_unreadable",
            ) from None
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        # Pages stay decrypted: the upper ones of every table and what was asked last, at most 16 MB a connection.
        connection.execute("PRAGMA cache_size = -16000")
        return connection

    from sqlalchemy.pool import QueuePool

    engine = create_engine(
        "sqlite://",
        module=sqlcipher,
        creator=connect,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=10,
        max_overflow=30,
    )

    @event.listens_for(engine, "begin")
    def _begin(tx: Connection) -> None:
        # A writer takes its turn at the start, so that it is never refused halfway.
        tx.exec_driver_sql("BEGIN IMMEDIATE" if tx.get_execution_options().get(_WRITES) else "BEGIN")

    return engine


def read_or_make_key(path: Path) -> str:
    """The 256-bit key in this file, as hex; made, readable by its owner only, when it is not there yet."""
    try:
        key = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = secrets.token_hex(32)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
    if len(key) != 64 or any(c not in "0123456789abcdef" for c in key):
        raise InvalidSetting(f"{path} does not hold a database key (64 hexadecimal digits).")
    return key
