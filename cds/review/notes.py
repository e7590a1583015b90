"""Review notes: what auditors say of a recommendation, whether they agree, and the worklist of a recall."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, or_, select

from cds.actors import Actor, Role
from cds.audit.contents import has_content, read_content
from cds.audit.log import AuditLog
from cds.clock import Clock
from cds.errors import Denied, InvalidInput, NotFound
from cds.ids import new_id
from cds.tables_recommendations import citations, recommendations, review_notes

MARKS = {
    "correct": "Correct",
    "incomplete": "Incomplete",
    "wrong_source": "Rests on the wrong source",
    "not_supported": "Says more than its source",
    "not_applicable": "Does not fit the patient",
    "wrongly_withheld": "Something right was withheld",
    "wrongly_silent": "Should have answered",
    "unsafe": "Unsafe",
}
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Note:
    """One reader's mark; every reader has their own, and changing one's mind adds a note."""

    id: str
    recommendation: str
    by: str
    at: datetime
    mark: str
    comment: str | None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"mark_text": MARKS[self.mark]}


@dataclass(frozen=True, slots=True)
class Agreement:
    """Where two or more readers marked the same recommendation."""

    read_twice: int
    agreed: int
    kappa: float | None  # Cohen's, over the first two readers; None: it says nothing here


def add_note(
    tx: Connection,
    actor: Actor,
    recommendation_id: str,
    *,
    mark: str,
    comment: str | None,
    log: AuditLog,
    clock: Clock,
) -> str:
    """Mark a recommendation, beside what others said of it."""
    if not actor.is_a(Role.AUDITOR):
        raise Denied("Reviewing is an auditor's.")
    if mark not in MARKS:
        raise InvalidInput(f"A mark is one of {', '.join(MARKS)}.", code="unknown_mark")
    if comment is not None and len(comment) > _LONGEST:
        raise InvalidInput(f"A comment has at most {_LONGEST} characters.", code="too_long")
    columns = (recommendations.c.seq, recommendations.c.patient)
    row = tx.execute(select(*columns).where(recommendations.c.id == recommendation_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such recommendation.")
    note_id = new_id()
    entry = log.append(
        tx,
        kind="review.noted",
        actor=actor,
        subject=recommendation_id,
        details={"note": note_id, "mark": mark},
        content=comment or None,
        patient=row.patient,
    )
    values = {
        "id": note_id,
        "seq": entry.seq,
        "recommendation": recommendation_id,
        "shown_seq": row.seq,
        "actor": actor.id,
        "at": clock.now(),
        "mark": mark,
    }
    tx.execute(insert(review_notes).values(values))
    return note_id


def notes_for(tx: Connection, recommendation_id: str) -> tuple[Note, ...]:
    """Every note on this recommendation, the oldest first."""
    found = select(review_notes).where(review_notes.c.recommendation == recommendation_id)
    return tuple(
        Note(
            id=row.id,
            recommendation=row.recommendation,
            by=row.actor,
            at=row.at,
            mark=row.mark,
            comment=read_content(tx, row.seq) if has_content(tx, row.seq) else None,
        )
        for row in tx.execute(found.order_by(review_notes.c.seq)).all()
    )


def agreement(tx: Connection) -> Agreement:
    """How often readers of the same recommendation gave it the same mark."""
    marks: dict[str, dict[str, str]] = defaultdict(dict)
    for row in tx.execute(select(review_notes).order_by(review_notes.c.seq)):
        marks[row.recommendation][row.actor] = row.mark  # a reader's newest counts
    pairs = [tuple(given.values())[:2] for given in marks.values() if len(given) >= 2]
    agreed = sum(first == second for first, second in pairs)
    return Agreement(read_twice=len(pairs), agreed=agreed, kappa=_kappa([(a, b) for a, b in pairs]))


def _kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    if not pairs:
        return None
    count = len(pairs)
    observed = sum(first == second for first, second in pairs) / count
    by_chance = sum(
        (sum(first == mark for first, _ in pairs) / count) * (sum(second == mark for _, second in pairs) / count)
        for mark in MARKS
    )
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


@dataclass(frozen=True, slots=True)
class Recalled:
    """One recommendation that rests on what was recalled, and whether it was looked at since."""

    recommendation: str
    asked_at: datetime
    asked_by: str
    patient: str | None
    status: str
    passages: int
    reviewed: bool


def recall(tx: Connection, name: str, *, since: datetime | None = None) -> tuple[Recalled, ...]:
    """Everything that rests on this document or edition; `reviewed` once a note was written after `since`."""
    noted = exists().where(review_notes.c.recommendation == recommendations.c.id)
    if since is not None:
        noted = noted.where(review_notes.c.at >= since)
    columns = [recommendations.c[n] for n in ("id", "seq", "asked_at", "asked_by", "patient", "status")]
    query = (
        select(*columns, noted.label("reviewed"))
        .join(citations, citations.c.recommendation == recommendations.c.id)
        .where(or_(citations.c.document == name, citations.c.edition == name))
        .order_by(recommendations.c.seq.desc())
    )
    rows: dict[str, Any] = {}
    passages: dict[str, int] = defaultdict(int)
    for row in tx.execute(query):
        rows[row.id] = row
        passages[row.id] += 1
    return tuple(
        Recalled(
            recommendation=row.id,
            asked_at=row.asked_at,
            asked_by=row.asked_by,
            patient=row.patient,
            status=row.status,
            passages=passages[row.id],
            reviewed=bool(row.reviewed),
        )
        for row in rows.values()
    )
