"""What the clinician decided: one click to accept, the same to override; nothing is overwritten."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import orjson
from sqlalchemy import Connection, insert, select

from cds.actors import Actor, Role
from cds.audit.contents import read_content
from cds.audit.log import AuditLog
from cds.audit.tables import contents
from cds.clock import Clock
from cds.db import Database
from cds.errors import Denied, InvalidInput
from cds.ids import new_id
from cds.reasons import REASONS
from cds.recommendations import load
from cds.tables_recommendations import decisions

Choice = Literal["accepted", "modified", "overridden", "deferred"]
State = Literal["open", "not_decided", "accepted", "modified", "overridden", "deferred"]

# A consult's decision falls in the consult; a day later its absence is a fact of its own.
DECIDE_WITHIN = timedelta(hours=24)
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Decision:
    """One clinician's decision on one recommendation, tied to what was shown by its leaf."""

    id: str
    recommendation: str
    by: str
    at: datetime
    choice: Choice
    reason: str | None
    comment: str | None
    final_text: str | None
    distance: int | None  # words changed from the text shown
    seconds: float  # from the recommendation to the decision
    seq: int
    erased: bool = False  # its comment and text were erased with the patient

    def to_json(self) -> dict[str, Any]:
        reason = REASONS.get(self.reason) if self.reason else None
        return {
            "id": self.id,
            "choice": self.choice,
            "reason": self.reason,
            "reason_text": reason.label if reason else None,
            "comment": self.comment,
            "final_text": self.final_text,
            "distance": self.distance,
            "by": self.by,
            "at": self.at,
            "seconds": self.seconds,
            "seq": self.seq,
            "erased": self.erased,
        }


def decide(
    db: Database,
    *,
    log: AuditLog,
    clock: Clock,
    actor: Actor,
    recommendation_id: str,
    choice: str,
    reason: str | None = None,
    comment: str | None = None,
    final_text: str | None = None,
) -> Decision:
    """Record a decision with its audit entry; a second one stands beside the first."""
    _check(actor, choice=choice, reason=reason, comment=comment, final_text=final_text)
    with db.transaction() as tx:
        recommendation, audit = load(tx, recommendation_id)
        shown = "\n".join(statement.text for statement in recommendation.statements)
        distance = word_distance(shown, final_text) if final_text is not None else None
        now = clock.now()
        seconds = max(0.0, (now - recommendation.asked_at).total_seconds())
        decision_id = new_id()
        texts = {"comment": comment, "final_text": final_text}
        entry = log.append(
            tx,
            kind="decision.recorded",
            actor=actor,
            subject=decision_id,
            details={
                "recommendation": recommendation_id,
                "leaf": audit.leaf,
                "choice": choice,
                "reason": reason,
                "distance": distance,
                "milliseconds": round(seconds * 1000),
            },
            content=orjson.dumps(texts).decode() if comment or final_text else None,
            patient=recommendation.patient,
        )
        row: dict[str, Any] = {
            "id": decision_id,
            "seq": entry.seq,
            "recommendation": recommendation_id,
            "shown_seq": audit.seq,
            "actor": actor.id,
            "at": now,
            "choice": choice,
            "reason": reason,
            "distance": distance,
            "seconds": seconds,
        }
        tx.execute(insert(decisions).values(row))
        return decisions_for(tx, recommendation_id)[-1]


def decisions_for(tx: Connection, recommendation_id: str) -> tuple[Decision, ...]:
    """Every decision on this recommendation, oldest first."""
    found = tx.execute(
        select(decisions, contents.c.seq.label("beside"), contents.c.body)
        .select_from(decisions.outerjoin(contents, decisions.c.seq == contents.c.seq))
        .where(decisions.c.recommendation == recommendation_id)
        .order_by(decisions.c.seq)
    )
    return tuple(_decision(tx, row) for row in found)


def state_of(decided: Sequence[Decision], *, asked_at: datetime, now: datetime) -> State:
    """The newest decision; without one it is open, and after a while plainly not decided."""
    if decided:
        return decided[-1].choice
    return "open" if now - asked_at < DECIDE_WITHIN else "not_decided"


def word_distance(before: str, after: str) -> int:
    """How many words must be put in, taken out or changed to get from one text to the other."""
    left, right = _words(before), _words(after)
    costs = list(range(len(right) + 1))
    for row, word in enumerate(left, start=1):
        diagonal, costs[0] = costs[0], row
        for column, other in enumerate(right, start=1):
            diagonal, costs[column] = (
                costs[column],
                min(diagonal + (word != other), costs[column] + 1, costs[column - 1] + 1),
            )
    return costs[-1]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+(?:[.,]\d+)*|[^\w\s]", text)


def _check(actor: Actor, *, choice: str, reason: str | None, comment: str | None, final_text: str | None) -> None:
    if not actor.is_a(Role.PHYSICIAN):
        raise Denied("A decision is a physician's.")
    if choice not in get_args(Choice):
        raise InvalidInput(f"A decision is one of {', '.join(get_args(Choice))}.", code="unknown_choice")
    if reason is not None and reason not in REASONS:
        raise InvalidInput("This reason is not one of HL7's non-adherence codes.", code="unknown_reason")
    if reason is not None and choice == "accepted":
        raise InvalidInput("What is accepted needs no reason for not following it.", code="reason_not_wanted")
    if choice == "modified" and not (final_text and final_text.strip()):
        raise InvalidInput("A modified recommendation needs its final text.", code="final_text_missing")
    if choice != "modified" and final_text is not None:
        raise InvalidInput("Only a modified recommendation has a final text.", code="final_text_not_wanted")
    if any(text is not None and len(text) > _LONGEST for text in (comment, final_text)):
        raise InvalidInput(f"A comment or final text has at most {_LONGEST} characters.", code="too_long")


def _decision(tx: Connection, row: Any) -> Decision:
    texts = {"comment": None, "final_text": None}
    if row.body is not None:
        texts = orjson.loads(read_content(tx, row.seq))
    return Decision(
        id=row.id,
        recommendation=row.recommendation,
        by=row.actor,
        at=row.at,
        choice=row.choice,
        reason=row.reason,
        comment=texts["comment"],
        final_text=texts["final_text"],
        distance=row.distance,
        seconds=row.seconds,
        seq=row.seq,
        erased=row.beside is not None and row.body is None,
    )
