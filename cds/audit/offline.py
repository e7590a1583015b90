"""Opening a copy of the database for verification: read-only, no service, nothing in the copy trusted."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from cds.db import Database, read_or_make_key
from cds.errors import InvalidInput

_PLAIN = b"SQLite format 3\0"


def open_copy(path: Path, *, key_file: Path | None = None) -> Database:
    """The copied SQLite file, encrypted or not, which is neither changed nor given a journal."""
    import sqlcipher3.dbapi2 as sqlcipher

    try:
        with path.open("rb") as file:
            plain = file.read(len(_PLAIN)) == _PLAIN
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {type(error).__name__}.", code="database_missing") from None
    key_file = key_file or path.with_name("database.key")
    if not plain and not key_file.exists():
        raise InvalidInput(f"The key of {path} is not at {key_file}; name it with --database-key.", code="key_missing")
    key = None if plain else read_or_make_key(key_file)
    # A copy without its write-ahead log is complete as it is; with one, SQLite must read both.
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"

    def connect() -> Any:
        connection = sqlcipher.connect(
            f"file:{path.resolve().as_posix().replace('%', '%25').replace('?', '%3f').replace('#', '%23')}?{mode}",
            uri=True,
            check_same_thread=False,
            isolation_level=None,
        )
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key}'\"")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        return connection

    engine = create_engine("sqlite://", module=sqlcipher, creator=connect, hide_parameters=True, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def _begin(tx: Connection) -> None:
        tx.exec_driver_sql("BEGIN")

    return Database(engine)
