"""A backup is whole, sealed and restorable on either database, or it is refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from api.backup import read_backup, write_backup
from cds.actors import local_operator
from cds.audit import AuditLog
from cds.audit.verify import verify
from cds.clock import FixedClock
from cds.db import Database, metadata
from cds.errors import Conflict, Integrity
from knowledge.guidelines import Library
from tests.knowledge.library import add_published

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
QUIET = lambda *_: None  # noqa: E731


@pytest.fixture
def kept(db: Database, clock: FixedClock, tmp_path: Path) -> Path:
    """A data folder with entries in its log, a published guideline and a few files."""
    log = AuditLog(clock=clock)
    library = Library(db, log=log, clock=clock)
    with db.transaction() as tx:
        add_published(tx, library, "hypertension")
        log.append(tx, kind="sign_in.succeeded", actor=local_operator("a"), subject="a")
    folder = tmp_path / "data"
    (folder / "originals" / "ab").mkdir(parents=True)
    (folder / "originals" / "ab" / "abcd").write_bytes(bytes(range(256)) * 9000)
    (folder / "settings.toml").write_text("port = 9000\n")
    (folder / "generations").mkdir()
    (folder / "generations" / "left-out").write_text("rebuilt")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, make_database: Callable[..., Database], tmp_path: Path) -> Database:
    """Another machine's database, of either kind, with its tables and nothing in them."""
    return make_database(request.param, data=tmp_path / "elsewhere")


def rows(db: Database) -> dict[str, list[tuple[object, ...]]]:
    with db.reading() as tx:
        return {
            table.name: [tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }


def test_what_was_kept_comes_back_and_verifies_on_either_database(
    db: Database, kept: Path, empty: Database, tmp_path: Path
) -> None:
    written = write_backup(db, kept, tmp_path / "b", key=KEY, progress=QUIET)
    read = read_backup(empty, tmp_path / "elsewhere", tmp_path / "b", key=KEY, progress=QUIET)
    assert read == written
    assert rows(empty) == rows(db)
    with empty.reading() as tx:
        report = verify(tx)
    assert report.fault is None
    assert report.entries == len(rows(db)["audit_entries"]) > 2
    originals = (tmp_path / "elsewhere" / "originals" / "ab" / "abcd").read_bytes()
    assert originals == bytes(range(256)) * 9000
    assert not (tmp_path / "elsewhere" / "generations").exists()


def test_the_restored_log_goes_on_and_stays_guarded(
    db: Database, kept: Path, empty: Database, tmp_path: Path, clock: FixedClock
) -> None:
    write_backup(db, kept, tmp_path / "b", key=KEY, progress=QUIET)
    read_backup(empty, tmp_path / "elsewhere", tmp_path / "b", key=KEY, progress=QUIET)
    with empty.transaction() as tx:
        added = AuditLog(clock=clock).append(tx, kind="sign_in.succeeded", actor=None, subject="a")
    assert added.seq == len(rows(db)["audit_entries"]) + 1
    with pytest.raises(Exception, match="append-only"), empty.transaction() as tx:
        tx.execute(text("DELETE FROM audit_entries"))


def test_nothing_of_the_content_is_readable_in_the_file(db: Database, kept: Path, tmp_path: Path) -> None:
    write_backup(db, kept, tmp_path / "b", key=KEY, progress=QUIET)
    sealed = (tmp_path / "b").read_bytes()
    assert b"sign_in" not in sealed
    assert bytes(range(256)) not in sealed


@pytest.mark.parametrize("damage", ["flipped", "cut", "cut_to_head", "other_key", "not_a_backup"])
def test_a_damaged_backup_is_refused_and_restores_nothing(
    db: Database, kept: Path, tmp_path: Path, make_database: Callable[..., Database], damage: str
) -> None:
    file = tmp_path / "b"
    write_backup(db, kept, file, key=KEY, progress=QUIET)
    sealed = bytearray(file.read_bytes())
    if damage == "flipped":
        sealed[len(sealed) // 2] ^= 1
    elif damage == "cut":
        del sealed[-100:]
    elif damage == "cut_to_head":
        del sealed[20:]
    elif damage == "not_a_backup":
        sealed[:4] = b"tar "
    file.write_bytes(sealed)
    target = make_database("sqlite", data=tmp_path / "elsewhere")
    with pytest.raises(Integrity) as refused:
        read_backup(
            target, tmp_path / "elsewhere", file, key=OTHER_KEY if damage == "other_key" else KEY, progress=QUIET
        )
    assert refused.value.code in ("backup_unreadable", "not_a_backup")
    assert not any(rows(target).values())


def test_a_restore_never_mixes_with_what_is_there(db: Database, kept: Path, tmp_path: Path) -> None:
    write_backup(db, kept, tmp_path / "b", key=KEY, progress=QUIET)
    before = rows(db)
    with pytest.raises(Conflict, match="never mixes"):
        read_backup(db, tmp_path / "elsewhere", tmp_path / "b", key=KEY, progress=QUIET)
    assert rows(db) == before


def test_moments_and_days_come_back_as_they_were(db: Database, kept: Path, empty: Database, tmp_path: Path) -> None:
    write_backup(db, kept, tmp_path / "b", key=KEY, progress=QUIET)
    read_backup(empty, tmp_path / "elsewhere", tmp_path / "b", key=KEY, progress=QUIET)
    kinds = {type(value) for table in rows(empty).values() for row in table for value in row}
    assert {datetime, date} <= kinds
    moments = [v for table in rows(empty).values() for row in table for v in row if isinstance(v, datetime)]
    assert all(moment.tzinfo is UTC or moment.utcoffset() is not None for moment in moments)
