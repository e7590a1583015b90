from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from cds.actors import local_operator
from cds.audit import AuditLog, canonical, commitment
from cds.audit.log import read_head
from cds.audit.merkle import leaf_hash, tree_root
from cds.audit.tables import contents, entries
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import CdsError, InvalidInput

ACTOR = local_operator("auditor")


@pytest.fixture
def log(clock: FixedClock) -> AuditLog:
    return AuditLog(clock=clock)


def fill(db: Database, log: AuditLog, count: int) -> None:
    for number in range(count):
        with db.transaction() as tx:
            log.append(tx, kind="test.done", actor=ACTOR, subject=f"thing-{number}", details={"number": number})


def test_entries_are_numbered_from_one_and_the_head_follows(db: Database, log: AuditLog) -> None:
    fill(db, log, 9)
    with db.reading() as tx:
        rows = tx.execute(select(entries).order_by(entries.c.seq)).all()
        tree = read_head(tx)
    assert [row.seq for row in rows] == list(range(1, 10))
    leaves = [leaf_hash(row.entry.encode()) for row in rows]
    assert [row.leaf for row in rows] == [leaf.hex() for leaf in leaves]
    assert (tree.size, tree.root()) == (9, tree_root(leaves))


def test_several_entries_of_one_transaction_commit_together_or_not_at_all(db: Database, log: AuditLog) -> None:
    with pytest.raises(RuntimeError), db.transaction() as tx:
        for number in range(3):
            log.append(tx, kind="test.done", actor=None, subject=str(number))
        raise RuntimeError
    with db.reading() as tx:
        assert tx.execute(select(entries)).all() == []
    with db.transaction() as tx:
        refs = [log.append(tx, kind="test.done", actor=None, subject=str(number)) for number in range(3)]
    assert [ref.seq for ref in refs] == [1, 2, 3]


def test_an_entry_says_who_did_what_to_which_thing(db: Database, log: AuditLog) -> None:
    with db.transaction() as tx:
        log.append(tx, kind="edition.published", actor=ACTOR, subject="e-1", details={"ids": ["a", "b"], "none": None})
    with db.reading() as tx:
        entry = orjson.loads(tx.execute(select(entries.c.entry)).scalar_one())
    assert entry == {
        "v": 1,
        "seq": 1,
        "at": "2026-11-21T09:00:00.000000Z",
        "kind": "edition.published",
        "actor": "local:auditor",
        "subject": "e-1",
        "details": {"ids": ["a", "b"], "none": None},
    }


def test_content_is_kept_beside_the_entry_which_only_commits_to_it(db: Database, log: AuditLog) -> None:
    with db.transaction() as tx:
        log.append(tx, kind="test.done", actor=None, subject="s", content="chest pain since noon", patient="p1")
        log.append(tx, kind="test.done", actor=None, subject="s", content="chest pain since noon", patient="p1")
    with db.reading() as tx:
        first, second = (orjson.loads(row.entry) for row in tx.execute(select(entries)))
        beside = tx.execute(select(contents)).first()
    assert "chest" not in str(first)
    assert first["details"]["content"] != second["details"]["content"], "equal texts must not be recognisable"
    assert beside is not None and commitment(beside.salt, beside.body) == first["details"]["content"]


@pytest.mark.parametrize(
    "details",
    [{"dose": 0.5}, {"n": 2**53}, {"n": float("nan")}, {"b": b"x"}, {"s": "\ud800"}, {1: "x"}, {"content": "mine"}],
    ids=str,
)
def test_what_has_no_one_way_to_be_written_is_refused(db: Database, log: AuditLog, details: dict[Any, Any]) -> None:
    with pytest.raises(InvalidInput), db.transaction() as tx:
        log.append(tx, kind="test.done", actor=None, subject="s", details=details)
    with db.reading() as tx:
        assert read_head(tx).size == 0


@pytest.mark.parametrize(
    ("kind", "subject"), [("Test Done", "s"), ("", "s"), ("a.b", ""), ("a.b", "x\n"), ("a", "x" * 201)]
)
def test_kinds_and_subjects_are_plain_names(db: Database, log: AuditLog, kind: str, subject: str) -> None:
    with pytest.raises(InvalidInput), db.transaction() as tx:
        log.append(tx, kind=kind, actor=None, subject=subject)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": True}, b'{"a":true,"b":1}'),
        ({"\ue000": 1, "\U00010000": 2}, '{"\U00010000":2,"\ue000":1}'.encode()),  # UTF-16 order, not code points
        ('\x08\t\n\x0c\r\x1b"\\/\x7f€', '"\\b\\t\\n\\f\\r\\u001b\\"\\\\/\x7f€"'.encode()),
        ([None, -1, 2**53 - 1, []], b"[null,-1,9007199254740991,[]]"),
    ],
    ids=["keys sorted", "keys in utf-16 order", "escapes", "scalars"],
)
def test_canonical_json_is_as_rfc_8785_has_it(value: Any, written: bytes) -> None:
    assert canonical(value) == written


@contextmanager
def refused(db: Database) -> Iterator[Connection]:
    with pytest.raises((DBAPIError, CdsError)), db.transaction() as tx:
        yield tx


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_entries SET kind = 'x' WHERE seq = 2",
        "DELETE FROM audit_entries WHERE seq = 3",
        "INSERT INTO audit_entries SELECT 9, at, kind, actor, subject, entry, leaf FROM audit_entries WHERE seq = 1",
        "UPDATE audit_head SET size = 2",
        "UPDATE audit_head SET frontier = ''",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head VALUES (2, 7, '')",
        "UPDATE audit_contents SET body = 'other'",
        "UPDATE audit_contents SET salt = NULL",
        "DELETE FROM audit_contents",
    ],
)
def test_what_was_written_cannot_be_changed(db: Database, log: AuditLog, attack: str) -> None:
    fill(db, log, 3)
    with db.transaction() as tx:
        log.append(tx, kind="test.done", actor=None, subject="s", content="text")
    with refused(db) as tx:
        tx.execute(text(attack))
    with db.reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM audit_entries")).scalar() == 4
        assert read_head(tx).size == 4
        assert tx.execute(text("SELECT body FROM audit_contents")).scalar() == "text"


def test_nothing_can_be_replaced_or_truncated(db: Database, log: AuditLog) -> None:
    fill(db, log, 3)
    if db.dialect == "sqlite":
        attacks = [
            "INSERT OR REPLACE INTO audit_entries "
            "SELECT seq, at, 'x', actor, subject, entry, leaf FROM audit_entries WHERE seq = 2",
            "REPLACE INTO audit_head VALUES (1, 0, '')",
        ]
    else:
        attacks = ["TRUNCATE audit_entries", "TRUNCATE audit_head", "TRUNCATE audit_contents"]
    for attack in attacks:
        with refused(db) as tx:
            tx.execute(text(attack))
    with db.reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM audit_entries WHERE kind = 'test.done'")).scalar() == 3
