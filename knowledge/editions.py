"""What the library keeps of one edition of a guideline, and what it is given to keep."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

State = Literal["draft", "published", "superseded", "retracted"]

# The kind of flag that says that a page was read by OCR.
OCR = "ocr"
# Flags of what is left out of nearly every document.
USUAL = frozenset({"running", "references", "contents", "pointer"})

# The parts of an edition's identity, in the order they are shown.
FIELDS = (
    "id",
    "title",
    "publisher",
    "version",
    "published",
    "review_due",
    "population",
    "jurisdiction",
    "language",
    "licence",
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says it is. None: not stated. `provenance` says where each was found."""

    title: str
    id: str | None = None
    publisher: str | None = None
    version: str | None = None
    published: date | None = None
    review_due: date | None = None
    population: str | None = None
    jurisdiction: str | None = None
    language: str | None = None
    licence: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something the librarian should look at before publishing."""

    kind: str
    text: str
    page: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from its lower left corner."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class WordBox:
    """Where the characters from `start` to `end` of a passage are printed."""

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage before it has an id: its place in the edition's text, and what was read off it."""

    start: int
    end: int
    section: tuple[str, ...]
    sentences: tuple[tuple[int, int], ...]
    page: int | None = None
    boxes: tuple[WordBox, ...] = ()
    strength: str | None = None
    certainty: str | None = None
    population: str | None = None


@dataclass(frozen=True, slots=True)
class NewDocument:
    """One edition as it was read from a file."""

    metadata: Metadata
    content_hash: str
    original_hash: str
    file: str
    format: str
    text: str
    passages: tuple[NewPassage, ...]
    pages: int | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition as the library keeps it, without its text."""

    id: str
    document: str
    state: State
    sound: bool
    title: str
    publisher: str | None
    version: str | None
    published: date | None
    review_due: date | None
    population: str | None
    jurisdiction: str | None
    language: str | None
    licence: str | None
    provenance: Mapping[str, str]
    file: str
    format: str
    pages: int | None
    passages: int
    flags: tuple[Flag, ...]
    content_hash: str
    original_hash: str
    text_hash: str
    added_at: datetime
    added_by: str | None
    published_at: datetime | None
    published_by: str | None
    force_from: date | None
    force_until: date | None
    ended_at: datetime | None
    ended_by: str | None
    ended_why: str | None
    successor: str | None

    @property
    def ocr_pages(self) -> frozenset[int]:
        """The pages that were read off their pictures: whoever quotes them looks at the figures."""
        return frozenset(flag.page for flag in self.flags if flag.kind == OCR and flag.page is not None)

    @property
    def to_look_at(self) -> tuple[Flag, ...]:
        """The flags that ask for a person; the others only say what was left out as usual."""
        return tuple(flag for flag in self.flags if flag.kind not in USUAL)

    def in_force(self, on: date) -> bool:
        return (
            self.state in ("published", "superseded")
            and self.sound
            and self.force_from is not None
            and self.force_from <= on
            and (self.force_until is None or on < self.force_until)
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """What a clinician decided on a recommendation."""

    choice: str
    reason: str | None
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Affected:
    """A past recommendation that rests on a document."""

    recommendation: str
    asked_at: datetime
    asked_by: str
    status: str
    editions: tuple[str, ...]
    passages: tuple[str, ...]
    decisions: tuple[Decided, ...] = ()


# "Hypertension (2019)" and "Hypertension, 2024 update" are editions of one guideline.
_EDITION_WORDS = re.compile(
    r"\b(?:(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th) edition|(?:version|edition|ed\.?) ?\d[\d.]*|v\d[\d.]*|update[sd]?)\b",
    re.IGNORECASE,
)


def slug(title: str) -> str:
    """A short name made from a title, the same for each of its editions."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", _EDITION_WORDS.sub(" ", plain).lower()) or re.findall(r"[a-z0-9]+", plain.lower())
    if not words:
        return "document-" + hashlib.sha256(title.encode()).hexdigest()[:8]
    return "-".join(words)[:80].strip("-")


def edition_id(document: str, content_hash: str) -> str:
    """The same content of the same document is always the same edition."""
    return f"{document}@{content_hash[:12]}"


def passage_id(document: str, content_hash: str, passage: NewPassage, text: str) -> str:
    """The same words at the same place of the same edition are always the same passage."""
    parts = (document, content_hash, str(passage.start), str(passage.end), text)
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:24]
