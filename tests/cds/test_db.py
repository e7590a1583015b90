import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cds.db import Database, open_database, sqlite_engine
from cds.errors import Integrity, InvalidSetting, Unavailable


def test_a_transaction_that_fails_leaves_nothing(db: Database) -> None:
    with db.transaction() as tx:
        tx.execute(text("CREATE TABLE t (a INTEGER)"))
    with pytest.raises(RuntimeError), db.transaction() as tx:
        tx.execute(text("INSERT INTO t VALUES (1)"))
        raise RuntimeError
    with db.reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM t")).scalar() == 0


def test_reading_sees_one_snapshot(db: Database) -> None:
    with db.transaction() as tx:
        tx.execute(text("CREATE TABLE t (a INTEGER)"))
    with db.reading() as before:
        assert before.execute(text("SELECT count(*) FROM t")).scalar() == 0
        with db.transaction() as tx:
            tx.execute(text("INSERT INTO t VALUES (1)"))
        assert before.execute(text("SELECT count(*) FROM t")).scalar() == 0
    with db.reading() as after:
        assert after.execute(text("SELECT count(*) FROM t")).scalar() == 1


def test_the_file_is_encrypted_and_refused_with_another_key(tmp_path: Path) -> None:
    database = open_database("sqlite", data=tmp_path)
    with database.transaction() as tx:
        tx.execute(text("CREATE TABLE canary_in_the_clear (a TEXT)"))
    database.close()
    assert b"canary_in_the_clear" not in b"".join(path.read_bytes() for path in tmp_path.glob("cds.db*"))
    other = Database(sqlite_engine(tmp_path / "cds.db", key="ab" * 32))
    with pytest.raises(Integrity, match="key file"), other.reading():
        pass


def test_a_wrong_statement_is_a_defect_and_not_called_an_unusable_database(db: Database) -> None:
    with pytest.raises(DBAPIError), db.reading() as tx:
        tx.execute(text("SELECT nothing FROM nowhere"))


def test_a_full_database_is_named_unusable(tmp_path: Path) -> None:
    database = open_database("sqlite", data=tmp_path)
    with pytest.raises(Unavailable, match="full"), database.transaction() as tx:
        tx.execute(text("PRAGMA max_page_count = 1"))
        tx.execute(text("CREATE TABLE t (a TEXT)"))
        tx.execute(text("INSERT INTO t VALUES (hex(randomblob(100000)))"))
    database.close()


def test_the_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    open_database("sqlite", data=tmp_path).close()
    assert (tmp_path / "database.key").stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "database.key").write_text("not a key")
    with pytest.raises(InvalidSetting, match="database key"):
        open_database("sqlite", data=tmp_path)


def test_writers_take_turns_in_the_order_they_came(tmp_path: Path) -> None:
    database = open_database("sqlite", data=tmp_path)
    order: list[int] = []
    first_is_in, waiting = threading.Event(), []

    def write(number: int) -> None:
        with database.transaction():
            order.append(number)
            if number == 0:
                first_is_in.set()
                while database._turns.waiting < 5:
                    pass

    for number in range(6):
        thread = threading.Thread(target=write, args=(number,))
        thread.start()
        waiting.append(thread)
        if number == 0:
            first_is_in.wait()
        else:
            while database._turns.waiting < number and len(order) == 1:
                pass
    for thread in waiting:
        thread.join()
    assert order == [0, 1, 2, 3, 4, 5]
    database.close()
