"""Checkpoints: the size and root of the log, signed, and with them the leaves, in folders that can live elsewhere."""

import base64
import binascii
import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from cds.audit.log import read_head
from cds.audit.merkle import Frontier, leaf_hash
from cds.audit.note import LARGEST_NOTE, SigningKey, VerifierKey, open_note
from cds.audit.syslog import notes_in
from cds.audit.tables import entries, head
from cds.clock import Clock
from cds.db import Database
from cds.errors import Integrity, InvalidInput

logger = logging.getLogger(__name__)

# What could be lost to somebody who holds the machine is at most this much.
EVERY = timedelta(seconds=60)
EVERY_ENTRIES = 100
KEY_FILE = "signing.key"
PUBLIC_FILE = "signing.pub"
FOLDER = "checkpoints"
_CHECKPOINT = re.compile(r"\d{12}\.checkpoint")
_LEAVES = re.compile(r"(\d{12})-(\d{12})\.leaves")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How long the log was, and the root over all of it."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """As C2SP's tlog-checkpoint writes it; extension lines are allowed and ignored."""
        lines = text.split("\n")
        try:
            origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
        except (IndexError, binascii.Error, ValueError):
            raise Integrity("This is no checkpoint.", code="checkpoint_malformed") from None
        if not origin or not re.fullmatch(r"0|[1-9]\d{0,15}", size, re.ASCII) or len(root) != 32:
            raise Integrity("This is no checkpoint.", code="checkpoint_malformed")
        return cls(origin=origin, size=int(size), root=root)


def signing_key(data: Path) -> SigningKey:
    """This installation's signing key; made, readable by its owner only, when there is none yet."""
    path = data / KEY_FILE
    if not path.exists():
        made = SigningKey(name=f"cds/{secrets.token_hex(4)}", seed=secrets.token_bytes(32))
        _write_once(path, made.written().encode() + b"\n")
    key = SigningKey.parse(path.read_text(encoding="utf-8"))
    public = data / PUBLIC_FILE
    if not public.exists():
        _write_once(public, f"{key.verifier}\n".encode(), mode=0o644)
    return key


def verifier_key(path: Path) -> VerifierKey:
    """The public key in this file."""
    try:
        written = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The key file {path} cannot be read: {type(error).__name__}.", code="key_missing") from None
    if written.startswith("PRIVATE+KEY+"):
        return SigningKey.parse(written).verifier
    return VerifierKey.parse(written)


class Checkpointer:
    """Writes a checkpoint when it is due; the service asks it every few seconds."""

    def __init__(
        self,
        db: Database,
        *,
        folder: Path,
        key: SigningKey,
        clock: Clock,
        second: Path | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.db, self.folder, self.key, self.clock, self.second = db, folder, key, clock, second
        self.tell = tell  # one more place outside, for the signed note alone
        self._tree: Frontier | None = None
        self._at: datetime | None = None

    def due(self) -> bool:
        """Whether 100 entries have come since the last checkpoint, or any and 60 seconds have gone."""
        with self.db.reading() as tx:
            size = tx.execute(select(head.c.size).where(head.c.id == 1)).scalar() or 0
        new = size - newest_size(self.folder)
        if new <= 0:
            return False
        # A clock that was set back must not put off the next one.
        return new >= EVERY_ENTRIES or self._at is None or abs(self.clock.now() - self._at) >= EVERY

    def write(self) -> Checkpoint | None:
        """Sign the log as it is, unless it no longer continues what was signed before; None: nothing is new."""
        signed = newest_size(self.folder)
        tree = self._tree
        if tree is None or tree.size != signed:
            tree = _signed_tree(self.folder, self.key.verifier)
        with self.db.reading() as tx:
            written = read_head(tx)
            leaves = _leaves_after(tx, tree.size)
        if not leaves:
            if written.size < tree.size:
                raise Integrity("The audit log is shorter than its last checkpoint.", code="log_truncated")
            self._catch_up()
            return None
        first = tree.size + 1
        for leaf in leaves:
            tree.append(leaf)
        if (tree.size, tree.nodes) != (written.size, written.nodes):
            raise Integrity(
                "The audit log does not continue what was signed before; no checkpoint is written. "
                "Run `cds audit verify`.",
                code="log_inconsistent",
            )
        made = Checkpoint(origin=self.key.name, size=tree.size, root=tree.root())
        self.folder.mkdir(parents=True, exist_ok=True)
        # The leaves first: a checkpoint is complete when it is there.
        _write_once(self.folder / f"{first:012d}-{tree.size:012d}.leaves", b"".join(leaves), mode=0o644)
        note = self.key.sign(made.text())
        _write_once(self.folder / f"{tree.size:012d}.checkpoint", note.encode(), mode=0o644)
        self._tree, self._at = tree, self.clock.now()
        logger.info("checkpoint size=%d root=%s", made.size, made.root.hex())
        if self.tell is not None:
            self.tell(note)
        self._catch_up()
        return made

    def _catch_up(self) -> None:
        """Copy to the second folder what it lacks, the oldest first."""
        if self.second is None:
            return
        self.second.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.folder.iterdir(), key=lambda path: (path.suffix == ".checkpoint", path.name)):
            kept = self.second / path.name
            if (_CHECKPOINT.fullmatch(path.name) or _LEAVES.fullmatch(path.name)) and not kept.exists():
                aside = kept.with_name(f".{path.name}.{secrets.token_hex(4)}")
                shutil.copyfile(path, aside)
                aside.replace(kept)


