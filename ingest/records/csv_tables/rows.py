"""CSV files as people, facts and notes, row by row."""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from cds.patient import Allergy, Code, Condition, Immunization, Medication, Observation, Procedure, Source
from ingest.records.codes import none_known, system_name
from ingest.records.csv_tables.mapping import ColumnMapping, load_mapping
from ingest.records.dates import precision, read_date, read_moment
from ingest.records.files import BadFile, read_lines
from ingest.records.notes import make_note
from ingest.records.texts import decoded
from knowledge.records.incoming import Fact, Identifier, Item, NoneKnown, Person, Read, Refusal

# A field of a note may be long; the library's own limit is 128 KB.
_LONGEST_FIELD = 16_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row by what its columns mean."""

    values: Mapping[str, str]
    kind: str
    source: Source
    systems: Mapping[str, str]

    def __getitem__(self, meaning: str) -> str:
        return self.values.get(meaning, "")

    @property
    def codes(self) -> tuple[Code, ...]:
        system = system_name(self["system"] or self.systems.get(self.kind, ""))
        return (Code(system, self["code"], self["text"] or None),) if self["code"] and system else ()

    @property
    def said(self) -> str:
        return self["text"] or self["code"]


def read_tables(files: Sequence[tuple[Path, str]], *, source: str, mapping: Path | None) -> Iterator[Read]:
    """Everything in the CSV files of one delivery, people first."""
    columns = load_mapping(mapping)
    ordered = sorted(files, key=lambda file: columns.kind_of(file[1]) != "patients")
    system = f"{columns.patients}:{source}" if source else columns.patients
    named: set[str] = set()
    for path, name in ordered:
        yield from _table(path, name, columns, system, named)


def _table(path: Path, name: str, columns: ColumnMapping, system: str, named: set[str]) -> Iterator[Read]:
    try:
        lines = _rows(path)
        header = next(lines, (0, []))[1]
        meanings = columns.meanings(header)
        kind = columns.kind_of(name)
        if kind is None and "kind" not in meanings.values():
            yield Refusal("unknown_table", "The mapping does not say what this file holds ([files]).", path=name)
            return
        # The number of a patient stands in `id` where the file is the list of patients.
        number = "id" if kind == "patients" and "patient" not in meanings.values() else "patient"
        if number not in meanings.values():
            yield Refusal("no_patient", "No column names the patient ([columns] patient).", path=name)
            return
        for line, cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) < len(header):
                yield Refusal("short_row", "The row has fewer fields than the header.", path=name, line=line)
                continue
            values = {meaning: cells[position].strip() for position, meaning in meanings.items()}
            yield from _read_row(values, kind or values["kind"].lower(), name, line, columns, system, number, named)
    except BadFile as error:
        yield Refusal(error.code, error.message, path=name)
    except csv.Error as error:
        yield Refusal("bad_csv", f"The file is no CSV from here on: {error}.", path=name)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they end in, whatever separates the fields."""
    csv.field_size_limit(_LONGEST_FIELD)
    lines = (decoded(line) for _, line in read_lines(path))
    first = next(lines, "")
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(_chained(first, lines), delimiter=separator, strict=True)
    for cells in reader:
        yield reader.line_num, cells


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first.lstrip("\ufeff")
    yield from rest


def _read_row(
    values: dict[str, str],
    kind: str,
    file: str,
    line: int,
    columns: ColumnMapping,
    system: str,
    number: str,
    named: set[str],
) -> Iterator[Read]:
    patient = values.get(number, "")
    if not patient:
        yield Refusal("no_patient", "The row names no patient.", path=file, line=line)
        return
    subject = Identifier(system, patient)
    source = Source(f"{kind}/{line}", None, None, file)
    if kind == "patients":
        named.add(patient)
        yield _person(values, subject, source)
        return
    read = READERS.get(kind)
    if read is None and kind != "notes":
        yield Refusal("unknown_type", f"A row is of an unknown kind; it may be {', '.join(READERS)}.", file, line)
        return
    if patient not in named:  # a delivery without a list of patients: the number is all that is known
        named.add(patient)
        yield Person(key=f"csv number/{system}/{patient}", identifiers=(), record=subject, source=source)
    row = Row(values, kind, source, columns.systems)
    item = Item(key=_key(row, kind), type=_TYPES[kind], subject=subject, source=source)
    if kind == "notes":
        note = make_note(
            row["note"] or row["text"],
            title=(row["text"] if row["note"] else "") or "Note",
            written=read_date(row["start"]),
            author=row["author"] or None,
        )
        yield replace(item, note=note, not_fact=None if note else "empty")
        return
    stated = _withdrawn(row) or (READERS[kind](row) if row.said else "without-code")
    if isinstance(stated, str):
        yield replace(item, not_fact=stated)
    else:
        yield replace(item, facts=(stated,))


def _withdrawn(row: Row) -> str | None:
    status = row["status"].lower().replace(" ", "-")
    return status if status in ("entered-in-error", "refuted", "not-done") else None


