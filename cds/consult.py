"""A consult: a question in; evidence, a drafted answer, checks, and the recorded recommendation out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Protocol

from sqlalchemy import Connection

from cds import recommendations, safety
from cds.actors import Actor
from cds.answering import Answer, Asked, answer, contradicted, enough, expired, quoted
from cds.applicability import applicability
from cds.audit import AuditLog
from cds.clock import Clock, today
from cds.db import Database
from cds.drafting import patient_lines
from cds.earlier import Earlier
from cds.errors import InvalidInput
from cds.evidence import Hit, Retriever
from cds.finding import in_context, with_what_warns
from cds.fit import LeftOut, values_in
from cds.ids import new_id
from cds.language_model import LanguageModel
from cds.offer import Similarity
from cds.patient import PatientFacts, PatientScope
from cds.policy import Policy
from cds.recommendation import AuditRef, Citation, Recommendation, Referral, Stamp, Statement
from cds.safety.sources import with_passages
from cds.stated_facts import warned
from cds.triage import triage

# Longer than any question asked in a consult; a pasted document is not a question.
LONGEST_QUESTION = 2000


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: of the guidelines in force, or of those in force on a day gone by."""

    text: str
    as_of: date | None = None
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a consult has come; with the evidence, what was found and what would be quoted of it."""

    name: Literal["searching", "evidence", "reading", "checking", "recorded"]
    hits: tuple[Hit, ...] = ()
    quoted: tuple[Citation, ...] = ()


class FactsReader(Protocol):
    """Reads what is known of one patient."""

    def facts(self, tx: Connection, scope: PatientScope) -> PatientFacts: ...


@dataclass(frozen=True, slots=True)
class ConsultParts:
    """Everything a consult needs, built by whoever owns the wiring."""

    db: Database
    retriever: Retriever
    records: FactsReader
    log: AuditLog
    clock: Clock
    policy: Policy
    software: str
    model: LanguageModel | None = None  # None, or one without a skill: sentences are quoted
    similarity: Similarity | None = None
    in_full: Callable[[str], str] = lambda question: question  # abbreviations written out, as the library writes them
    left_out: LeftOut = lambda editions: {}  # by edition, what it says it does not cover
    answer_seconds: float = 60.0
    may_begin: Callable[[], None] = lambda: None  # raises where what is shown could not be recorded


def consult(
    question: Question,
    parts: ConsultParts,
    *,
    actor: Actor,
    scope: PatientScope | None = None,
    facts: PatientFacts | None = None,
    on_stage: Callable[[Stage], None] = lambda stage: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Recommendation, AuditRef]:
    """Answer one question and record the answer; what is returned has been committed.

    `facts` are those the caller was sent with the question, as a medical record sends them; else the stored ones.
    """
    parts.may_begin()
    on_stage(Stage("searching"))
    facts = _facts(parts, scope) if facts is None else facts
    recommendation = propose(
        question, parts, actor=actor, scope=scope, facts=facts, on_stage=on_stage, cancelled=cancelled
    )
    with parts.db.transaction() as tx:
        audit = recommendations.record(tx, recommendation, log=parts.log, actor=actor, facts=facts)
    on_stage(Stage("recorded"))
    return recommendation, audit


def propose(
    question: Question,
    parts: ConsultParts,
    *,
    actor: Actor,
    scope: PatientScope | None = None,
    facts: PatientFacts | None = None,
    on_stage: Callable[[Stage], None] = lambda stage: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Recommendation:
    """The answer before it is recorded: for `consult`, and for measuring; never for showing to anybody."""
    asked_at, watch = parts.clock.now(), _Watch()
    on = question.as_of or today(parts.clock)
    text = _checked(question.text)
    asked = Asked(text, on, facts=facts, patient=patient_lines(facts, on) if facts is not None else ())
    asked = replace(asked, earlier=_earlier(parts, question))
    sent = triage(text, facts)
    watch.lap("triage")
    if sent.kind != "go":
        done = Answer("referred", referral=Referral(sent.rule or sent.kind, sent.text))
    else:
        asked = in_context(asked, parts, scope, as_of=question.as_of)
        asked = with_what_warns(asked, parts, as_of=question.as_of)
        watch.lap("search")
        on_stage(Stage("evidence", asked.evidence.hits, _quotes(asked, parts)))
        on_stage(Stage("reading"))
        done = answer(
            asked,
            model=parts.model,
            policy=parts.policy,
            seconds=parts.answer_seconds,
            cancelled=cancelled,
            on_draft=lambda: on_stage(Stage("checking")),
        )
        watch.lap("answer")
    statements, missing = _for_patient(done.statements, facts, on)
    # The question counts as proposed too: "may I give amoxicillin?" is asked of somebody allergic before any answer.
    warnings = warned(facts, values_in(text, on=on), [text, *statements], on=on)
    warnings = with_passages(warnings, asked.evidence.hits)
    watch.lap("safety")
    return Recommendation(
        id=new_id(),
        status=done.status,
        question=text,
        patient=scope.patient if scope is not None else None,
        asked_at=asked_at,
        asked_by=actor.id,
        statements=statements,
        withheld=done.withheld,
        warnings=warnings,
        evidence=asked.evidence.hits,
        contradictions=contradicted(asked, statements),
        abstention=done.abstention,
        referral=done.referral,
        stamp=Stamp(done.model, done.prompt, asked.evidence.generation, asked.evidence.embedder, parts.software),
        facts_used=asked.patient,
        missing_facts=missing,
        follows=question.follows,
        as_of=question.as_of,
        mode=asked.evidence.mode,
        relevance=asked.confidence,
        seconds={**watch.laps, **done.seconds},
        extra=_extra(asked, done, parts),
        searches=asked.evidence.searches,
    )


def _extra(asked: Asked, done: Answer, parts: ConsultParts) -> dict[str, str]:
    """Why it is quoted, what was searched for when that was more than the question, and a threshold out of date."""
    late = asked.evidence.embedder is not None and expired(asked, parts.model, parts.policy)
    found = {
        "because": done.because,
        "searched": asked.searched if asked.searched != asked.text else "",
        "threshold": "expired" if late and parts.policy.thresholds else "",
    }
    return {key: value for key, value in found.items() if value}


class _Watch:
    """Seconds of each part of a consult."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = round(now - self._at, 3)
        self._at = now


