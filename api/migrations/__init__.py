"""The database's shape, from each released version to the next."""

from cds.db import Database, metadata


def head() -> str:
    """The newest step this software knows."""
    return "0001"


def upgrade(db: Database) -> None:
    """Bring the database to the shape this version needs."""
    with db.transaction() as tx:
        metadata.create_all(tx)
