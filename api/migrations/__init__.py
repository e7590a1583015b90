"""The database's shape, and the steps from each released version to the next (Alembic)."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from cds.db import Database
from cds.errors import Conflict

FOLDER = Path(__file__).parent


def head() -> str:
    """The newest step this software knows: steps are files named by number."""
    return max(path.name[:4] for path in (FOLDER / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def current(tx: Connection) -> str | None:
    """The step the database stands at; None for an empty one."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(db: Database, *, to: str = "head") -> None:
    """Bring the database to the shape this software needs, all of it or nothing; a newer one is refused."""
    with db.reading() as tx:
        found = current(tx)
    if found == head() and to == "head":
        return
    if found is not None and found > head():
        raise Conflict(
            f"This database was last used by a newer version of the service (step {found}, this one knows {head()}). "
            "Install that version or newer; nothing was changed.",
            code="database_newer",
        )
    with db.transaction() as tx:
        _alembic("upgrade", tx, to)


def downgrade(db: Database, *, to: str) -> None:
    """Take the database back to an earlier step ("base": empty)."""
    with db.transaction() as tx:
        _alembic("downgrade", tx, to)


def configuration(tx: Connection) -> Any:
    """Alembic, pointed at these steps and at this open transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = tx
    return config


def _alembic(direction: str, tx: Connection, revision: str) -> None:
    from alembic import command

    if tx.dialect.name == "postgresql":
        # Two services that start together must not both build the tables.
        tx.execute(text("SELECT pg_advisory_xact_lock(7203847)"))
    getattr(command, direction)(configuration(tx), revision)
