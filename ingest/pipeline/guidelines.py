"""Loading guidelines: files, drafts, one new generation of the index, and then, at once, published."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds.actors import Actor
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.errors import Conflict, Integrity
from ingest.documents.files import SourceFile, find_files
from ingest.documents.pool import Readers
from ingest.documents.refusals import Refused
from knowledge.builds import Builder, headed
from knowledge.editions import Edition, NewDocument
from knowledge.filling import FillingAhead
from knowledge.guidelines import Library
from knowledge.originals import Originals
from knowledge.refusals import Refusal, note_refusals
from knowledge.soundness import mark_unsound, unsound_editions

# stage, done, of how many
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class GuidelineReport:
    """What loading did."""

    documents: int = 0
    passages: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    seconds: float = 0.0
    added: list[str] = field(default_factory=list)  # editions
    published: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    flags: int = 0

    def as_json(self) -> dict[str, Any]:
        """The document `cds ingest guidelines --json` prints."""
        return {
            "documents": self.documents,
            "passages": self.passages,
            "unchanged": self.unchanged,
            "refused": [{"path": one.file, "code": one.code, "reason": one.reason} for one in self.refused],
            "seconds": round(self.seconds, 3),
            "added": self.added,
            "published": self.published,
            "superseded": self.superseded,
            "flags": self.flags,
        }


def ingest_guidelines(
    paths: Sequence[Path],
    *,
    library: Library,
    builder: Builder,
    db: Database,
    log: AuditLog,
    clock: Clock,
    actor: Actor,
    publish: bool = False,
    originals: Originals,
    ocr: bool = False,
    progress: Progress = lambda stage, done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> GuidelineReport:
    """Take in these files and folders; one that is refused leaves the others ingested."""
    started = time.perf_counter()
    run = _Run(library, originals, db, clock, actor, ocr=ocr)
    files = find_files(paths)
    new = run.sort(files, progress)
    with builder.filling_ahead() as ahead:
        run.read(new, ahead, progress, cancelled)
    run.check(log)
    waiting = run.waiting(publish=publish)
    if run.report.added or waiting or run.index_is_behind(builder):
        for last_try in (False, True):
            generation = builder.prepare(lambda done, total: progress("index", done, total), cancelled)
            try:
                with db.transaction() as tx:
                    superseded = [one for edition in waiting for one in library.publish(tx, edition, actor=actor)]
                    builder.make_current(tx, generation, actor=actor)
                break
            except Conflict as conflict:
                # Another run published while this one embedded: its passages have to be in the index too.
                if last_try or conflict.code != "index_stale":
                    raise
        run.report.published.extend(waiting)
        run.report.superseded.extend(superseded)
    run.report.seconds = time.perf_counter() - started
    return run.report


class _Run:
    """One run: what was found, what it became."""

    def __init__(
        self, library: Library, originals: Originals, db: Database, clock: Clock, actor: Actor, *, ocr: bool
    ) -> None:
        self.ocr = ocr
        self.library, self.originals, self.db, self.clock, self.actor = library, originals, db, clock, actor
        self.report = GuidelineReport()
        self.hashes: dict[SourceFile, str] = {}
        self.known: dict[str, Edition] = {}
        self.settled: list[str] = []
        self.drafts: list[str] = []

    def sort(self, files: Sequence[SourceFile], progress: Progress) -> list[SourceFile]:
        """The files whose content the library does not have; the others are told apart without being parsed."""
        first: dict[str, SourceFile] = {}
        for number, file in enumerate(files, start=1):
            try:
                digest = self.hashes[file] = file.content_hash()
            except Refused as refused:
                self._refuse(file, refused)
                continue
            except OSError:
                self._refuse(file, Refused("unreadable", "The file cannot be opened."))
                continue
            if digest in first:
                self._refuse(file, Refused("duplicate", f"It is the same as {first[digest].name}."))
            else:
                first[digest] = file
            progress("look", number, len(files))
        with self.db.reading() as tx:
            self.known = self.library.by_content(tx, list(first))
        for digest, edition in self.known.items():
            file = first.pop(digest)
            if edition.state == "retracted":
                self._refuse(file, Refused("duplicate", f"It was retracted as {edition.id}."))
                continue
            self.report.unchanged += 1
            self.settled.append(file.name)
            if edition.state == "draft":
                self.drafts.append(edition.id)
        return list(first.values())

    def read(
        self, files: Sequence[SourceFile], ahead: FillingAhead, progress: Progress, cancelled: Callable[[], bool]
    ) -> None:
        """Each new file becomes a draft, in a transaction of its own, so that an interrupted run has lost little."""
        with Readers(ocr=self.ocr) as readers:
            for number, (file, result) in enumerate(readers.each(_until(cancelled, files), self._load), start=1):
                if isinstance(result, Refused):
                    self._refuse(file, result)
                else:
                    self._draft(file, result, ahead)
                progress("read", number, len(files))

    def check(self, log: AuditLog) -> None:
        """Stored originals and texts against what is recorded of them; what a file of this run can mend is mended."""
        unsound = unsound_editions(self.db, self.originals)
        for file, digest in self.hashes.items():
            edition = self.known.get(digest)
            if edition is not None and unsound.get(edition.id, "").startswith("original"):
                self.originals.keep(file.load()[0])
                del unsound[edition.id]
        for edition_id in sorted(unsound):
            name = edition_id[:400]
            refused = Refused("hash_mismatch")
            self.report.refused.append(Refusal(name, "", refused.code, refused.message, self.clock.now()))
        with self.db.transaction() as tx:
            mark_unsound(tx, list(unsound), log=log, actor=self.actor)
            note_refusals(
                tx, self.report.refused, settled=[*self.settled, *(one.id for one in self.library.editions(tx))]
            )

    def waiting(self, *, publish: bool) -> list[str]:
        """The drafts this run is to publish, in the order of their files."""
        return [*self.drafts, *self.report.added] if publish else []

    def index_is_behind(self, builder: Builder) -> bool:
        """Whether an earlier run ended between its drafts and their index."""
        if not self.drafts:
            return False
        try:
            with self.db.reading() as tx:
                current = builder.current(tx)
        except Integrity:
            return True
        return current is None or not set(self.drafts) <= set(current.editions)

    def _load(self, file: SourceFile) -> tuple[bytes, str, bytes | None]:
        content, side_car = file.load()
        return content, file.name, side_car

    def _draft(self, file: SourceFile, document: NewDocument, ahead: FillingAhead) -> None:
        content, _ = file.load()
        if self.originals.keep(content) != document.original_hash:
            self._refuse(file, Refused("unreadable", "The file changed while it was read."))
            return
        with self.db.transaction() as tx:
            self.report.added.append(self.library.add_draft(tx, document, actor=self.actor))
        for passage in document.passages:
            text = document.text[passage.start : passage.end]
            ahead.add(headed(document.metadata.title, passage.section, text))
        self.report.documents += 1
        self.report.passages += len(document.passages)
        self.report.flags += len(document.flags)
        self.settled.append(file.name)

    def _refuse(self, file: SourceFile, refused: Refused) -> None:
        digest = self.hashes.get(file, "")
        self.report.refused.append(Refusal(file.name, digest, refused.code, refused.message, self.clock.now()))


def _until(cancelled: Callable[[], bool], files: Iterable[SourceFile]) -> Iterable[SourceFile]:
    for file in files:
        if cancelled():
            return
        yield file
