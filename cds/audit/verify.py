"""Verifying the log: everything derived again from the entries, no stored hash trusted, the first wrong entry named."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from cds.audit.canonical import canonical, commitment
from cds.audit.checkpoints import Checkpoint, read_checkpoints, read_leaves
from cds.audit.log import LARGEST_ENTRY, VERSION, frontier_text
from cds.audit.merkle import Frontier, leaf_hash
from cds.audit.note import VerifierKey
from cds.errors import CdsError, Integrity

_BATCH = 2000
# A text beside the log is one consult; this is a thousand times the largest seen.
_LARGEST_CONTENT = 64_000_000
_FIELDS = ("at", "kind", "actor", "subject")


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing found wrong."""

    code: str
    message: str
    seq: int | None = None  # None: not a single entry, but the checkpoints themselves


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying found."""

    entries: int
    root: str | None
    fault: Fault | None
    checkpoints: int = 0
    contents: int = 0
    erased: int = 0

    @property
    def ok(self) -> bool:
        return self.fault is None

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "entries": self.entries,
            "root": self.root,
            "ok": self.ok,
            "checkpoints": self.checkpoints,
            "contents": self.contents,
            "erased": self.erased,
        }
        if self.fault is not None:
            document["first_bad"] = {"seq": self.fault.seq, "code": self.fault.code, "message": self.fault.message}
        return document


class _Wrong(Exception):
    def __init__(self, code: str, message: str, *, seq: int | None = None) -> None:
        super().__init__(message)
        self.fault = Fault(code=code, message=message, seq=seq)


@dataclass(slots=True)
class _Walk:
    """Where verifying has come to."""

    tree: Frontier = field(default_factory=Frontier)
    signed: dict[int, bytes] = field(default_factory=dict)  # root by size
    trusted: list[bytes] = field(default_factory=list)  # leaves that the signed roots vouch for
    good: int = 0  # the size of the last checkpoint the entries agreed with
    contents: int = 0
    gone: dict[int, None] = field(default_factory=dict)  # entries whose text is missing, in order
    erased: set[int] = field(default_factory=set)  # entries whose text the log says was erased
    unclaimed: list[int] = field(default_factory=list)  # texts beside no entry at all


def verify(tx: Connection, *, checkpoints: Path | None = None, key: VerifierKey | None = None) -> Report:
    """Check the whole log; with checkpoints held elsewhere nothing that was signed can be missing or changed."""
    walk = _Walk()
    held: list[Checkpoint] = []
    try:
        if checkpoints is not None:
            held = _trust(walk, checkpoints, key)
        for row in _rows(tx, walk):
            _entry(walk, row)
        _end(tx, walk, held)
    except _Wrong as wrong:
        return Report(
            entries=walk.tree.size,
            root=None,
            fault=wrong.fault,
            checkpoints=len(held),
            contents=walk.contents,
            erased=len(walk.erased),
        )
    return Report(
        entries=walk.tree.size,
        root=walk.tree.root().hex(),
        fault=None,
        checkpoints=len(held),
        contents=walk.contents,
        erased=len(walk.erased),
    )


def _trust(walk: _Walk, folder: Path, key: VerifierKey | None) -> list[Checkpoint]:
    """Read the checkpoints and keep the leaves they vouch for."""
    if key is None:
        raise _Wrong("key_missing", "Checkpoints can be checked only with the public key they were signed with.")
    try:
        held = read_checkpoints(folder, key=key)
    except CdsError as error:
        raise _Wrong(error.code, error.message) from None
    except OSError as error:
        raise _Wrong("checkpoints_unreadable", f"The checkpoints cannot be read: {type(error).__name__}.") from None
    if not held:
        raise _Wrong("no_checkpoints", "There is no checkpoint in this folder, so nothing can be checked against it.")
    for checkpoint in held:
        if walk.signed.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            raise _Wrong("checkpoint_fork", f"Two signed checkpoints of size {checkpoint.size} differ.")
    tree = Frontier()
    leaves = read_leaves(folder, size=held[-1].size)
    for number, leaf in enumerate(leaves, start=1):
        tree.append(leaf)
        if number in walk.signed:
            if tree.root() != walk.signed[number]:
                break
            walk.trusted = leaves[:number]
    return held


def _rows(tx: Connection, walk: _Walk) -> Iterator[dict[str, Any]]:
    """The entries in order, every column as bytes, so that no hostile value is interpreted on the way."""
    if tx.dialect.name == "sqlite":
        wanted = ", ".join(f"substr(CAST({n} AS BLOB), 1, {LARGEST_ENTRY + 1})" for n in (*_FIELDS, "entry", "leaf"))
        salt = "substr(CAST(salt AS BLOB), 1, 100)"
        body = f"substr(CAST(body AS BLOB), 1, {_LARGEST_CONTENT})"
    else:
        wanted = ", ".join(f"convert_to({name}, 'UTF8')" for name in (*_FIELDS, "entry", "leaf"))
        salt, body = "convert_to(salt, 'UTF8')", "convert_to(body, 'UTF8')"
    # Names and expressions of this module only; nothing of the database or the caller is put into the statement.
    some = text(f"SELECT seq, {wanted} FROM audit_entries WHERE seq > :after ORDER BY seq LIMIT {_BATCH}")  # noqa: S608
    beside = text(f"SELECT seq, {salt}, {body} FROM audit_contents WHERE seq > :after AND seq <= :last")  # noqa: S608
    after = -(2**62)
    last_read = after
    while True:
        try:
            found = tx.execute(some, {"after": after}).all()
            last = found[-1][0] if found else 2**62
            texts = {row[0]: (row[1], row[2]) for row in tx.execute(beside, {"after": after, "last": last})}
        except DBAPIError as error:
            raise _Wrong(
                "unreadable",
                f"The database cannot be read past entry {walk.tree.size}: {type(error.orig).__name__}.",
                seq=walk.tree.size + 1,
            ) from None
        for row in found:
            last_read = row[0]
            content = texts.pop(row[0], None)
            yield dict(zip(("seq", *_FIELDS, "entry", "leaf"), row, strict=True)) | {"content": content}
        walk.unclaimed += sorted(texts)
        if not found:
            return
        after = last_read


def _entry(walk: _Walk, row: dict[str, Any]) -> None:
    seq = walk.tree.size + 1
    if row["seq"] != seq:
        if row["seq"] > seq:
            raise _Wrong("entry_missing", f"Entry {seq} is missing.", seq=seq)
        raise _Wrong("entry_misplaced", f"There is an entry numbered {row['seq']}.", seq=row["seq"])
    raw = row["entry"]
    leaf = leaf_hash(raw or b"")
    if seq <= len(walk.trusted) and leaf != walk.trusted[seq - 1]:
        raise _Wrong("entry_changed", f"Entry {seq} is not the one that was signed.", seq=seq)
    entry = _parse(raw, seq)
    if any(
        (row[name].decode("utf-8", "replace") if row[name] is not None else None) != entry[name] for name in _FIELDS
    ):
        raise _Wrong("columns_differ", f"The columns of entry {seq} do not say what the entry says.", seq=seq)
    if row["leaf"] != leaf.hex().encode():
        raise _Wrong("leaf_differs", f"Entry {seq} does not have the hash that was stored with it.", seq=seq)
    _content(walk, seq, entry, row["content"])
    walk.tree.append(leaf)
    if seq in walk.signed:
        if walk.tree.root() != walk.signed[seq]:
            first = max(walk.good, len(walk.trusted)) + 1
            raise _Wrong(
                "root_differs",
                f"The entries up to {seq} do not make the root that was signed: entry {first} or a later one up to "
                f"{seq} is not the one that was signed.",
                seq=first,
            )
        walk.good = seq


def _parse(raw: bytes | None, seq: int) -> dict[str, Any]:
    bad = _Wrong("entry_malformed", f"Entry {seq} is not written as entries are.", seq=seq)
    if raw is None or len(raw) > LARGEST_ENTRY:
        raise bad
    try:
        entry = orjson.loads(raw)
        if canonical(entry) != raw:
            raise bad
    except (orjson.JSONDecodeError, CdsError, RecursionError):
        raise bad from None
    if not isinstance(entry, dict) or set(entry) != {"v", "seq", "details", *_FIELDS}:
        raise bad
    if entry["v"] != VERSION or entry["seq"] != seq or entry["seq"] is True or not isinstance(entry["details"], dict):
        raise bad
    return entry


def _content(walk: _Walk, seq: int, entry: dict[str, Any], stored: tuple[Any, Any] | None) -> None:
    """The text beside the entry is the one committed to, or the log says that it was erased."""
    if entry["kind"] == "content.erased":
        named = entry["details"].get("entries")
        walk.erased |= {number for number in named if isinstance(number, int)} if isinstance(named, list) else set()
    committed = entry["details"].get("content")
    if committed is None:
        if stored is not None:
            raise _Wrong("content_unclaimed", f"There is a text beside entry {seq}, which speaks of none.", seq=seq)
        return
    salt, body = stored if stored is not None else (None, None)
    if salt is None and body is None:
        walk.gone[seq] = None
        return
    try:
        intact = salt is not None and body is not None and commitment(salt.decode(), body.decode()) == committed
    except ValueError:
        intact = False
    if not intact:
        raise _Wrong("content_changed", f"The text beside entry {seq} is not the one it commits to.", seq=seq)
    walk.contents += 1


def _end(tx: Connection, walk: _Walk, held: list[Checkpoint]) -> None:
    size = walk.tree.size
    for seq in walk.gone:
        if seq not in walk.erased:
            raise _Wrong(
                "content_missing", f"The text beside entry {seq} is gone, and no entry says it was erased.", seq=seq
            )
    if held and held[-1].size > size:
        raise _Wrong(
            "entry_missing",
            f"The log ends at entry {size}, but {held[-1].size} were signed: entry {size + 1} is missing.",
            seq=size + 1,
        )
    try:
        rows = tx.execute(text("SELECT id, size, frontier FROM audit_head")).all()
    except DBAPIError as error:
        message = f"The log's head cannot be read: {type(error.orig).__name__}."
        raise _Wrong("unreadable", message, seq=size + 1) from None
    if (not rows and size == 0) or [tuple(row) for row in rows] == [(1, size, frontier_text(walk.tree))]:
        if walk.unclaimed:
            first = walk.unclaimed[0]
            raise _Wrong(
                "content_unclaimed", f"There is a text beside the log for entry {first}, which is not there.", seq=first
            )
        return
    stated = rows[0][1] if len(rows) == 1 else None
    if isinstance(stated, int) and stated > size:
        message = f"The head counts {stated} entries, there are {size}: entry {size + 1} is missing."
        raise _Wrong("entry_missing", message, seq=size + 1)
    first = stated + 1 if isinstance(stated, int) and 0 <= stated < size else walk.good + 1
    message = f"The log's head does not fit its {size} entries: entry {min(first, size)} or a later one is wrong."
    raise _Wrong("head_differs", message, seq=min(first, size))


def require_intact(report: Report) -> Report:
    """The report, or an error when something is wrong."""
    if report.fault is not None:
        raise Integrity(report.fault.message, code=report.fault.code)
    return report