def newest_size(folder: Path) -> int:
    """The size of the newest checkpoint in the folder, by its name; 0 without one."""
    if not folder.is_dir():
        return 0
    return max((int(p.name[:12]) for p in folder.iterdir() if _CHECKPOINT.fullmatch(p.name)), default=0)


def read_checkpoints(place: Path, *, key: VerifierKey) -> list[Checkpoint]:
    """Every checkpoint in a folder, or in a file of syslog's, the smallest first; one of another key is an error."""
    found = []
    for name, note in _notes(place):
        try:
            checkpoint = Checkpoint.parse(open_note(note, key=key))
            if checkpoint.origin != key.name:
                raise Integrity("This checkpoint is of another log.", code="checkpoint_foreign")
        except Integrity as error:
            raise Integrity(f"{name}: {error.message}", code=error.code) from None
        found.append(checkpoint)
    return sorted(found, key=lambda checkpoint: checkpoint.size)


def _notes(place: Path) -> Iterator[tuple[str, bytes]]:
    if place.is_file():
        with place.open("rb") as file:
            for number, line in enumerate(file, start=1):
                for note in notes_in(line):
                    yield f"{place.name}, line {number}", note
        return
    for path in sorted(place.iterdir()):
        if path.suffix == ".checkpoint":
            with path.open("rb") as file:
                yield path.name, file.read(LARGEST_NOTE + 1)


def read_leaves(folder: Path, *, size: int) -> list[bytes]:
    """The leaf hashes kept beside the checkpoints, as far as they follow each other without a gap."""
    if folder.is_file():
        return []  # syslog was told the signed roots only
    leaves: list[bytes] = []
    parts = sorted(path.name for path in folder.iterdir() if _LEAVES.fullmatch(path.name))
    for name in parts:
        first, last = int(name[:12]), int(name[13:25])
        if first > len(leaves) + 1 or last > size or last - first >= size:
            break
        with (folder / name).open("rb") as file:
            raw = file.read(32 * (last - first + 1))
        part = [raw[at : at + 32] for at in range(0, len(raw) - 31, 32)]
        leaves += part[len(leaves) + 1 - first :]
    return leaves


def _signed_tree(folder: Path, key: VerifierKey) -> Frontier:
    """The tree of the newest checkpoint, built again from the leaves beside it."""
    tree = Frontier()
    if newest_size(folder) == 0:
        return tree
    newest = read_checkpoints(folder, key=key)[-1]
    for leaf in read_leaves(folder, size=newest.size):
        tree.append(leaf)
    if (tree.size, tree.root()) != (newest.size, newest.root):
        raise Integrity(f"The leaves in {folder} do not make the root that was signed.", code="checkpoint_leaves")
    return tree


def _leaves_after(tx: Connection, size: int) -> list[bytes]:
    rows = tx.execute(select(entries.c.entry).where(entries.c.seq > size).order_by(entries.c.seq))
    return [leaf_hash(entry.encode()) for entry in rows.scalars()]


def _write_once(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file whole or not at all; one that is there already stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    except FileExistsError:
        pass  # another process was first; what was signed is never written over
    finally:
        aside.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
