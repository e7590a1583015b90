"""Who is stored: one line a patient, for those who may open the record."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from cds.tables_access import patients
from knowledge.records.tables import notes, resources


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of patients."""

    id: str
    name: str | None
    birth_date: date | None
    sex: str
    facts: int
    notes: int
    extracted: datetime | None
    held: bool


def list_patients(tx: Connection, mine: Set[str]) -> tuple[Listed, ...]:
    """These patients, by name."""
    r = resources.c
    people: dict[str, dict[str, str]] = {}
    for patient, body in tx.execute(
        select(r.patient, r.body).where(r.current, r.type == "Patient").order_by(r.rank, r.key)
    ):
        if patient in mine:
            people.setdefault(patient, {}).update(body["person"])
    of_facts = select(r.patient, func.sum(r.facts)).where(r.current).group_by(r.patient)
    facts: dict[str, int] = {row[0]: row[1] for row in tx.execute(of_facts)}
    of_notes = (
        select(notes.c.patient, func.count())
        .join(resources, r.id == notes.c.resource)
        .where(r.current)
        .group_by(notes.c.patient)
    )
    noted: dict[str, int] = {row[0]: row[1] for row in tx.execute(of_notes)}
    of_times = select(r.patient, func.max(r.recorded)).where(r.current).group_by(r.patient)
    latest: dict[str, datetime | None] = {row[0]: row[1] for row in tx.execute(of_times)}
    rows = []
    for row in tx.execute(select(patients)):
        if row.id not in mine:
            continue
        person = people.get(row.id, {})
        born = person.get("birth_date")
        rows.append(
            Listed(
                id=row.id,
                name=person.get("name"),
                birth_date=date.fromisoformat(born) if born else None,
                sex=person.get("sex", "unknown"),
                facts=facts.get(row.id) or 0,
                notes=noted.get(row.id, 0),
                extracted=row.extracted_at or latest.get(row.id),
                held=row.hold is not None,
            )
        )
    return tuple(sorted(rows, key=lambda row: ((row.name or "").lower(), row.id)))
