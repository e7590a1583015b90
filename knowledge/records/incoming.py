"""What a reader of records hands over: people, and resources with their facts and notes, each with its source."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from cds.evidence import Sentence
from cds.patient import Allergy, Condition, Immunization, Medication, Observation, Procedure, Source

Fact = Condition | Medication | Allergy | Observation | Procedure | Immunization


@dataclass(frozen=True, slots=True)
class NoneKnown:
    """The chart says there are none: a fact of its own, unlike an empty list."""

    of: Literal["conditions", "medications", "allergies"]
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number somebody gave a person, in the system that gave it."""

    system: str
    value: str
    strength: Literal["own", "shared", "weak"] = "own"
    # own: the record number of a system. shared: a national number, known to be mistyped and shared. weak: never links.


def alias_of(place: str) -> Identifier:
    """A name for the person of one message or document, for as long as it is being read."""
    return Identifier("delivery", place)


NOBODY = Identifier("", "")  # the subject where a resource does not name it


@dataclass(frozen=True, slots=True)
class NewPassage:
    start: int
    end: int
    section: tuple[str, ...]
    sentences: tuple[Sentence, ...]  # offsets within the passage
    negated: frozenset[int] = frozenset()
    page: int | None = None


@dataclass(frozen=True, slots=True)
class NewNote:
    title: str
    text: str
    passages: tuple[NewPassage, ...]
    author: str | None = None
    written: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One record of a person in one system."""

    key: str  # e.g. "Patient/41", within its source
    identifiers: tuple[Identifier, ...]
    source: Source
    record: Identifier | None = None  # the number of the record itself in its system, e.g. FHIR's Patient.id
    alias: Identifier | None = None  # what the items of this delivery call the person; None: by `record`
    correction: bool = False  # the sender says that it corrects what it said of this person before
    rank: str = ""
    name: str | None = None
    birth_date: date | None = None
    birth_precision: Literal["day", "month", "year"] = "day"
    sex: Literal["female", "male", "other", "unknown"] = "unknown"
    language: str | None = None
    deceased: bool | None = None
    extracted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One resource of one patient. Without facts and note it takes back what an older version said."""

    key: str
    type: str  # in FHIR's words, whatever the format
    subject: Identifier
    source: Source
    rank: str = ""
    facts: tuple[Fact | NoneKnown, ...] = ()
    note: NewNote | None = None
    not_fact: str | None = None  # why it is none: "entered-in-error", "refuted", …
    dated: date | None = None  # when it happened or was written


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was not taken, where it stands, and why."""

    code: str
    reason: str
    path: str = ""
    line: int | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A kind of resource that holds no fact we keep; counted, no error."""

    type: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """The source says that it deleted a resource, whoever's it was."""

    key: str
    source: Source


Read = Person | Item | Deletion | Refusal | Unread
