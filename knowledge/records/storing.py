"""Putting what was read under its patient: each version once, the newest current."""

import hashlib
from collections import ChainMap, Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cds.clock import Clock
from knowledge.records.codec import digest_of, encode_item, encode_person
from knowledge.records.incoming import NOBODY, Deletion, Item, NewNote, Person, Refusal
from knowledge.records.linking import link, note_extract, owners
from knowledge.records.tables import notes, passages, resources
from knowledge.records.words import packed, stems

# SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
_AT_ONCE = 500


# What the people of one delivery are called in it, and who they are; None: the record was refused.
Subjects = dict[tuple[str, str], str | None]


@dataclass(slots=True)
class Stored:
    """What one batch changed."""

    patients: set[str] = field(default_factory=set)  # whose record changed
    seen: set[str] = field(default_factory=set)
    facts: int = 0
    notes: int = 0
    unchanged: int = 0  # facts and notes that were here already
    by_type: Counter[str] = field(default_factory=Counter)
    not_facts: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)

    def add(self, other: "Stored") -> None:
        """Count another batch in."""
        self.patients |= other.patients
        self.seen |= other.seen
        self.facts += other.facts
        self.notes += other.notes
        self.unchanged += other.unchanged
        self.by_type += other.by_type
        self.not_facts += other.not_facts
        self.refused += other.refused


@dataclass(frozen=True, slots=True)
class _Version:
    patient: str
    key: str
    type: str
    rank: str
    digest: str
    body: dict[str, Any]
    read: Item | Person


def store(
    tx: Connection, people: Sequence[Person], items: Sequence[Item], *, clock: Clock, subjects: Subjects
) -> Stored:
    """Store one batch under its patients; an item whose patient is not known is refused."""
    done = Stored()
    if tx.dialect.name == "postgresql":
        # Two loads of one new person must find each other; on SQLite one writer waits for the other anyway.
        tx.exec_driver_sql("SELECT pg_advisory_xact_lock(7203849)")
    for person in people:
        patient, refusals = link(tx, person, clock=clock)
        done.refused += refusals
        name = person.alias or person.record
        if name is not None and (patient is None or person.alias is not None):
            subjects[name.system, name.value] = patient
        if patient is not None:
            note_extract(tx, patient, person)
            _keep(tx, [_person_version(patient, person)], done, clock=clock)
    unresolved = [item.subject for item in items if (item.subject.system, item.subject.value) not in subjects]
    known: Mapping[tuple[str, str], str | None] = ChainMap(subjects, {**owners(tx, unresolved)})
    versions: list[_Version] = []
    for item in items:
        named = (item.subject.system, item.subject.value)
        patient = known.get(named)
        if patient is None:
            done.refused.append(_without_patient(item, clashed=named in subjects))
        else:
            versions.append(_item_version(patient, item))
    _keep(tx, versions, done, clock=clock)
    return done


def delete(tx: Connection, deletions: Sequence[Deletion], *, clock: Clock) -> Stored:
    """Let what the source deleted say nothing from now on; the older versions stay."""
    done = Stored()
    r = resources.c
    versions: list[_Version] = []
    for deletion in deletions:
        query = select(r.patient, r.type, r.rank).where(r.key == deletion.key, r.current, r.type != "Patient")
        for row in tx.execute(query):
            item = Item(deletion.key, row.type, NOBODY, deletion.source, row.rank, not_fact="deleted")
            versions.append(_item_version(row.patient, item))
    _keep(tx, versions, done, clock=clock)
    return done


def _person_version(patient: str, person: Person) -> _Version:
    body = encode_person(person)
    return _Version(patient, person.key, "Patient", person.rank, digest_of(body, rank=person.rank), body, person)


def _item_version(patient: str, item: Item) -> _Version:
    body = encode_item(item)
    digest = digest_of(body, rank=item.rank, note=item.note)
    return _Version(patient, item.key, item.type, item.rank, digest, body, item)


def _keep(tx: Connection, versions: Sequence[_Version], done: Stored, *, clock: Clock) -> None:
    """Insert the versions that are new, and let the newest of each key be the current one."""
    held, newest = _held(tx, versions)
    fresh: dict[tuple[str, str, str], _Version] = {}
    outdated: list[int] = []
    current: dict[tuple[str, str], tuple[str, tuple[str, str, str] | int]] = dict(newest)
    for version in versions:
        identity = (version.patient, version.key, version.digest)
        done.seen.add(version.patient)
        if identity in held or identity in fresh:
            _count_unchanged(version, done)
            continue
        _count(version, done)
        done.patients.add(version.patient)
        fresh[identity] = version
        before = current.get(identity[:2])
        if before is None or version.rank >= before[0]:  # unversioned: what arrives later is newer
            if before is not None and isinstance(before[1], int):
                outdated.append(before[1])
            current[identity[:2]] = (version.rank, identity)
    for start in range(0, len(outdated), _AT_ONCE):
        tx.execute(
            update(resources).where(resources.c.id.in_(outdated[start : start + _AT_ONCE])).values(current=False)
        )
    winners = {identity for _, identity in current.values()}
    now = clock.now()
    rows = [
        {
            "patient": v.patient,
            "key": v.key,
            "type": v.type,
            "rank": v.rank,
            "digest": v.digest,
            "current": identity in winners,
            "resource": v.read.source.resource,
            "version": v.read.source.version,
            "recorded": v.read.source.recorded,
            "file": v.read.source.file,
            "stored_at": now,
            "facts": len(v.body.get("facts", ())),
            "body": v.body,
        }
        for identity, v in fresh.items()
    ]
    if rows:
        tx.execute(insert(resources), rows)
    _keep_notes(tx, fresh)


