"""The recommendation: what was asked, what was shown, what was withheld and why, and on what it rests."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from cds.evidence import Hit, Search

Status = Literal["answered", "quoted", "abstained", "referred"]
StatementKind = Literal["recommendation", "finding"]
Verdict = Literal["supported", "contradicted", "not_addressed"]
Applies = Literal["applies", "excluded", "unknown"]


@dataclass(frozen=True, slots=True)
class Citation:
    """Sentences of one passage; the quote is rendered from the database, never taken from the model."""

    passage: str
    sentences: tuple[int, ...]
    quote: str
    document: str
    title: str
    version: str | None
    section: tuple[str, ...]
    page: int | None
    published: date | None = None
    past_review: bool = False
    superseded_on: date | None = None


@dataclass(frozen=True, slots=True)
class Because:
    """A line of the chart that decided something."""

    fact: str  # fact id, or "birth_date", "sex"
    text: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said of one statement."""

    check: str
    outcome: Literal["pass", "fail", "not_applicable"]
    detail: str = ""
    verdict: Verdict = "supported"


@dataclass(frozen=True, slots=True)
class Statement:
    text: str
    kind: StatementKind
    citations: tuple[Citation, ...]
    verdict: Verdict = "supported"
    applies: Applies = "unknown"
    because: tuple[Because, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    strength: str | None = None
    certainty: str | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    text: str
    failed: str  # the name of the first check that failed
    detail: str
    verdict: Verdict = "not_addressed"
    kind: StatementKind = "recommendation"
    cited: tuple[str, ...] = ()  # sentence ids the model named


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 the word physicians use; never imported bare
    kind: str  # allergy, interaction, duplication, renal, hepatic, pregnancy, lactation, age, qt
    text: str
    because: tuple[Because, ...]
    severity: Literal["stop", "caution"] = "caution"
    passage: str | None = None  # the guideline passage that says so, where the library has one


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sources that say different things about one point, side by side."""

    about: str
    left: Citation
    right: Citation


@dataclass(frozen=True, slots=True)
class Abstention:
    reason: str  # a stable code: not_in_library, not_answered, no_support, out_of_scope, …
    text: str
    nearest: tuple[str, ...] = ()  # passage ids


@dataclass(frozen=True, slots=True)
class Referral:
    """Triage sent the question elsewhere: an emergency, or something this is not for."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class ModelStamp:
    name: str
    digest: str
    runtime: str


@dataclass(frozen=True, slots=True)
class PromptStamp:
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """Everything that would have to be the same for the answer to be the same."""

    model: ModelStamp | None
    prompt: PromptStamp | None
    generation: str | None
    embedder: str | None
    software: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class AuditRef:
    seq: int
    leaf: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One question and its answer as it was shown. Never changed after it was recorded."""

    id: str
    status: Status
    question: str
    patient: str | None
    asked_at: datetime
    asked_by: str
    statements: tuple[Statement, ...]
    withheld: tuple[Withheld, ...]
    warnings: tuple[Warning, ...]
    evidence: tuple[Hit, ...]
    contradictions: tuple[Contradiction, ...]
    abstention: Abstention | None
    referral: Referral | None
    stamp: Stamp
    facts_used: tuple[Because, ...] = ()
    missing_facts: tuple[str, ...] = ()  # what is unknown of the patient and would matter
    follows: str | None = None  # the recommendation this question follows up
    as_of: date | None = None
    mode: str = "hybrid"
    relevance: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    searches: tuple[Search, ...] = ()  # that made the evidence, in order; none: it was recorded before they were kept