def _key(row: Row, kind: str) -> str:
    """The row's own id; else what it says, so that the same row is the same."""
    if own := row["id"]:
        return f"csv {kind}/{own}"
    said = "\0".join(f"{meaning}={value}" for meaning, value in sorted(row.values.items()))
    return f"csv {kind}/{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def _person(values: Mapping[str, str], subject: Identifier, source: Source) -> Person:
    name = values.get("name") or " ".join(part for part in (values.get("first"), values.get("last")) if part)
    born = values.get("birth_date")
    sex = _SEXES.get((values.get("sex") or "").lower(), "unknown")
    return Person(
        key=f"csv/{subject.system}/{subject.value}",
        identifiers=(),
        record=subject,
        source=source,
        name=name or None,
        birth_date=read_date(born),
        birth_precision=precision(born),
        sex=sex,
        language=values.get("language") or None,
        deceased=True if values.get("death_date") else None,
    )


_SEXES: dict[str, Literal["female", "male", "other", "unknown"]] = {
    "f": "female",
    "female": "female",
    "m": "male",
    "male": "male",
    "o": "other",
    "other": "other",
}


def _condition(row: Row) -> Fact | NoneKnown:
    if none_known((row["code"],), row.said) == "conditions":
        return NoneKnown("conditions", row.said, row.source)
    ended = read_date(row["end"])
    status = _CONDITION.get(row["status"].lower(), "resolved" if ended else "active" if _is_open(row) else "unknown")
    onset = read_date(row["start"])
    return Condition("", row.said, row.codes, status, row.source, onset=onset, ended=ended)


_CONDITION: dict[str, Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved", "unknown"]] = {
    "active": "active",
    "recurrence": "recurrence",
    "relapse": "relapse",
    "inactive": "inactive",
    "remission": "remission",
    "resolved": "resolved",
}


def _is_open(row: Row) -> bool:
    """A table with a column for the end, empty in this row, says that it has not ended."""
    return "end" in row.values and not row["end"]


def _medication(row: Row) -> Fact | NoneKnown:
    if none_known((row["code"],), row.said) == "medications":
        return NoneKnown("medications", row.said, row.source)
    ended = read_date(row["end"])
    status = _MEDICATION.get(row["status"].lower(), "completed" if ended else "active" if _is_open(row) else "unknown")
    return Medication(
        id="",
        text=row.said,
        codes=row.codes,
        status=status,
        source=row.source,
        dose=row["dose"] or None,
        route=row["route"] or None,
        frequency=row["frequency"] or None,
        started=read_date(row["start"]),
        ended=ended,
    )


_MEDICATION: dict[str, Literal["active", "on-hold", "stopped", "completed", "unknown"]] = {
    "active": "active",
    "on-hold": "on-hold",
    "on hold": "on-hold",
    "stopped": "stopped",
    "cancelled": "stopped",
    "completed": "completed",
}


def _allergy(row: Row) -> Fact | NoneKnown:
    if none_known((row["code"],), row.said) == "allergies":
        return NoneKnown("allergies", row.said, row.source)
    status = _ALLERGY.get(row["status"].lower(), "resolved" if row["end"] else "active" if _is_open(row) else "unknown")
    criticality = _CRITICALITY.get(row["criticality"].lower() or row["severity"].lower(), "unknown")
    reactions = tuple(part.strip() for part in row["reaction"].replace("|", ";").split(";") if part.strip())
    return Allergy("", row.said, row.codes, status, row.source, criticality=criticality, reactions=reactions)


_ALLERGY: dict[str, Literal["active", "inactive", "resolved", "unknown"]] = {
    "active": "active",
    "inactive": "inactive",
    "resolved": "resolved",
}
_CRITICALITY: dict[str, Literal["low", "high", "unable-to-assess", "unknown"]] = {
    "low": "low",
    "mild": "low",
    "high": "high",
    "severe": "high",
}


def _observation(row: Row) -> Fact | NoneKnown:
    said, compared = row["value"], None
    for comparator in ("<=", ">=", "<", ">"):
        if said.startswith(comparator):
            compared, said = comparator, said.removeprefix(comparator).strip()
            break
    try:
        value = float(said) if said else None
    except ValueError:
        value = None
    return Observation(
        id="",
        text=row.said,
        codes=row.codes,
        source=row.source,
        value=value,
        unit=(row["unit"] or None) if value is not None else None,
        comparator=_COMPARATORS.get(compared or "") if value is not None else None,
        answer=None if value is not None or not said else row["value"],
        absent=None if said else "no value given",
        taken=read_moment(row["start"]),
        category=row["category"] or None,
    )


_COMPARATORS: dict[str, Literal["<", "<=", ">=", ">"]] = {"<": "<", "<=": "<=", ">=": ">=", ">": ">"}


def _procedure(row: Row) -> Fact | NoneKnown:
    status = row["status"].lower() or "completed"
    return Procedure("", row.said, row.codes, status, row.source, performed=read_date(row["start"]))


def _immunization(row: Row) -> Fact | NoneKnown:
    status = row["status"].lower() or "completed"
    return Immunization("", row.said, row.codes, status, row.source, given=read_date(row["start"]))


# Adding a kind is one function and one line, and its name in columns.toml.
READERS: dict[str, Callable[[Row], Fact | NoneKnown]] = {
    "conditions": _condition,
    "medications": _medication,
    "allergies": _allergy,
    "observations": _observation,
    "procedures": _procedure,
    "immunizations": _immunization,
}
_TYPES = {
    "conditions": "Condition",
    "medications": "MedicationStatement",
    "allergies": "AllergyIntolerance",
    "observations": "Observation",
    "procedures": "Procedure",
    "immunizations": "Immunization",
    "notes": "DocumentReference",
}
