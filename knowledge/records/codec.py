"""Facts as the database keeps them, and back."""

import hashlib
from dataclasses import fields
from datetime import date, datetime
from typing import Any

import orjson

from cds.patient import Allergy, Code, Condition, Immunization, Medication, Observation, Procedure, Source
from knowledge.records.incoming import Fact, Item, NewNote, NoneKnown, Person

_KINDS: dict[str, type[Any]] = {
    "condition": Condition,
    "medication": Medication,
    "allergy": Allergy,
    "observation": Observation,
    "procedure": Procedure,
    "immunization": Immunization,
    "none_known": NoneKnown,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_DATES = frozenset({"onset", "ended", "started", "performed", "given"})
_MOMENTS = frozenset({"taken"})
_CODES = frozenset({"codes", "answer_codes"})
_LISTS = frozenset({"reactions"})
# Not part of what was said: the id is made from the key, the source is the row's own.
_OUTSIDE = frozenset({"id", "source"})
_PERSON = ("name", "birth_date", "birth_precision", "sex", "language", "deceased")


def encode(fact: Fact | NoneKnown) -> dict[str, Any]:
    """One fact as JSON has it, without what is unknown."""
    body: dict[str, Any] = {"is": _NAMES[type(fact)]}
    for field in fields(fact):
        value = getattr(fact, field.name)
        if field.name in _OUTSIDE or value is None or value == ():
            continue
        if field.name in _CODES:
            body[field.name] = [[code.system, code.code, code.display] for code in value]
        elif field.name in _DATES or field.name in _MOMENTS:
            body[field.name] = value.isoformat()
        else:
            body[field.name] = value
    return body


def decode(body: dict[str, Any], *, patient: str, key: str, number: int, source: Source) -> Fact | NoneKnown:
    """The fact as it was, with its id and its source."""
    kind = _KINDS[body["is"]]
    values: dict[str, Any] = {"source": source}
    if kind is not NoneKnown:
        values["id"] = fact_id(patient, key, number)
    for name, value in body.items():
        if name == "is":
            continue
        if name in _CODES:
            value = tuple(Code(*code) for code in value)
        elif name in _DATES:
            value = date.fromisoformat(value)
        elif name in _MOMENTS:
            value = datetime.fromisoformat(value)
        elif name in _LISTS:
            value = tuple(value)
        values[name] = value
    if kind not in (NoneKnown,):
        values.setdefault("codes", ())
    fact: Fact | NoneKnown = kind(**values)
    return fact


def fact_id(patient: str, key: str, number: int) -> str:
    """The same fact of the same resource keeps its id, whichever version is current."""
    return hashlib.sha256(f"{patient}\0{key}\0{number}".encode()).hexdigest()[:20]


def encode_item(item: Item) -> dict[str, Any]:
    """What a resource says, as it is stored."""
    body: dict[str, Any] = {"facts": [encode(fact) for fact in item.facts]}
    if item.not_fact:
        body["not_fact"] = item.not_fact
    return body


def encode_person(person: Person) -> dict[str, Any]:
    """Demographics as they are stored."""
    values = {name: getattr(person, name) for name in _PERSON}
    if person.birth_date is not None:
        values["birth_date"] = person.birth_date.isoformat()
    return {"person": {name: value for name, value in values.items() if value is not None}}


def digest_of(body: dict[str, Any], *, rank: str, note: NewNote | None = None) -> str:
    """What a resource says and which version it is, as one number; where it was read from is no part of it."""
    said = [body, rank, [note.title, note.author, str(note.written), note.text] if note else None]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