def _checked(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise InvalidInput("Ask something: the question is empty.", code="question_empty")
    if len(text) > LONGEST_QUESTION:
        raise InvalidInput(f"Ask in at most {LONGEST_QUESTION} characters.", code="question_too_long")
    return text


def _facts(parts: ConsultParts, scope: PatientScope | None) -> PatientFacts | None:
    if scope is None:
        return None
    with parts.db.reading() as tx:
        return parts.records.facts(tx, scope)


def _earlier(parts: ConsultParts, question: Question) -> Earlier | None:
    """What a follow-up follows; whoever calls has checked that it may be read."""
    if question.follows is None:
        return None
    with parts.db.reading() as tx:
        before, _ = recommendations.load(tx, question.follows)
    said = before.statements[0].text if before.statements else ""
    return Earlier(str(before.extra.get("searched", before.question)), said)


def _quotes(asked: Asked, parts: ConsultParts) -> tuple[Citation, ...]:
    if not enough(asked, parts.model, parts.policy):
        return ()  # what would be answered with silence is not quoted meanwhile
    return tuple(citation for statement in quoted(asked).statements for citation in statement.citations)


def _for_patient(
    statements: Sequence[Statement], facts: PatientFacts | None, on: date
) -> tuple[tuple[Statement, ...], tuple[str, ...]]:
    """Each statement with whether it is meant for this patient and the chart line that decides; what is unknown."""
    if facts is None:
        return tuple(statements), ()
    judged: list[Statement] = []
    unknown: dict[str, None] = {}
    for statement in statements:
        if statement.kind == "recommendation":
            applies, because, missing = applicability(statement, facts, on)
            if against := safety.forbidden(statement, facts, on=on):
                applies, because = "excluded", against
            statement = replace(statement, applies=applies, because=because)
            unknown |= dict.fromkeys(missing)
        judged.append(statement)
    return tuple(judged), tuple(unknown)
