"""Patients' records: facts and notes, each patient's apart. Reading one takes the scope of the access check."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from cds.access import patients_of
from cds.actors import Actor
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.evidence import Evidence, Passage
from cds.patient import PatientFacts, PatientScope
from cds.tables_access import patients
from knowledge.records.erasing import Erased, erase_patient
from knowledge.records.identity import identity_of
from knowledge.records.incoming import Deletion, Item, Person
from knowledge.records.listing import Listed, list_patients
from knowledge.records.reading import Written, read_facts, read_notes, read_written
from knowledge.records.search import Embed, keep_vectors, missing_vectors, search_record
from knowledge.records.storing import Stored, Subjects, delete, store
from knowledge.records.tables import identifiers

__all__ = ["Embed", "Listed", "Records"]


class Records:
    """The records kept in this database."""

    def __init__(self, db: Database, *, embed: Embed | None, clock: Clock) -> None:
        self.db = db
        self.embed = embed
        self.clock = clock

    def store(
        self, tx: Connection, people: Sequence[Person], items: Sequence[Item], *, subjects: Subjects | None = None
    ) -> Stored:
        """Store what a reader read, in the caller's transaction; `subjects` is kept over the batches of a delivery."""
        return store(tx, people, items, clock=self.clock, subjects={} if subjects is None else subjects)

    def delete(self, tx: Connection, deletions: Sequence[Deletion]) -> Stored:
        """Let what the source deleted say nothing from now on, in the caller's transaction."""
        return delete(tx, deletions, clock=self.clock)

    def facts(self, tx: Connection, scope: PatientScope) -> PatientFacts:
        """Everything typed of this patient, now."""
        return read_facts(tx, scope)

    def facts_as_of(self, tx: Connection, scope: PatientScope, moment: datetime) -> PatientFacts:
        """Everything typed of this patient as it was stored at that moment."""
        return read_facts(tx, scope, as_of=moment)

    def notes(self, tx: Connection, scope: PatientScope) -> tuple[Passage, ...]:
        """Every passage of this patient's current notes."""
        return read_notes(tx, scope)

    def written(self, tx: Connection, scope: PatientScope) -> tuple[Written, ...]:
        """This patient's current notes, whole, newest first."""
        return read_written(tx, scope)

    def search(self, question: str, scope: PatientScope, *, limit: int = 4) -> Evidence:
        """Passages of exactly this patient's notes, best first."""
        embedder = self.embed() if self.embed else None
        with self.db.reading() as tx:
            return search_record(tx, question, scope, limit=limit, embedder=embedder)

    def embed_missing(self, progress: Callable[[int], None] | None = None) -> int:
        """Make the vectors that notes still lack, a batch at a time with no transaction open; how many were made."""
        if self.embed is None:
            return 0
        made, last = 0, ""
        embedder = self.embed()
        while True:
            with self.db.reading() as tx:
                texts, last = missing_vectors(tx, embedder.digest, after=last)
            if not texts:
                return made
            vectors = embedder.embed_passages([text for _, _, text in texts])
            with self.db.transaction() as tx:
                keep_vectors(tx, embedder.digest, texts, vectors)
            made += len(texts)
            if progress:
                progress(len(texts))

    def listed(self, tx: Connection, actor: Actor) -> tuple[Listed, ...]:
        """The patients this actor may open, by name."""
        return list_patients(tx, frozenset(patients_of(tx, actor, clock=self.clock)))

    def find(self, tx: Connection, value: str, *, system: str | None = None) -> str | None:
        """The patient with this id, or with this identifier value when exactly one has it."""
        if system is None and tx.scalar(select(patients.c.id).where(patients.c.id == value)):
            return value
        query = select(identifiers.c.patient).where(identifiers.c.value == value).distinct().limit(2)
        if system is not None:
            query = query.where(identifiers.c.system == system)
        found = tx.scalars(query).all()
        return found[0] if len(found) == 1 else None

    def identity(self, tx: Connection, patient_id: str) -> tuple[str, ...]:
        """What names this patient, so that it can be taken out of what leaves the house."""
        return identity_of(tx, patient_id)

    def erase(self, patient_id: str, *, by: Actor, log: AuditLog) -> Erased:
        """Remove facts, notes, vectors and identity; the log's entries stay, and still verify."""
        return erase_patient(self.db, patient_id, by=by, log=log)
