"""The recommendation as every door gives it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cds.evidence import Hit
from cds.recommendation import AuditRef, Because, Citation, Recommendation, Statement, Withheld
from cds.recommendation import Warning as PatientWarning

if TYPE_CHECKING:
    from cds.decisions import Decision


def to_json(recommendation: Recommendation, audit: AuditRef, decisions: Sequence["Decision"] = ()) -> dict[str, Any]:
    """One document: what was asked, shown, withheld and decided, and what it rests on."""
    abstention, referral, stamp = recommendation.abstention, recommendation.referral, recommendation.stamp
    return {
        "id": recommendation.id,
        "status": recommendation.status,
        "question": recommendation.question,
        "patient": recommendation.patient,
        "asked_at": recommendation.asked_at,
        "asked_by": recommendation.asked_by,
        "as_of": recommendation.as_of,
        "follows": recommendation.follows,
        "statements": [_statement(statement) for statement in recommendation.statements],
        "withheld": [_withheld(withheld) for withheld in recommendation.withheld],
        "warnings": [_warning(warning) for warning in recommendation.warnings],
        "evidence": [hit_to_json(hit) for hit in recommendation.evidence],
        "contradictions": [
            {"about": c.about, "left": _citation(c.left), "right": _citation(c.right)}
            for c in recommendation.contradictions
        ],
        "abstention": {"reason": abstention.reason, "text": abstention.text, "nearest": list(abstention.nearest)}
        if abstention
        else None,
        "referral": {"reason": referral.reason, "text": referral.text} if referral else None,
        "facts_used": _because(recommendation.facts_used),
        "missing_facts": list(recommendation.missing_facts),
        "mode": recommendation.mode,
        "relevance": recommendation.relevance,
        "seconds": recommendation.seconds,
        "stamp": {
            "model": {"name": stamp.model.name, "digest": stamp.model.digest, "runtime": stamp.model.runtime}
            if stamp.model
            else None,
            "prompt": {"name": stamp.prompt.name, "sha256": stamp.prompt.sha256} if stamp.prompt else None,
            "generation": stamp.generation,
            "embedder": stamp.embedder,
            "software": stamp.software,
            "seed": stamp.seed,
        },
        "audit": {"seq": audit.seq, "leaf": audit.leaf},
        "decision": decisions[-1].to_json() if decisions else None,
        "decisions": [decision.to_json() for decision in decisions],
    }


def hit_to_json(hit: Hit) -> dict[str, Any]:
    """A passage found, as lists of evidence give it."""
    passage, document = hit.passage, hit.passage.document
    return {
        "passage": passage.id,
        "kind": passage.kind,
        "score": hit.score,
        "text": passage.text,
        "document": {
            "id": document.id,
            "edition": document.edition,
            "title": document.title,
            "publisher": document.publisher,
            "version": document.version,
            "published": document.published,
        },
        "section": list(passage.section),
        "page": passage.page,
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "text": statement.text,
        "kind": statement.kind,
        "verdict": statement.verdict,
        "citations": [_citation(citation) for citation in statement.citations],
        "applies": statement.applies,
        "because": _because(statement.because),
        "strength": statement.strength,
        "certainty": statement.certainty,
        "checks": [
            {"check": c.check, "outcome": c.outcome, "detail": c.detail, "verdict": c.verdict} for c in statement.checks
        ],
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "passage": citation.passage,
        "sentences": list(citation.sentences),
        "quote": citation.quote,
        "document": citation.document,
        "title": citation.title,
        "version": citation.version,
        "published": citation.published,
        "section": list(citation.section),
        "page": citation.page,
        "past_review": citation.past_review,
        "superseded_on": citation.superseded_on,
    }


def _withheld(withheld: Withheld) -> dict[str, Any]:
    return {
        "text": withheld.text,
        "kind": withheld.kind,
        "failed": withheld.failed,
        "detail": withheld.detail,
        "verdict": withheld.verdict,
        "cited": list(withheld.cited),
    }


def _warning(warning: PatientWarning) -> dict[str, Any]:
    return {
        "kind": warning.kind,
        "severity": warning.severity,
        "text": warning.text,
        "because": [because.fact for because in warning.because],
        "facts": _because(warning.because),
        "passage": warning.passage,
    }


def _because(because: Sequence[Because]) -> list[dict[str, str]]:
    return [{"fact": line.fact, "text": line.text} for line in because]
