"""A patient as code can reason about: typed facts, each with the resource it came from, and the scope to read them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
Known = Literal["listed", "none", "unknown"]  # unknown, none and zero are three things


@dataclass(frozen=True, slots=True)
class Code:
    """A code in its own system: `snomed`, `icd10`, `loinc`, `rxnorm`, `atc`, or the system's address."""

    system: str
    code: str
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read: the resource, its version and time, and the file that brought it."""

    resource: str  # e.g. "AllergyIntolerance/41", "CCDA allergies/2", "OBX-3"
    version: str | None = None
    recorded: datetime | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    id: str
    text: str
    codes: tuple[Code, ...]
    status: Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved", "unknown"]
    source: Source
    onset: date | None = None
    ended: date | None = None
    verification: str | None = None  # confirmed, provisional, differential, unconfirmed; None: not stated

    @property
    def active(self) -> bool:
        return self.status in ("active", "recurrence", "relapse")


@dataclass(frozen=True, slots=True)
class Medication:
    id: str
    text: str
    codes: tuple[Code, ...]
    status: Literal["active", "on-hold", "stopped", "completed", "unknown"]
    source: Source
    dose: str | None = None
    route: str | None = None
    frequency: str | None = None
    started: date | None = None
    ended: date | None = None

    @property
    def active(self) -> bool:
        return self.status == "active"


@dataclass(frozen=True, slots=True)
class Allergy:
    id: str
    text: str  # the substance
    codes: tuple[Code, ...]
    status: Literal["active", "inactive", "resolved", "unknown"]
    source: Source
    kind: Literal["allergy", "intolerance", "unknown"] = "unknown"
    criticality: Literal["low", "high", "unable-to-assess", "unknown"] = "unknown"
    reactions: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        return self.status in ("active", "unknown")  # an allergy of unknown status protects


@dataclass(frozen=True, slots=True)
class Observation:
    id: str
    text: str
    codes: tuple[Code, ...]
    source: Source
    value: float | None = None
    unit: str | None = None  # UCUM
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    answer: str | None = None  # a coded or textual result
    taken: datetime | None = None
    category: str | None = None  # laboratory, vital-signs, social-history, …
    answer_codes: tuple[Code, ...] = ()  # the coded result, e.g. LA15173-0 "Pregnant"
    absent: str | None = None  # why there is no value, where the source says so
    interpretation: str | None = None  # the laboratory's own flag: H, L, N, …
    low: float | None = None  # the laboratory's reference range, in `unit`
    high: float | None = None
    panel: str | None = None  # what a component was measured as part of


@dataclass(frozen=True, slots=True)
class Procedure:
    id: str
    text: str
    codes: tuple[Code, ...]
    status: str
    source: Source
    performed: date | None = None


@dataclass(frozen=True, slots=True)
class Immunization:
    id: str
    text: str
    codes: tuple[Code, ...]
    status: str
    source: Source
    given: date | None = None


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Everything typed that is known of one patient, as of the newest extract."""

    patient: str
    name: str | None
    birth_date: date | None
    sex: Literal["female", "male", "other", "unknown"]
    language: str | None
    conditions: tuple[Condition, ...] = ()
    medications: tuple[Medication, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    observations: tuple[Observation, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    immunizations: tuple[Immunization, ...] = ()
    conditions_known: Known = "unknown"
    medications_known: Known = "unknown"
    allergies_known: Known = (
        "unknown"  # "none": the chart says "no known allergies"; then `no_allergy_source` says where
    )
    no_allergy_source: Source | None = None
    deceased: bool | None = None
    extracted: datetime | None = None  # when the newest extract was made
    birth_precision: Literal["day", "month", "year"] = "day"  # `birth_date` is the first day it can have been
    no_conditions_source: Source | None = None
    no_medications_source: Source | None = None

    def age(self, on: date) -> int | None:
        """Age in whole years on that day."""
        if self.birth_date is None or on < self.birth_date:
            return None
        return on.year - self.birth_date.year - ((on.month, on.day) < (self.birth_date.month, self.birth_date.day))

    def latest(self, *loinc: str) -> Observation | None:
        """The newest observation with one of these LOINC codes."""
        found = [
            o for o in self.observations if o.taken and any(c.system == "loinc" and c.code in loinc for c in o.codes)
        ]
        return max(found, key=lambda o: o.taken or _LONG_AGO, default=None)


_GRANT = object()


class PatientScope:
    """The right to read one patient's record in one consult. Only `cds.access` can make one."""

    __slots__ = ("actor", "patient", "reason")

    def __init__(self, patient: str, *, actor: str, reason: str, grant: object) -> None:
        if grant is not _GRANT:
            raise PermissionError("a patient's scope is made by the access check only")
        self.patient = patient
        self.actor = actor
        self.reason = reason  # "care_list", "break_glass:ID", "local"

    def __repr__(self) -> str:
        return "PatientScope(…)"
