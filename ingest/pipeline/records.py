"""Loading extracts of the medical record: files, readers, facts and notes under their patient, then vectors."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds.actors import Actor
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.errors import CdsError, InvalidInput
from ingest.records.readers import READERS, Files, Options, Reader, reader_of
from knowledge.records import Records
from knowledge.records.incoming import Deletion, Item, Person, Read, Refusal, Unread
from knowledge.records.storing import Stored, Subjects

# One transaction: small enough that others may write in between, large enough that its overhead is nothing.
_BATCH = 2_000
# A batch of notes weighs more than one of facts; this bounds what is in memory.
_BATCH_CHARACTERS = 16_000_000
# Of the same refusal in the same file this many are listed one by one; the rest are counted in one line.
_LISTED = 200

Progress = Callable[[str, int], None]
_NOTHING_SAID = Options()


@dataclass(slots=True)
class RecordReport:
    """What loading did, in numbers that can be compared with the source."""

    files: int = 0
    patients: int = 0  # whose record is new or changed
    patients_seen: int = 0
    facts: int = 0
    notes: int = 0
    unchanged: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    not_facts: Counter[str] = field(default_factory=Counter)
    unknown_types: Counter[str] = field(default_factory=Counter)
    vectors: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The document `cds ingest records --json` prints."""
        return {
            "files": self.files,
            "patients": self.patients,
            "patients_seen": self.patients_seen,
            "facts": self.facts,
            "notes": self.notes,
            "unchanged": self.unchanged,
            "by_type": dict(sorted(self.by_type.items())),
            "not_facts": dict(sorted(self.not_facts.items())),
            "unknown_types": dict(sorted(self.unknown_types.items())),
            "vectors": self.vectors,
            "refused": self.refused,
            "seconds": round(self.seconds, 3),
        }


def ingest_records(
    paths: Sequence[Path],
    *,
    records: Records,
    db: Database,
    log: AuditLog,
    clock: Clock,
    actor: Actor,
    progress: Progress = lambda stage, count: None,
    options: Options = _NOTHING_SAID,
    vectors: bool = True,
) -> RecordReport:
    """Load these files and folders; what cannot be taken is listed, the rest is kept."""
    started = time.perf_counter()
    total, unread, refused = Stored(), Counter[str](), _Refusals()
    _require_files(paths)
    files = 0
    for reader, delivery in _deliveries(paths, refused):
        files += len(delivery)
        subjects: Subjects = {}
        for batch in _batches(reader.read(delivery, options), unread, refused, delivery[0][1]):
            stored = _store(batch, subjects, records=records, db=db, log=log, actor=actor)
            progress("facts", stored.facts + stored.notes + stored.unchanged)
            total.add(stored)
    refused.extend(total.refused)
    made = records.embed_missing(lambda count: progress("vectors", count)) if vectors and total.notes else 0
    return RecordReport(
        files=files,
        patients=len(total.patients),
        patients_seen=len(total.seen),
        facts=total.facts,
        notes=total.notes,
        unchanged=total.unchanged,
        by_type=total.by_type,
        not_facts=total.not_facts,
        unknown_types=unread,
        vectors=made,
        refused=refused.listed(),
        seconds=time.perf_counter() - started,
    )


@dataclass(slots=True)
class _Batch:
    people: list[Person] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    characters: int = 0


def _store(batch: _Batch, subjects: Subjects, *, records: Records, db: Database, log: AuditLog, actor: Actor) -> Stored:
    """One batch in one transaction with its audit entry."""
    with db.transaction() as tx:
        stored = records.store(tx, batch.people, batch.items, subjects=subjects)
        stored.add(records.delete(tx, batch.deletions))
        if stored.patients:
            ids = sorted(stored.patients)
            log.append(
                tx,
                kind="records.stored",
                actor=actor,
                subject=ids[0] if len(ids) == 1 else hashlib.sha256("\n".join(ids).encode()).hexdigest(),
                details={"patients": len(ids), "facts": stored.facts, "notes": stored.notes},
            )
    return stored