def _held(
    tx: Connection, versions: Iterable[_Version]
) -> tuple[set[tuple[str, str, str]], dict[tuple[str, str], tuple[str, int]]]:
    """The versions already stored of these keys, and the current one of each."""
    held: set[tuple[str, str, str]] = set()
    newest: dict[tuple[str, str], tuple[str, int]] = {}
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for version in versions:
        wanted[version.patient].add(version.key)
    keys = sorted({key for several in wanted.values() for key in several})
    for start in range(0, len(keys), _AT_ONCE):
        r = resources.c
        rows = tx.execute(
            select(r.id, r.patient, r.key, r.rank, r.digest, r.current).where(r.key.in_(keys[start : start + _AT_ONCE]))
        )
        for row in rows:
            if row.key in wanted.get(row.patient, ()):
                held.add((row.patient, row.key, row.digest))
                if row.current:
                    newest[row.patient, row.key] = (row.rank, row.id)
    return held, newest


def _keep_notes(tx: Connection, fresh: dict[tuple[str, str, str], _Version]) -> None:
    noted = {
        identity: v.read.note for identity, v in fresh.items() if isinstance(v.read, Item) and v.read.note is not None
    }
    if not noted:
        return
    keys = sorted({key for _, key, _ in noted})
    numbers: dict[tuple[str, str, str], int] = {}
    for start in range(0, len(keys), _AT_ONCE):
        r = resources.c
        rows = tx.execute(select(r.id, r.patient, r.key, r.digest).where(r.key.in_(keys[start : start + _AT_ONCE])))
        numbers.update({(row.patient, row.key, row.digest): row.id for row in rows})
    note_rows, passage_rows = [], []
    for identity, note in noted.items():
        patient, resource = identity[0], numbers[identity]
        note_rows.append(
            {
                "resource": resource,
                "patient": patient,
                "title": note.title,
                "author": note.author,
                "written": note.written,
                "text": note.text,
            }
        )
        passage_rows += _passage_rows(note, patient=patient, resource=resource, identity=identity)
    tx.execute(insert(notes), note_rows)
    if passage_rows:
        tx.execute(insert(passages), passage_rows)


def _passage_rows(
    note: NewNote, *, patient: str, resource: int, identity: tuple[str, str, str]
) -> list[dict[str, Any]]:
    rows = []
    for passage in note.passages:
        text = passage_input(passage.section, note.text[passage.start : passage.end])
        words = stems(f"{note.title}\n{text}")
        place = "\0".join((*identity, str(passage.start), str(passage.end)))
        rows.append(
            {
                "id": hashlib.sha256(place.encode()).hexdigest()[:24],
                "resource": resource,
                "patient": patient,
                "start": passage.start,
                "end": passage.end,
                "section": list(passage.section),
                "page": passage.page,
                "sentences": [[s.start, s.end, int(s.number in passage.negated)] for s in passage.sentences],
                "words": packed(words),
                "length": len(words),
                "text_hash": hashlib.sha256(text.encode()).hexdigest(),
            }
        )
    return rows


def passage_input(section: Sequence[str], text: str) -> str:
    """What is embedded; without the note's title, so that what is copied from note to note is embedded once."""
    return f"{' › '.join(section)}\n{text}" if section else text


def _count(version: _Version, done: Stored) -> None:
    if isinstance(version.read, Person):
        return
    done.facts += len(version.read.facts)
    if version.read.facts:
        done.by_type[version.type] += len(version.read.facts)
    if version.read.note is not None:
        done.notes += 1
        done.by_type[version.type] += 1
    if version.read.not_fact:
        done.not_facts[version.read.not_fact] += 1


def _count_unchanged(version: _Version, done: Stored) -> None:
    if isinstance(version.read, Item):
        done.unchanged += len(version.read.facts) + (version.read.note is not None)


def _without_patient(item: Item, *, clashed: bool) -> Refusal:
    why = "belongs to a record that was refused" if clashed else "names a patient who is not stored"
    return Refusal(
        code="patient_clash" if clashed else "no_patient",
        reason=f"It {why}.",
        path=item.source.file or "",
        resource=item.key,
    )
