"""A patient's record as code reasons about it: the current version of everything, or that of a past moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from cds.evidence import DocumentRef, Passage, Sentence
from cds.patient import (
    Allergy,
    Condition,
    Immunization,
    Known,
    Medication,
    Observation,
    PatientFacts,
    PatientScope,
    Procedure,
    Source,
)
from cds.tables_access import patients
from knowledge.records.codec import decode
from knowledge.records.incoming import NoneKnown
from knowledge.records.tables import notes, passages, resources

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def read_facts(tx: Connection, scope: PatientScope, *, as_of: datetime | None = None) -> PatientFacts:
    """Everything typed of this patient; `as_of`: as it was stored at that moment."""
    rows = _versions(tx, scope, as_of=as_of)
    facts: dict[type[Any], list[Any]] = {}
    for row in rows:
        for number, body in enumerate(row.body.get("facts", ())):
            fact = decode(body, patient=scope.patient, key=row.key, number=number, source=_source(row))
            facts.setdefault(type(fact), []).append(fact)
    none = {nil.of: nil.source for nil in sorted(facts.get(NoneKnown, ()), key=_nil_order)}
    person = _person(rows)
    born = person.get("birth_date")
    conditions = _newest_first(facts.get(Condition, ()), "onset")
    medications = _newest_first(facts.get(Medication, ()), "started")
    allergies = tuple(sorted(facts.get(Allergy, ()), key=lambda a: (a.text.lower(), a.id)))
    return PatientFacts(
        patient=scope.patient,
        name=person.get("name"),
        birth_date=date.fromisoformat(born) if born else None,
        sex=person.get("sex", "unknown"),
        language=person.get("language"),
        conditions=conditions,
        medications=medications,
        allergies=allergies,
        observations=_newest_first(facts.get(Observation, ()), "taken"),
        procedures=_newest_first(facts.get(Procedure, ()), "performed"),
        immunizations=_newest_first(facts.get(Immunization, ()), "given"),
        conditions_known=_known(conditions, none.get("conditions")),
        medications_known=_known(medications, none.get("medications")),
        allergies_known=_known(allergies, none.get("allergies")),
        no_allergy_source=none.get("allergies"),
        no_conditions_source=none.get("conditions"),
        no_medications_source=none.get("medications"),
        deceased=person.get("deceased"),
        extracted=_extracted(tx, scope, rows, as_of=as_of),
        birth_precision=person.get("birth_precision", "day"),
    )


def read_notes(tx: Connection, scope: PatientScope) -> tuple[Passage, ...]:
    """Every passage of this patient's current notes, newest note first."""
    rows = tx.execute(_passage_query(scope).order_by(notes.c.written.desc(), notes.c.resource, passages.c.start))
    return tuple(as_passage(row) for row in rows)


@dataclass(frozen=True, slots=True)
class Written:
    """One current note of a patient, whole."""

    key: str
    type: str
    title: str
    author: str | None
    written: date | None
    text: str
    file: str | None


def read_written(tx: Connection, scope: PatientScope) -> tuple[Written, ...]:
    """This patient's current notes, newest first."""
    n, r = notes.c, resources.c
    rows = tx.execute(
        select(r.key, r.type, n.title, n.author, n.written, n.text, r.file)
        .join_from(notes, resources, n.resource == r.id)
        .where(n.patient == scope.patient, r.patient == scope.patient, r.current)
        .order_by(n.written.is_(None), n.written.desc(), r.key)
    )
    return tuple(Written(*row) for row in rows)


def passages_by_id(tx: Connection, scope: PatientScope, ids: Sequence[str]) -> dict[str, Passage]:
    """These passages, read afresh, as far as they are this patient's and current."""
    rows = tx.execute(_passage_query(scope).where(passages.c.id.in_(list(ids))))
    return {row.id: as_passage(row) for row in rows}


def as_passage(row: Row[Any]) -> Passage:
    """A passage of a note from its row."""
    text = row.text[row.start : row.end]
    sentences = tuple(
        Sentence(number=number, start=start, end=end, text=text[start:end])
        for number, (start, end, _) in enumerate(row.sentences, 1)
    )
    return Passage(
        id=row.id,
        kind="record",
        text=text,
        sentences=sentences,
        document=DocumentRef(
            id=row.key,
            edition=row.digest[:24],
            title=row.title,
            publisher=row.author,
            version=row.version,
            published=row.written,
        ),
        section=tuple(row.section),
        page=row.page,
        start=row.start,
        end=row.end,
        negated=frozenset(number for number, (_, _, denied) in enumerate(row.sentences, 1) if denied),
    )


def _passage_query(scope: PatientScope) -> Any:
    p, n, r = passages.c, notes.c, resources.c
    return (
        select(
            p.id, p.start, p.end, p.section, p.page, p.sentences, n.text, n.title, n.author, n.written,
            r.key, r.digest, r.version,
        )
        .join_from(passages, resources, p.resource == r.id)
        .join(notes, n.resource == r.id)
        .where(p.patient == scope.patient, r.patient == scope.patient, r.current)
    )  # fmt: skip


def _versions(tx: Connection, scope: PatientScope, *, as_of: datetime | None) -> list[Any]:
    r = resources.c
    query = select(r.id, r.key, r.type, r.resource, r.rank, r.version, r.recorded, r.file, r.body).where(
        r.patient == scope.patient
    )
    if as_of is None:
        return list(tx.execute(query.where(r.current).order_by(r.key)))
    newest: dict[str, Any] = {}
    for row in tx.execute(query.where(r.stored_at <= as_of).order_by(r.key, r.rank, r.id)):
        newest[row.key] = row
    return list(newest.values())


def _source(row: Row[Any]) -> Source:
    return Source(resource=row.resource, version=row.version, recorded=row.recorded, file=row.file)


def _person(rows: Iterable[Row[Any]]) -> dict[str, Any]:
    """The newest demographics; where several systems speak of one person, what one leaves out another may say."""
    merged: dict[str, Any] = {}
    for row in sorted((row for row in rows if row.type == "Patient"), key=lambda row: (row.rank, row.key)):
        merged.update({k: v for k, v in row.body["person"].items() if not (k == "sex" and v == "unknown" and merged)})
    return merged


def _nil_order(nil: NoneKnown) -> tuple[datetime, str]:
    return (nil.source.recorded or _LONG_AGO, nil.source.resource)


def _known(listed: Sequence[Any], none: Source | None) -> Known:
    return "listed" if listed else "none" if none else "unknown"


def _newest_first(facts: Iterable[Any], when: str) -> tuple[Any, ...]:
    """Newest first, undated last; the same order however the facts arrived."""
    ordered = sorted(facts, key=lambda fact: (fact.text.lower(), fact.id))
    dated = [fact for fact in ordered if getattr(fact, when) is not None]
    dated.sort(key=lambda fact: getattr(fact, when), reverse=True)
    return (*dated, *(fact for fact in ordered if getattr(fact, when) is None))


def _extracted(
    tx: Connection, scope: PatientScope, rows: Iterable[Row[Any]], *, as_of: datetime | None
) -> datetime | None:
    """What the newest extract says of itself; else the newest time anything in it was recorded."""
    said: datetime | None = tx.scalar(select(patients.c.extracted_at).where(patients.c.id == scope.patient))
    if said is not None and as_of is None:
        return said
    return max((row.recorded for row in rows if row.recorded is not None), default=None)
