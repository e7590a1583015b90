import csv
import hashlib
import io
from datetime import timedelta

import pytest

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.audit.export import export_entries, safe_cell
from cds.audit.listing import EntryFilter, entries_about, get_entry, kinds_used, list_entries, proof_of
from cds.audit.merkle import is_included
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import InvalidInput, NotFound

KINDS = ["session.opened", "session.closed", "sessions.other", "decision.recorded"]
ACTORS = [Actor(id=name, name=name, roles=frozenset({Role.PHYSICIAN})) for name in ("a", "b", "c")]


@pytest.fixture
def filled(db: Database, clock: FixedClock) -> Database:
    """24 entries, one an hour from 9:00 on."""
    log = AuditLog(clock=clock)
    for number in range(24):
        with db.transaction() as tx:
            log.append(tx, kind=KINDS[number % 4], actor=ACTORS[number % 3], subject=f"s-{number % 5}")
        clock.at += timedelta(hours=1)
    return db


def found(db: Database, **where: str) -> list[int]:
    with db.reading() as tx:
        return [entry.seq for entry in list_entries(tx, EntryFilter(**where))[0]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, range(24, 0, -1)),
        ({"kind": "session.opened"}, range(21, 0, -4)),
        ({"kind": "session"}, [22, 21, 18, 17, 14, 13, 10, 9, 6, 5, 2, 1]),
        ({"kind": "nothing"}, []),
        ({"actor": "b"}, range(23, 0, -3)),
        ({"subject": "s-0"}, [21, 16, 11, 6, 1]),
        ({"actor": "a", "kind": "session.opened"}, [13, 1]),
        ({"since": "2026-11-22"}, range(24, 15, -1)),
        ({"until": "2026-11-21T12:00:00Z"}, [3, 2, 1]),
        ({"since": "2026-11-21T10:00", "until": "2026-11-21T12:00"}, [3, 2]),
        ({"since": "2030-01-01"}, []),
        ({"subject": "'; DROP TABLE audit_entries; --"}, []),
    ],
    ids=str,
)
def test_filters(filled: Database, where: dict[str, str], expected: range | list[int]) -> None:
    assert found(filled, **where) == list(expected)


def test_pages_of_a_family_join_without_gap(filled: Database) -> None:
    seen, before = [], None
    with filled.reading() as tx:
        while True:
            rows, before = list_entries(tx, EntryFilter(kind="session"), before=before, limit=5)
            seen += [row.seq for row in rows]
            if before is None:
                break
    assert seen == [22, 21, 18, 17, 14, 13, 10, 9, 6, 5, 2, 1]


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-21 09:00", "2026", ""])
def test_what_is_no_moment_is_refused(filled: Database, moment: str) -> None:
    with pytest.raises(InvalidInput):
        found(filled, since=moment)


def test_one_entry_and_all_about_one_thing(filled: Database) -> None:
    with filled.reading() as tx:
        assert get_entry(tx, 6).kind == "session.closed"
        assert [entry.seq for entry in entries_about(tx, "s-0")] == [1, 6, 11, 16, 21]
        assert kinds_used(tx) == sorted(KINDS)
        with pytest.raises(NotFound):
            get_entry(tx, 25)


def test_an_entry_comes_with_its_proof(filled: Database) -> None:
    with filled.reading() as tx:
        entry, proof = get_entry(tx, 7), proof_of(tx, 7)
    path = [bytes.fromhex(step) for step in proof["path"]]
    root = bytes.fromhex(proof["root"])
    assert is_included(bytes.fromhex(entry.leaf), 6, size=proof["size"], proof=path, root=root)


def test_exported_lines_are_the_bytes_that_were_hashed(filled: Database) -> None:
    with filled.reading() as tx:
        lines = "".join(export_entries(tx, EntryFilter(kind="session"), as_="jsonl")).splitlines()
        leaf = get_entry(tx, 1).leaf
    assert len(lines) == 12
    assert hashlib.sha256(b"\x00" + lines[0].encode()).hexdigest() == leaf


def test_a_table_has_a_line_an_entry_and_runs_no_formula(filled: Database) -> None:
    with filled.reading() as tx:
        table = list(csv.DictReader(io.StringIO("".join(export_entries(tx, EntryFilter(), as_="csv")))))
    assert [int(row["seq"]) for row in table] == list(range(1, 25))
    assert [safe_cell(value) for value in ("=1+1", "+1", "-1", "@x", "plain", None, 7)] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@x",
        "plain",
        "",
        "7",
    ]
