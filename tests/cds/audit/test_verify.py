"""What an attacker with the whole database can do, and that verifying says where he did it."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, select, text

from cds.audit import AuditLog, canonical
from cds.audit.checkpoints import Checkpointer, read_checkpoints, signing_key, verifier_key
from cds.audit.contents import erase_contents
from cds.audit.log import frontier_text
from cds.audit.merkle import Frontier, leaf_hash
from cds.audit.note import SigningKey
from cds.audit.tables import contents, entries, head
from cds.audit.verify import Report, verify
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import Integrity

SIZE = 12
SIGNED = 9  # the last three came after the last checkpoint


class Site:
    """A log of 12 entries, checkpoints at 4 and 9, and a copy of those held elsewhere."""

    def __init__(self, db: Database, clock: FixedClock, folder: Path) -> None:
        self.db, self.log = db, AuditLog(clock=clock)
        self.inside, self.outside = folder / "inside", folder / "outside"
        self.key = signing_key(folder)
        self.public = verifier_key(folder / "signing.pub")
        self.writer = Checkpointer(db, folder=self.inside, key=self.key, clock=clock, second=self.outside)
        self.early: list[Any] = []
        for number in range(1, SIZE + 1):
            with db.transaction() as tx:
                self.log.append(tx, kind="test.done", actor=None, subject=f"s-{number}", content=f"text {number}")
            if number in (4, SIGNED):
                assert self.writer.write() is not None
            if number == 6:
                self.early = self.snapshot()

    def verify(self, *, checkpoints: bool = True) -> Report:
        with self.db.reading() as tx:
            return verify(tx, checkpoints=self.outside if checkpoints else None, key=self.public)

    def snapshot(self) -> list[Any]:
        with self.db.reading() as tx:
            return [tx.execute(select(table)).mappings().all() for table in (entries, contents, head)]

    def sql(self, *statements: str, **values: Any) -> None:
        with self.db.transaction() as tx:
            self.disarm(tx)
            for statement in statements:
                tx.execute(text(statement), values)

    def disarm(self, tx: Connection) -> None:
        """What whoever owns the database can always do."""
        if self.db.dialect == "sqlite":
            for name in tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
                tx.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit_entries", "audit_contents", "audit_head"):
                tx.execute(text(f"ALTER TABLE IF EXISTS {table} DISABLE TRIGGER USER"))

    def restore(self, kept: list[Any]) -> None:
        with self.db.transaction() as tx:
            self.disarm(tx)
            for table, rows in zip((entries, contents, head), kept, strict=True):
                tx.execute(table.delete())
                tx.execute(table.insert(), [dict(row) for row in rows])

    def rewrite(self, seq: int, subject: str) -> None:
        """Change one entry and make everything stored agree with it."""
        with self.db.transaction() as tx:
            self.disarm(tx)
            entry = orjson.loads(tx.execute(select(entries.c.entry).where(entries.c.seq == seq)).scalar_one())
            raw = canonical(entry | {"subject": subject})
            tx.execute(
                entries.update()
                .where(entries.c.seq == seq)
                .values(subject=subject, entry=raw.decode(), leaf=leaf_hash(raw).hex())
            )
            self.mend_head(tx)

    def mend_head(self, tx: Connection) -> None:
        tree = Frontier()
        for entry in tx.execute(select(entries.c.entry).order_by(entries.c.seq)).scalars():
            tree.append(leaf_hash(entry.encode()))
        tx.execute(head.update().values(size=tree.size, frontier=frontier_text(tree)))

    def truncate(self, after: int) -> None:
        with self.db.transaction() as tx:
            self.disarm(tx)
            tx.execute(entries.delete().where(entries.c.seq > after))
            tx.execute(contents.delete().where(contents.c.seq > after))
            self.mend_head(tx)

    def sign_again(self, clock: FixedClock) -> None:
        """With the stolen key: new checkpoints for the log as it is now."""
        shutil.rmtree(self.inside)
        stolen = SigningKey.parse(self.key.written())
        Checkpointer(self.db, folder=self.inside, key=stolen, clock=clock).write()


@pytest.fixture
def site(db: Database, clock: FixedClock, tmp_path: Path) -> Site:
    return Site(db, clock, tmp_path / "site")


def edit(site: Site, clock: FixedClock) -> None:
    site.sql("UPDATE audit_entries SET entry = replace(entry, 's-5', 's-6') WHERE seq = 5")


def delete_in_the_middle(site: Site, clock: FixedClock) -> None:
    site.sql("DELETE FROM audit_entries WHERE seq = 5", "DELETE FROM audit_contents WHERE seq = 5")


def delete_the_tail(site: Site, clock: FixedClock) -> None:
    site.sql("DELETE FROM audit_entries WHERE seq > 7", "DELETE FROM audit_contents WHERE seq > 7")


def swap(site: Site, clock: FixedClock) -> None:
    site.sql(
        "UPDATE audit_entries SET seq = -1 WHERE seq = 5",
        "UPDATE audit_entries SET seq = 5 WHERE seq = 6",
        "UPDATE audit_entries SET seq = 6 WHERE seq = -1",
    )


def truncate_and_mend_the_head(site: Site, clock: FixedClock) -> None:
    site.truncate(7)


def rewrite_consistently(site: Site, clock: FixedClock) -> None:
    site.rewrite(5, "forged")


def rewrite_and_delete_checkpoints(site: Site, clock: FixedClock) -> None:
    site.rewrite(5, "forged")
    shutil.rmtree(site.inside)


def rewrite_with_the_stolen_key(site: Site, clock: FixedClock) -> None:
    site.rewrite(5, "forged")
    site.sign_again(clock)


def roll_back_the_file(site: Site, clock: FixedClock) -> None:
    site.restore(site.early)


def truncate_with_the_stolen_key(site: Site, clock: FixedClock) -> None:
    site.truncate(7)
    site.sign_again(clock)


# Each attack and the first entry that is wrong after it.
MATRIX: dict[Callable[[Site, FixedClock], None], int] = {
    edit: 5,
    delete_in_the_middle: 5,
    delete_the_tail: 8,
    swap: 5,
    truncate_and_mend_the_head: 8,
    rewrite_consistently: 5,
    rewrite_and_delete_checkpoints: 5,
    rewrite_with_the_stolen_key: 5,
    roll_back_the_file: 7,
    truncate_with_the_stolen_key: 8,
}


@pytest.mark.parametrize(
    ("attack", "first_bad"), MATRIX.items(), ids=lambda value: value.__name__ if callable(value) else None
)
def test_the_first_wrong_entry_is_named(
    site: Site, clock: FixedClock, attack: Callable[[Site, FixedClock], None], first_bad: int
) -> None:
    assert site.verify().ok
    attack(site, clock)
    report = site.verify()
    assert report.fault is not None and report.fault.seq == first_bad


def test_a_clean_log_verifies_with_and_without_checkpoints(site: Site) -> None:
    with_them, without = site.verify(), site.verify(checkpoints=False)
    assert with_them.ok and without.ok
    assert (with_them.entries, with_them.checkpoints, with_them.contents) == (SIZE, 2, SIZE)
    assert with_them.root == without.root


def test_without_its_leaves_a_checkpoint_still_tells_the_range(site: Site) -> None:
    for path in site.outside.glob("*.leaves"):
        path.unlink()
    assert site.verify().ok
    site.rewrite(7, "forged")
    fault = site.verify().fault
    assert fault is not None and fault.seq == 5 and "up to 9" in fault.message


def test_leaves_that_were_tampered_with_are_not_believed(site: Site) -> None:
    (path,) = site.outside.glob("000000000001-*.leaves")
    path.write_bytes(b"\x00" * 32 * 4)
    assert site.verify().ok, "the signed roots still agree with the entries"
    site.rewrite(2, "forged")
    fault = site.verify().fault
    assert fault is not None and fault.seq == 1 and "up to 4" in fault.message


def test_the_service_signs_nothing_that_does_not_continue_what_it_signed(site: Site, clock: FixedClock) -> None:
    site.truncate(5)
    for number in range(9):
        with site.db.transaction() as tx:
            site.log.append(tx, kind="test.done", actor=None, subject=f"again-{number}")
    fresh = Checkpointer(site.db, folder=site.inside, key=site.key, clock=clock)
    for writer in (fresh, site.writer):
        with pytest.raises(Integrity):
            writer.write()


def test_a_checkpoint_is_due_after_a_hundred_entries_or_a_minute(site: Site, clock: FixedClock) -> None:
    assert not site.writer.due()
    clock.at += timedelta(seconds=60)
    assert site.writer.due()
    site.writer.write()
    assert not site.writer.due()
    with site.db.transaction() as tx:
        for number in range(100):
            site.log.append(tx, kind="test.done", actor=None, subject=str(number))
    assert site.writer.due()


def test_a_second_folder_that_was_away_catches_up(site: Site) -> None:
    shutil.rmtree(site.outside)
    site.writer.write()
    assert [c.size for c in read_checkpoints(site.outside, key=site.public)] == [4, SIGNED, SIZE]
    assert site.verify().ok


def test_nothing_to_check_against_is_a_failure(site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "absent"):
        with site.db.reading() as tx:
            report = verify(tx, checkpoints=folder, key=site.public)
        assert not report.ok
    with site.db.reading() as tx:
        assert not verify(tx, checkpoints=site.outside, key=None).ok


@pytest.mark.parametrize(
    "note", [b"", b"\xff\xfe", b"x" * 1_000_001, b"cds/x\n1\n\n\n", b"origin\n5\nAAAA\n\n\xe2\x80\x94 a AAAAAAAA\n"]
)
def test_a_file_that_is_no_signed_checkpoint_is_a_failure(site: Site, note: bytes) -> None:
    (site.outside / "000000000005.checkpoint").write_bytes(note)
    report = site.verify()
    assert report.fault is not None and "000000000005" in report.fault.message


def test_a_checkpoint_signed_by_another_key_is_a_failure(site: Site, clock: FixedClock, tmp_path: Path) -> None:
    other = Checkpointer(site.db, folder=tmp_path / "x", key=signing_key(tmp_path / "k"), clock=clock)
    other.write()
    shutil.copy(tmp_path / "x" / "000000000012.checkpoint", site.outside)
    report = site.verify()
    assert report.fault is not None and report.fault.code == "note_unsigned"


def test_texts_beside_the_log_are_verified_too(site: Site) -> None:
    kept = site.snapshot()
    for statement, code in (
        ("UPDATE audit_contents SET body = 'other' WHERE seq = 6", "content_changed"),
        ("UPDATE audit_contents SET salt = 'zz' WHERE seq = 6", "content_changed"),
        ("UPDATE audit_contents SET salt = NULL WHERE seq = 6", "content_changed"),
        ("UPDATE audit_contents SET body = NULL, salt = NULL WHERE seq = 6", "content_missing"),
        ("DELETE FROM audit_contents WHERE seq = 6", "content_missing"),
        ("INSERT INTO audit_contents (seq, salt, body) VALUES (99, '00', 'x')", "content_unclaimed"),
    ):
        site.sql(statement)
        fault = site.verify().fault
        assert fault is not None and (fault.code, fault.seq) == (code, 99 if "99" in statement else 6), statement
        site.restore(kept)
    assert site.verify().ok


def test_an_erasure_that_was_recorded_leaves_a_log_that_verifies(site: Site) -> None:
    with site.db.transaction() as tx:
        site.log.append(tx, kind="test.done", actor=None, subject="s", content="about her", patient="p-1")
        site.log.append(tx, kind="test.done", actor=None, subject="s", content="about him", patient="p-2")
        assert erase_contents(tx, patient="p-1", log=site.log, actor=None) == 1
    report = site.verify()
    assert report.ok and report.erased == 1
    with site.db.reading() as tx:
        assert "about her" not in str(tx.execute(select(contents.c.body)).scalars().all())


HOSTILE: list[Any] = [
    None,
    b"\xff\xfe\x00",
    "x" * 300_000,
    2**63 - 1,
    -1.5e308,
    "[" * 100_000,
    '{"v":1,"v":2}',
    "\u202e\U0010ffff",
    "'; DROP TABLE audit_entries; --",
]


@pytest.mark.parametrize(
    "column", ["at", "kind", "actor", "subject", "entry", "leaf", "size", "frontier", "salt", "body"]
)
def test_hostile_values_in_any_column_are_a_finding_not_a_crash(site: Site, column: str) -> None:
    if site.db.dialect != "sqlite":
        pytest.skip("PostgreSQL holds its columns to their types")
    table = "audit_head" if column in ("size", "frontier") else "audit_contents" if column in ("salt", "body") else None
    where = "" if table == "audit_head" else " WHERE seq = 5"
    kept = site.snapshot()
    for value in HOSTILE:
        if value is None and column not in ("actor", "salt", "body"):
            continue
        if column == "actor" and value is None:
            continue  # it was null before
        site.sql(f"UPDATE {table or 'audit_entries'} SET {column} = :value{where}", value=value)
        report = site.verify()
        assert not report.ok, (column, value)
        assert table == "audit_head" or (report.fault is not None and report.fault.seq == 5)
        site.restore(kept)


def test_a_missing_table_is_a_finding(site: Site) -> None:
    for table in ("audit_head", "audit_contents", "audit_entries"):
        site.sql(f"DROP TABLE {table}")
        assert not site.verify(checkpoints=False).ok


def test_an_empty_log_verifies_as_empty(db: Database) -> None:
    with db.reading() as tx:
        report = verify(tx)
    assert report.ok and (report.entries, report.root) == (
        0,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
