from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from api.migrations import current, downgrade, head, upgrade
from cds.db import Database, metadata, open_database
from cds.errors import Conflict


@pytest.fixture
def bare(db: Database) -> Database:
    """The same engine as `db`, without any table."""
    with db.transaction() as tx:
        if db.dialect == "postgresql":
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
        else:
            metadata.drop_all(tx)
    return db


def triggers(db: Database) -> list[str]:
    known = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if db.dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with db.reading() as tx:
        return sorted(tx.scalars(text(known)))


def test_the_steps_make_exactly_the_tables_the_code_knows(bare: Database) -> None:
    upgrade(bare)
    with bare.reading() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_steps_guard_the_log_with_the_same_triggers(db: Database, request: pytest.FixtureRequest) -> None:
    guarded = triggers(db)
    assert len(guarded) > 5
    upgrade(request.getfixturevalue("bare"))
    assert triggers(db) == guarded


def test_back_to_nothing_and_up_again(bare: Database) -> None:
    upgrade(bare)
    downgrade(bare, to="base")
    with bare.reading() as tx:
        assert set(inspect(tx).get_table_names()) <= {"alembic_version"}
    upgrade(bare)
    with bare.reading() as tx:
        assert current(tx) == head()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(bare: Database) -> None:
    upgrade(bare)
    with bare.transaction() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="newer version") as refused:
        upgrade(bare)
    assert refused.value.code == "database_newer"


def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    db = open_database("sqlite", data=tmp_path)
    with db.transaction() as tx:
        tx.execute(text("CREATE TABLE audit_head (something_else INTEGER)"))
    with pytest.raises(Exception, match="audit_head"):
        upgrade(db)
    with db.reading() as tx:
        assert inspect(tx).get_table_names() == ["audit_head"]
    db.close()
