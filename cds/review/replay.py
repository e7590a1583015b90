"""Replay: the same evidence from the index of then, and the statements beside those of today."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from cds.answering import Asked, answer, quoted
from cds.errors import CdsError
from cds.evidence import Evidence, Hit
from cds.fit import LeftOut, fitting, for_patient
from cds.language_model import LanguageModel
from cds.offer import Similarity, offer
from cds.patient import PatientFacts
from cds.policy import Policy
from cds.recommendation import AuditRef, Recommendation

Compared = Literal["same", "changed", "gone", "new"]
# Two runs on one machine differ by nothing, two machines by the last bits of a sum.
_SCORE = 1e-4


class PastSearch(Protocol):
    """Finds again what a recorded search found."""

    def again(self, recommendation: Recommendation, *, recorded: AuditRef) -> Evidence: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One statement then and today."""

    compared: Compared
    then: str | None
    today: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What came out the second time."""

    recommendation: str
    evidence: Literal["identical", "different", "not_replayed"]
    problem: str | None  # why the evidence could not be found again
    differences: tuple[str, ...]  # passage ids
    record_passages: int  # of the patient's record: kept with the recommendation, not searched for again
    same_model: bool
    model: str | None  # today's
    status: str | None
    lines: tuple[Line, ...]

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {
            "lines": [{"compared": line.compared, "then": line.then, "today": line.today} for line in self.lines]
        }


def replay(
    recommendation: Recommendation,
    audit: AuditRef,
    *,
    past: PastSearch,
    policy: Policy,
    model: LanguageModel | None,
    similarity: Similarity | None = None,
    in_full: Callable[[str], str] = lambda question: question,
    left_out: LeftOut = lambda editions: {},
    facts: PatientFacts | None = None,
    seconds: float = 60.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Replay:
    """Search as it was then and answer with today's model; an answer that was quoted then is quoted again."""
    own = tuple(hit for hit in recommendation.evidence if hit.passage.kind == "record")
    guideline = tuple(hit for hit in recommendation.evidence if hit.passage.kind == "guideline")
    problem = None
    try:
        evidence = past.again(recommendation, recorded=audit)
        differences = _differences(guideline, evidence.hits)
    except CdsError as error:
        # The passages as they were shown are in the record; only searching for them again failed.
        problem, differences, evidence = error.message, (), Evidence(guideline, recommendation.stamp.generation)
    status: str | None = None
    lines: tuple[Line, ...] = ()
    if recommendation.status != "referred":
        shown = replace(
            evidence,
            hits=(*evidence.hits, *own),
            relevance=recommendation.relevance,
            embedder=recommendation.stamp.embedder,
        )
        on = recommendation.as_of or recommendation.asked_at.date()
        searched = str(recommendation.extra.get("searched", recommendation.question))
        meant = in_full(searched)
        offered = fitting(meant, offer(searched, shown.hits, similarity=similarity), left_out=left_out, on=on)
        asked = Asked(
            recommendation.question,
            on,
            searched=searched,
            meant=meant,
            evidence=shown,
            offered=offered if facts is None else for_patient(offered, facts, question=meant, on=on),
            confidence=recommendation.relevance,
            facts=facts,
            patient=recommendation.facts_used,
        )
        quoting = recommendation.status == "quoted" and recommendation.stamp.model is None
        done = (
            quoted(asked)
            if quoting
            else answer(asked, model=model, policy=policy, seconds=seconds, cancelled=cancelled)
        )
        status, lines = done.status, _lines(recommendation, tuple(statement.text for statement in done.statements))
    stamped = recommendation.stamp.model
    return Replay(
        recommendation=recommendation.id,
        evidence="not_replayed" if problem else "different" if differences else "identical",
        problem=problem,
        differences=differences,
        record_passages=len(own),
        same_model=(stamped.digest if stamped else None) == (model.identity.digest if model else None),
        model=model.identity.name if model else None,
        status=status,
        lines=lines,
    )


def _differences(then: tuple[Hit, ...], now: tuple[Hit, ...]) -> tuple[str, ...]:
    """Passages that are missing, new, in another place, of another text or of another score."""
    found = []
    for place in range(max(len(then), len(now))):
        left = then[place] if place < len(then) else None
        right = now[place] if place < len(now) else None
        same = (
            left is not None
            and right is not None
            and (left.passage.id, left.passage.text) == (right.passage.id, right.passage.text)
            and abs(left.score - right.score) < _SCORE
        )
        if not same:
            found += [hit.passage.id for hit in (left, right) if hit is not None]
    return tuple(dict.fromkeys(found))


def _lines(recommendation: Recommendation, today: tuple[str, ...]) -> tuple[Line, ...]:
    """Statement by statement: those that came again, those that stand in a place but read otherwise, and the rest."""
    then = tuple(statement.text for statement in recommendation.statements)
    left, right = [t for t in then if t not in today], [t for t in today if t not in then]
    changed = dict(zip(left, right, strict=False))
    lines = [
        Line("same", text, text)
        if text in today
        else Line("changed" if text in changed else "gone", text, changed.get(text))
        for text in then
    ]
    return (*lines, *(Line("new", None, text) for text in right[len(changed) :]))
