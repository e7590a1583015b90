"""What names one patient: so that it can be taken out of what leaves the house."""

from datetime import date

from sqlalchemy import Connection, select

from knowledge.records.tables import identifiers, resources


def identity_of(tx: Connection, patient: str) -> tuple[str, ...]:
    """Their names in every version of the record, whole and word by word, their numbers, and their birth date."""
    found: dict[str, None] = {patient: None}
    found |= dict.fromkeys(tx.scalars(select(identifiers.c.value).where(identifiers.c.patient == patient)))
    people = select(resources.c.body).where(resources.c.patient == patient, resources.c.type == "Patient")
    for body in tx.scalars(people):
        person = body["person"]
        if name := person.get("name"):
            found |= dict.fromkeys([name, *name.replace(",", " ").replace("-", " ").split()])
        if born := person.get("birth_date"):
            found |= dict.fromkeys(_as_written(date.fromisoformat(born)))
    return tuple(found)


def _as_written(day: date) -> list[str]:
    return [day.isoformat(), str(day.year), f"{day:%d.%m.%Y}", f"{day:%d/%m/%Y}", f"{day:%m/%d/%Y}", f"{day:%d%m%Y}"]
