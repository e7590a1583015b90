"""Recommendations kept: recorded whole with their audit entry, read back exactly, listed page by page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import Connection, RowMapping, insert, select

from cds.actors import Actor
from cds.audit.contents import read_content
from cds.audit.log import AuditLog
from cds.audit.tables import contents, entries
from cds.errors import InvalidInput, NotFound
from cds.patient import PatientFacts
from cds.recommendation import AuditRef, Recommendation
from cds.recommendation_json import hit_to_json, to_json
from cds.tables_recommendations import citations, recommendations, shown_warnings, withheld_statements

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["Listed", "Page", "age_band", "hit_to_json", "load", "page", "questions", "record", "to_json"]

# Bands wide enough that one of them with a sex and a language does not point at one person.
_BANDS = (18, 30, 45, 60, 75, 90)
_WEAK = (None, "low", "very low")


def record(
    tx: Connection,
    recommendation: Recommendation,
    *,
    log: AuditLog,
    actor: Actor,
    facts: PatientFacts | None = None,
) -> AuditRef:
    """Store it with its audit entry; what may be shown afterwards is exactly what was stored."""
    audit = log.append(
        tx,
        kind="recommendation.recorded",
        actor=actor,
        subject=recommendation.id,
        details=_details(recommendation),
        content=_adapter().dump_json(recommendation).decode(),
        patient=recommendation.patient,
    )
    tx.execute(insert(recommendations).values(_row(recommendation, audit, facts, actor.specialty)))
    cited = _cited(recommendation, audit.seq)
    failed = Counter(statement.failed for statement in recommendation.withheld)
    warned = Counter(warning.kind for warning in recommendation.warnings)
    if cited:
        tx.execute(insert(citations), cited)
    if failed:
        rows = [
            {"recommendation": recommendation.id, "failed": name, "number": n, "seq": audit.seq}
            for name, n in failed.items()
        ]
        tx.execute(insert(withheld_statements), rows)
    if warned:
        rows = [
            {"recommendation": recommendation.id, "kind": kind, "number": n, "seq": audit.seq}
            for kind, n in warned.items()
        ]
        tx.execute(insert(shown_warnings), rows)
    return audit


def load(tx: Connection, recommendation_id: str) -> tuple[Recommendation, AuditRef]:
    """The recommendation as it was shown, checked against what the log committed to."""
    row = tx.execute(
        select(recommendations.c.seq, entries.c.leaf)
        .select_from(recommendations.join(entries, recommendations.c.seq == entries.c.seq))
        .where(recommendations.c.id == recommendation_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such recommendation.")
    body = read_content(tx, row.seq)
    return _adapter().validate_json(body), AuditRef(seq=row.seq, leaf=row.leaf)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list: what can be said of a recommendation without reading it."""

    id: str
    seq: int
    asked_at: datetime
    asked_by: str
    patient: str | None
    status: str
    model: str | None
    statements: int
    withheld: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, newest first, and where the next page starts."""

    rows: tuple[Listed, ...]
    before: int | None  # None: this is the last page


def page(
    tx: Connection,
    *,
    asked_by: str | None = None,
    patient: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Page:
    """The newest recommendations by this person or about this patient."""
    columns = [recommendations.c[name] for name in Listed.__dataclass_fields__]
    query = select(*columns).order_by(recommendations.c.seq.desc()).limit(check_limit(limit) + 1)
    if asked_by is not None:
        query = query.where(recommendations.c.asked_by == asked_by)
    if patient is not None:
        query = query.where(recommendations.c.patient == patient)
    if before is not None:
        query = query.where(recommendations.c.seq < before)
    return to_page(tx.execute(query).mappings().all(), limit=limit)


def to_page(rows: Sequence[RowMapping], *, limit: int) -> Page:
    """Rows of one more than the limit as a page."""
    found = tuple(Listed(**row) for row in rows[:limit])
    return Page(rows=found, before=found[-1].seq if len(rows) > limit else None)


def check_limit(limit: int) -> int:
    """How many lines a page may have."""
    if not 1 <= limit <= 1000:
        raise InvalidInput("A page has 1 to 1000 lines.")
    return limit


def questions(tx: Connection, rows: Sequence[Listed]) -> dict[str, str | None]:
    """The questions of these lines by id; None where the text was erased."""
    bodies = select(contents.c.seq, contents.c.body).where(contents.c.seq.in_([row.seq for row in rows]))
    by_seq = {row.seq: row.body for row in tx.execute(bodies)}
    return {row.id: orjson.loads(body)["question"] if (body := by_seq.get(row.seq)) else None for row in rows}


def age_band(age: int | None) -> str | None:
    """The band an age falls in, as `18-29`, `<18` or `90+`."""
    if age is None:
        return None
    if age < _BANDS[0]:
        return f"<{_BANDS[0]}"
    for low, high in pairwise(_BANDS):
        if age < high:
            return f"{low}-{high - 1}"
    return f"{_BANDS[-1]}+"


def _details(recommendation: Recommendation) -> dict[str, object]:
    stamp = recommendation.stamp
    return {
        "patient": recommendation.patient,
        "status": recommendation.status,
        "passages": [hit.passage.id for hit in recommendation.evidence],
        "cited": sorted({c.passage for s in recommendation.statements for c in s.citations}),
        "statements": len(recommendation.statements),
        "withheld": len(recommendation.withheld),
        "warnings": len(recommendation.warnings),
        "model": stamp.model.digest if stamp.model else None,
        "prompt": stamp.prompt.sha256 if stamp.prompt else None,
        "generation": stamp.generation,
        "software": stamp.software,
        "follows": recommendation.follows,
    }


def _row(
    recommendation: Recommendation, audit: AuditRef, facts: PatientFacts | None, specialty: str | None
) -> dict[str, object]:
    stamp = recommendation.stamp
    why = recommendation.abstention or recommendation.referral
    on: date = recommendation.asked_at.date()
    return {
        "id": recommendation.id,
        "seq": audit.seq,
        "asked_at": recommendation.asked_at,
        "asked_by": recommendation.asked_by,
        "patient": recommendation.patient,
        "status": recommendation.status,
        "model": stamp.model.name if stamp.model else None,
        "prompt": stamp.prompt.sha256 if stamp.prompt else None,
        "generation": stamp.generation,
        "follows": recommendation.follows,
        "reason": why.reason if why else None,
        "statements": len(recommendation.statements),
        "withheld": len(recommendation.withheld),
        "warnings": len(recommendation.warnings),
        "weak": sum((s.certainty.lower() if s.certainty else None) in _WEAK for s in recommendation.statements),
        "relevance": recommendation.relevance,
        "milliseconds": round(1000 * sum(recommendation.seconds.values())) if recommendation.seconds else None,
        "age_band": age_band(facts.age(on)) if facts else None,
        "sex": facts.sex if facts else None,
        "language": facts.language if facts else None,
        "specialty": specialty,
    }


def _cited(recommendation: Recommendation, seq: int) -> list[dict[str, object]]:
    known = {hit.passage.id: hit.passage for hit in recommendation.evidence}
    named = [citation.passage for statement in recommendation.statements for citation in statement.citations]
    named += [warning.passage for warning in recommendation.warnings if warning.passage]
    return [
        {
            "recommendation": recommendation.id,
            "passage": passage,
            "edition": known[passage].document.edition,
            "document": known[passage].document.id,
            "seq": seq,
        }
        for passage in dict.fromkeys(named)
        if passage in known and known[passage].kind == "guideline"
    ]


@lru_cache(maxsize=1)
def _adapter() -> "TypeAdapter[Recommendation]":
    from pydantic import TypeAdapter  # building it takes a tenth of a second, which `--help` need not wait for

    return TypeAdapter(Recommendation)
