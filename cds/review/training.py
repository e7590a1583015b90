"""Decisions as training pairs for a site that fine-tunes its own model: de-identified, and only when switched on."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select

from cds.actors import Actor, Role
from cds.audit.log import AuditLog
from cds.db import Database
from cds.decisions import Decision, decisions_for
from cds.errors import Denied, NotFound
from cds.recommendation import Recommendation, Statement
from cds.recommendations import load
from cds.review.deidentifying import SharedWords, deidentified, share_of_gaps
from cds.review.listing import ReviewFilter, conditions
from cds.tables_recommendations import decisions, recommendations

# What names one patient: their names, numbers and dates, from whoever keeps the record.
Identity = Callable[[Connection, str], Sequence[str]]
_TEACHES = ("accepted", "modified", "overridden")
# A question of which more than this is gone is nobody's question any more.
_MOST_GAPS = 0.5


@dataclass(frozen=True, slots=True)
class _Case:
    """One decided recommendation, before anything is taken out of it."""

    question: str
    shown: str
    final: str | None
    decision: Decision
    passages: tuple[dict[str, str | None], ...]
    known: tuple[str, ...]
    about: str


def export_training_pairs(
    db: Database,
    where: ReviewFilter,
    *,
    switched_on: bool,
    identity: Identity,
    staff: Sequence[str],
    log: AuditLog,
    actor: Actor,
    now: datetime,
) -> Iterator[str]:
    """One pair a line, in an order that says nothing; that they were taken is an entry, written first."""
    if not switched_on:
        raise Denied(
            "Taking decisions away for training is switched off. An administrator switches it on with "
            "CDS_TRAINING_EXPORT=true.",
            code="training_export_off",
        )
    if not actor.roles & {Role.AUDITOR, Role.ADMINISTRATOR}:
        raise Denied("Taking decisions away for training is an auditor's or an administrator's.")
    with db.reading() as tx:
        cases = list(_cases(tx, where, identity=identity, now=now))
    shared = _shared_words(cases, staff)
    lines = sorted(
        (orjson.dumps(pair).decode() + "\n" for case in cases if (pair := _pair(case, shared)) is not None),
        key=lambda line: hashlib.sha256(line.encode()).digest(),
    )
    with db.transaction() as tx:
        details = {"pairs": len(lines), "given": sorted(where.given())}
        log.append(tx, kind="training.exported", actor=actor, subject="training_pairs", details=details)
    return iter(lines)


def _cases(tx: Connection, where: ReviewFilter, *, identity: Identity, now: datetime) -> Iterator[_Case]:
    decided = select(decisions.c.shown_seq).where(decisions.c.choice.in_(_TEACHES))
    query = select(recommendations.c.id).where(*conditions(tx, where, now=now), recommendations.c.seq.in_(decided))
    for recommendation_id in tx.execute(query.order_by(recommendations.c.seq)).scalars().all():
        try:
            shown, _ = load(tx, recommendation_id)
        except NotFound:
            continue  # erased with its patient
        decision = decisions_for(tx, recommendation_id)[-1]
        if decision.choice not in _TEACHES or decision.erased:
            continue
        yield _Case(
            question=shown.question,
            shown="\n".join(statement.text for statement in _of_guidelines(shown)),
            final=decision.final_text,
            decision=decision,
            passages=_passages(shown),
            known=(*identity(tx, shown.patient), *_of_the_record(shown)) if shown.patient else (),
            about=shown.patient or f"asked by {shown.asked_by}",
        )


def _of_the_record(shown: Recommendation) -> tuple[str, ...]:
    """Notes of the patient's own record are never quoted, not even where the clinician copied one."""
    record = (hit.passage for hit in shown.evidence if hit.passage.kind == "record")
    return tuple(sentence for passage in record for sentence in passage.text.split("\n") if sentence.strip())


def _of_guidelines(shown: Recommendation) -> tuple[Statement, ...]:
    """Statements that rest on guidelines alone."""
    own = {hit.passage.id for hit in shown.evidence if hit.passage.kind == "record"}
    return tuple(
        statement
        for statement in shown.statements
        if not any(citation.passage in own for citation in statement.citations)
    )


def _passages(shown: Recommendation) -> tuple[dict[str, str | None], ...]:
    return tuple(
        {"document": hit.passage.document.title, "version": hit.passage.document.version, "text": hit.passage.text}
        for hit in shown.evidence
        if hit.passage.kind == "guideline"
    )


def _shared_words(cases: Sequence[_Case], staff: Sequence[str]) -> SharedWords:
    shared = SharedWords(never=staff)
    for case in cases:
        for passage in case.passages:
            shared.add_library(" ".join(value for value in passage.values() if value))
        for text in (case.question, case.shown, case.final or ""):
            shared.add(text, about=case.about)
    return shared


def _pair(case: _Case, shared: SharedWords) -> dict[str, Any] | None:
    """What was asked and shown, and what the clinician preferred; None when too little would be left of it."""
    question = deidentified(case.question, known=case.known, shared=shared)
    shown = deidentified(case.shown, known=case.known, shared=shared)
    if share_of_gaps(question) > _MOST_GAPS or not shown.strip():
        return None
    final = deidentified(case.final, known=case.known, shared=shared) if case.final else None
    choice = case.decision.choice
    return {
        "question": question,
        "passages": list(case.passages),
        "choice": choice,
        "reason": case.decision.reason,
        "chosen": shown if choice == "accepted" else final,
        "rejected": None if choice == "accepted" else shown,
    }
