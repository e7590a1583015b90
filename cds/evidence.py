"""What a consult needs from what is known: passages with their sentences, and a way to search them."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, Protocol

from cds.patient import PatientScope

Kind = Literal["guideline", "record"]
Mode = Literal["hybrid", "keyword"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One numbered sentence of a passage; `start` and `end` count characters within the passage's text."""

    number: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """The edition of a guideline, or the note of a patient's record, that a passage comes from."""

    id: str  # of the document across its editions, e.g. "community-acquired-pneumonia"
    edition: str  # of exactly this edition
    title: str
    publisher: str | None  # None: not stated
    version: str | None
    published: date | None
    review_due: date | None = None
    state: Literal["draft", "published", "superseded", "retracted"] = "published"
    superseded_on: date | None = None
    population: str | None = None  # whom the whole document is for, where it says so

    def past_review(self, on: date) -> bool:
        return self.review_due is not None and self.review_due < on


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one section, small enough to read at a glance, with the exact place it was taken from."""

    id: str
    kind: Kind
    text: str
    sentences: tuple[Sentence, ...]
    document: DocumentRef
    section: tuple[str, ...]  # headings from the outermost in
    page: int | None  # of the first line; None where the format has no pages
    start: int  # offsets into the stored text of the edition: text[start:end] == passage.text
    end: int
    strength: str | None = None  # of the recommendation, where the document states it
    certainty: str | None = None
    population: str | None = None
    facts: tuple[str, ...] = ()  # record passages: ids of the facts it speaks of
    negated: frozenset[int] = frozenset()  # record passages: sentences that deny, or speak of a relative


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found, with the calibrated probability (0 to 1) that it bears on the question."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What may be found. The default is what is in force today."""

    as_of: date | None = None
    documents: frozenset[str] | None = None
    kind: Kind | None = None
    state: Literal["published", "superseded"] | None = None  # of what is in force on that day: still today, or not
    language: str | None = None
    population: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """One search that was made, with all that decided what it could find."""

    text: str
    limit: int
    where: SearchFilter  # of a day: what was in force on it
    generation: str | None
    mode: Mode
    log: int  # how long the log was; it says which editions there were
    kept: str | None = None  # the one passage that was taken from it; None: all


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a search found, in order, and from which generation of the index."""

    hits: tuple[Hit, ...]
    generation: str | None  # None: nothing is indexed
    mode: Mode = "hybrid"
    relevance: float = 0.0  # probability that the library answers the question at all; abstention rests on it
    embedder: str | None = None
    embedder_digest: str | None = None  # of its files: by it a threshold is known to be of this embedder
    milliseconds: dict[str, float] = field(default_factory=dict)
    searches: tuple[Search, ...] = ()  # of the guidelines; made again they find the same


def together(first: Evidence, *others: Evidence) -> Evidence:
    """What several searches found, as one: each passage once, as it was found first."""
    hits: dict[str, Hit] = {}
    for found in (first, *others):
        for hit in found.hits:
            hits.setdefault(hit.passage.id, hit)
    searches = tuple(search for found in (first, *others) for search in found.searches)
    return replace(first, hits=tuple(hits.values()), searches=searches)


def only(found: Evidence, passage: str) -> Evidence:
    """Of what was found this passage and nothing else."""
    hits = tuple(hit for hit in found.hits if hit.passage.id == passage)
    return replace(found, hits=hits, searches=tuple(replace(search, kept=passage) for search in found.searches))


class Retriever(Protocol):
    """Finds the passages of the guideline library, and of one patient's record, that bear on a question."""

    def search(self, question: str, *, limit: int = 8, where: SearchFilter = SearchFilter()) -> Evidence:
        """Passages of the guideline library."""
        ...

    def search_record(self, question: str, scope: PatientScope, *, limit: int = 4) -> Evidence:
        """Passages of exactly this patient's notes."""
        ...