def _batches(reads: Iterator[Read], unread: Counter[str], refused: "_Refusals", path: str) -> Iterator[_Batch]:
    batch = _Batch()
    for read in _surviving(reads, refused, path):
        if isinstance(read, Person):
            batch.people.append(read)
        elif isinstance(read, Item):
            batch.items.append(read)
            batch.characters += len(read.note.text) if read.note else 0
        elif isinstance(read, Deletion):
            batch.deletions.append(read)
        elif isinstance(read, Unread):
            unread[read.type] += 1
        else:
            refused.add(read)
        if (
            len(batch.people) + len(batch.items) + len(batch.deletions) >= _BATCH
            or batch.characters >= _BATCH_CHARACTERS
        ):
            yield batch
            batch = _Batch()
    if batch.people or batch.items or batch.deletions:
        yield batch


def _surviving(reads: Iterator[Read], refused: "_Refusals", path: str) -> Iterator[Read]:
    """What is read until the reader gives up; why it did is listed."""
    try:
        yield from reads
    except CdsError as error:
        refused.add(Refusal(error.code, error.message, path=path))
    except Exception as error:  # one odd file must not cost the others; what it says is not repeated, it may be a name
        refused.add(Refusal("unreadable", f"The file cannot be read ({type(error).__name__}).", path=path))


def _deliveries(paths: Sequence[Path], refused: "_Refusals") -> Iterator[tuple[Reader, Files]]:
    """Files of one format in one given path belong together; single files of other formats stand alone."""
    for given in paths:
        found: dict[str, list[tuple[Path, str]]] = {}
        for path, name in _files(given):
            reader = reader_of(path)
            if reader is None:
                refused.add(Refusal("unknown_format", "No reader knows this kind of file.", path=name))
            else:
                found.setdefault(reader.name, []).append((path, name))
        for reader in READERS:
            for group in _together(reader, found.get(reader.name, [])):
                yield reader, group


def _together(reader: Reader, files: list[tuple[Path, str]]) -> Iterator[Files]:
    if not files:
        return
    if reader.streams:
        yield files
    else:
        yield from ([one] for one in files)


def _require_files(paths: Sequence[Path]) -> None:
    for given in paths:
        if not given.exists():
            raise InvalidInput(f"{given} does not exist. Give files or folders of records.", code="no_such_path")
    if not any(_files(given) for given in paths):
        where = ", ".join(str(given) for given in paths)
        raise InvalidInput(f"There are no files in {where}.", code="nothing_to_read")


def _files(given: Path) -> list[tuple[Path, str]]:
    """The files of a path in a fixed order, each by the name the report calls it."""
    if given.is_file():
        return [(given, given.name)]
    inside = [path for path in sorted(given.rglob("*")) if path.is_file()]
    named = [(path, str(path.relative_to(given))) for path in inside]
    return [(path, name) for path, name in named if not any(part.startswith(".") for part in Path(name).parts)]


class _Refusals:
    """What was not taken, each once; many of a kind are counted."""

    def __init__(self) -> None:
        self._listed: list[Refusal] = []
        self._count: Counter[tuple[str, str]] = Counter()

    def add(self, refusal: Refusal) -> None:
        self._count[refusal.path, refusal.code] += 1
        if self._count[refusal.path, refusal.code] <= _LISTED:
            self._listed.append(refusal)

    def extend(self, refusals: Sequence[Refusal]) -> None:
        for refusal in refusals:
            self.add(refusal)

    def listed(self) -> list[dict[str, Any]]:
        """As the report has them."""
        rows = [
            {
                name: value
                for name, value in (
                    ("path", refusal.path),
                    ("code", refusal.code),
                    ("reason", refusal.reason),
                    ("line", refusal.line),
                    ("resource", refusal.resource),
                )
                if value is not None
            }
            for refusal in self._listed
        ]
        for (path, code), count in sorted(self._count.items()):
            if count > _LISTED:
                reason = f"{count - _LISTED} more like this in the same file."
                rows.append({"path": path, "code": code, "reason": reason, "count": count - _LISTED})
        return rows
