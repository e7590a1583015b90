"""Which patient a record belongs to: by identifier system and value, never by name."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select, update

from cds.clock import Clock
from cds.ids import new_id
from cds.tables_access import patients
from knowledge.records.incoming import Identifier, Person, Refusal
from knowledge.records.tables import identifiers, resources

# SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
_AT_ONCE = 500


def owners(tx: Connection, wanted: Iterable[Identifier]) -> dict[tuple[str, str], str]:
    """The patient each of these identifiers belongs to, where one does."""
    by_system: dict[str, set[str]] = {}
    for identifier in wanted:
        by_system.setdefault(identifier.system, set()).add(identifier.value)
    found: dict[tuple[str, str], str] = {}
    for system, values in by_system.items():
        ordered = sorted(values)
        for start in range(0, len(ordered), _AT_ONCE):
            rows = tx.execute(
                select(identifiers.c.value, identifiers.c.patient).where(
                    identifiers.c.system == system, identifiers.c.value.in_(ordered[start : start + _AT_ONCE])
                )
            )
            found.update({(system, value): patient for value, patient in rows})
    return found


def link(tx: Connection, person: Person, *, clock: Clock) -> tuple[str | None, list[Refusal]]:
    """The patient this record belongs to, made when there is none; `patient_clash` when it cannot be told."""
    kept = [i for i in (person.record, *person.identifiers) if i is not None and i.strength != "weak"]
    held = owners(tx, kept)
    record = held.get((person.record.system, person.record.value)) if person.record else None
    own = {held[i.system, i.value] for i in person.identifiers if i.strength == "own" and (i.system, i.value) in held}
    if len(own | ({record} if record else set())) > 1:
        return None, [_clash(person, "its identifiers belong to two different patients already stored")]
    patient = record or next(iter(own), None)
    if patient is not None and (why := _contradiction(tx, patient, person, same_record=bool(record), shared=bool(own))):
        return None, [_clash(person, why)]
    refusals: list[Refusal] = []
    for national in [i for i in kept if i.strength == "shared"]:
        other = held.get((national.system, national.value))
        if other is None or other == patient:
            continue
        known = _demographics(tx, other)
        if patient is None and _agrees(known, person):
            patient = other
            continue
        kept.remove(national)
        why = _differs(known, person) or "record"
        refusals.append(_clash(person, f"it shares a national number with a patient with another {why}; kept apart"))
    if patient is None:
        patient = new_id()
        tx.execute(insert(patients).values(id=patient, created_at=clock.now()))
    fresh = sorted({(i.system, i.value) for i in kept} - held.keys())
    if fresh:
        tx.execute(insert(identifiers), [{"system": s, "value": v, "patient": patient} for s, v in fresh])
    return patient, refusals


def note_extract(tx: Connection, patient: str, person: Person) -> None:
    """Remember when the newest extract of this patient was made."""
    if person.extracted is None:
        return
    newer = patients.c.extracted_at.is_(None) | (patients.c.extracted_at < person.extracted)
    tx.execute(update(patients).where(patients.c.id == patient, newer).values(extracted_at=person.extracted))


def _contradiction(tx: Connection, patient: str, person: Person, *, same_record: bool, shared: bool) -> str | None:
    """Why this cannot be that patient, or None."""
    if person.correction or (same_record and (shared or not _has_other_own(tx, patient, person))):
        return None  # the same record of the same system: another birth date is a correction
    known = _demographics(tx, patient)
    if why := _differs(known, person):
        return f"an identifier of it belongs to a patient with another {why}"
    if same_record and not _agrees(known, person):
        return "the same record id names a patient with other identifiers; give each system its own --source"
    return None


def _has_other_own(tx: Connection, patient: str, person: Person) -> bool:
    """Whether that patient has numbers in the systems this record has numbers in, and they are others."""
    systems = {i.system for i in person.identifiers if i.strength == "own"}
    if not systems:
        return False
    theirs = select(identifiers.c.system).where(identifiers.c.patient == patient, identifiers.c.system.in_(systems))
    return tx.execute(theirs.limit(1)).first() is not None


def _demographics(tx: Connection, patient: str) -> list[dict[str, str]]:
    rows = tx.scalars(
        select(resources.c.body).where(
            resources.c.patient == patient, resources.c.type == "Patient", resources.c.current
        )
    )
    return [body["person"] for body in rows]


def _differs(known: list[dict[str, str]], person: Person) -> str | None:
    for other in known:
        day = other.get("birth_date")
        if day and person.birth_date:
            shortest = min((other.get("birth_precision", "day"), person.birth_precision), key=_PRECISION.get)  # type: ignore[arg-type]
            cut = _PRECISION[shortest]
            if day[:cut] != person.birth_date.isoformat()[:cut]:
                return "birth date"
        sexes = {other.get("sex", "unknown"), person.sex} - {"unknown", "other"}
        if len(sexes) > 1:
            return "sex"
    return None


def _agrees(known: list[dict[str, str]], person: Person) -> bool:
    """Whether nothing differs and the birth date is known on both sides."""
    dated = person.birth_date is not None and any("birth_date" in other for other in known)
    return dated and _differs(known, person) is None


# How many characters of an ISO date are known.
_PRECISION = {"year": 4, "month": 7, "day": 10}


def _clash(person: Person, why: str) -> Refusal:
    return Refusal(
        code="patient_clash",
        reason=f"This record is not linked: {why}.",
        path=person.source.file or "",
        resource=person.key,
    )
