"""Review for auditors: find, trace, replay, recall; what the record says; the governance card."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response

from api.auth.accounts import names_of
from api.auth.tokens import Scope
from api.charts import bars, columns, forest
from api.consult_view import CHOICE_WORDS, STATUS_WORDS
from api.deps import Parts, ReadTx, WriteTx, allow
from api.pages import go_to, page
from api.services import Services
from cds.actors import Actor, Role
from cds.errors import InvalidInput
from cds.reasons import REASONS
from cds.recommendations import load
from cds.review.card import Line, card, state_attribute
from cds.review.listing import ReviewFilter, list_for_review, values_used
from cds.review.notes import MARKS, add_note, agreement, recall
from cds.review.replay import replay
from cds.review.silences import silences
from cds.review.statistics import COHORTS, MEASURES, Statistics, statistics
from cds.review.statistics_json import statistics_to_json
from cds.review.trace import PURPOSES, open_for_review, purpose_of, trace
from knowledge.replay import PastSearch

router = APIRouter()

Auditor = Annotated[Actor, allow(Role.AUDITOR)]
CardReader = Annotated[Actor, allow(Role.AUDITOR, Role.ADMINISTRATOR)]
Program = Annotated[Actor, allow(Role.AUDITOR, scope=Scope.AUDIT)]
Name = Annotated[str, Query(max_length=200)]
Day = Annotated[date | None, Query()]
_A_PAGE = 50
_MONTH = timedelta(days=30)
_STATES = {"accepted", "modified", "overridden", "deferred", "not_decided"}
COHORT_WORDS = {"age_band": "Age", "sex": "Sex", "language": "Language", "specialty": "Specialty"}


@router.get("/review", include_in_schema=False)
def recommendations(
    request: Request,
    actor: Auditor,
    services: Parts,
    tx: ReadTx,
    by: Name = "",
    patient: Name = "",
    status: Name = "",
    model: Name = "",
    document: Name = "",
    decision: Name = "",
    reason: Name = "",
    warning: Name = "",
    failed: Name = "",
    mark: Name = "",
    since: str = "",
    until: str = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """Recommendations by anything but their text."""
    given = {
        "asked_by": by,
        "patient": patient,
        "status": status,
        "model": model,
        "document": document,
        "decision": decision,
        "reason": reason,
        "warning": warning,
        "failed": failed,
        "mark": mark,
    }
    where = ReviewFilter(
        since=_midnight(_day(since)),
        until=_midnight(_day(until)),
        **{name: value or None for name, value in given.items()},
    )
    found = list_for_review(tx, where, now=services.clock.now(), before=before, limit=_A_PAGE)
    query = {name: value for name, value in given.items() if value}
    if by:
        query["by"] = query.pop("asked_by")
    return page(
        request,
        "review.html",
        found=found,
        where=where,
        since=since,
        until=until,
        query=query | {name: value for name, value in (("since", since), ("until", until)) if value},
        names=names_of(tx, {row.asked_by for row in found.rows}),
        choices=_choices(tx),
        status_words=STATUS_WORDS,
        agreement=agreement(tx),
    )


@router.get("/review/recall", include_in_schema=False)
def recalled(request: Request, actor: Auditor, tx: ReadTx, name: Name = "", since: str = "") -> HTMLResponse:
    """What rests on a document or edition, as a worklist."""
    found = recall(tx, name, since=_midnight(_day(since))) if name else ()
    return page(
        request,
        "recall.html",
        name=name,
        since=since,
        found=found,
        documents=values_used(tx, "document"),
        names=names_of(tx, {one.asked_by for one in found}),
        status_words=STATUS_WORDS,
    )


@router.get("/review/{recommendation_id}", include_in_schema=False)
def one(recommendation_id: str, request: Request, actor: Auditor, services: Parts, tx: ReadTx) -> HTMLResponse:
    """One recommendation as it was shown; first why it is read."""
    return _trace_page(request, actor, services, tx, recommendation_id)


@router.post("/review/{recommendation_id}/purpose", include_in_schema=False)
def purpose(
    recommendation_id: str,
    request: Request,
    actor: Auditor,
    services: Parts,
    tx: WriteTx,
    purpose: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """State why, which is itself an entry."""
    open_for_review(tx, actor, recommendation_id, purpose=purpose, log=services.log)
    return go_to(request, f"/review/{recommendation_id}")


@router.post("/review/{recommendation_id}/notes", include_in_schema=False)
def note(
    recommendation_id: str,
    request: Request,
    actor: Auditor,
    services: Parts,
    tx: WriteTx,
    mark: Annotated[str, Form(max_length=40)] = "",
    comment: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Mark it, beside what others said."""
    add_note(
        tx, actor, recommendation_id, mark=mark, comment=comment.strip() or None, log=services.log, clock=services.clock
    )
    return go_to(request, f"/review/{recommendation_id}#notes")


@router.post("/review/{recommendation_id}/replay", include_in_schema=False)
def play(recommendation_id: str, request: Request, actor: Auditor, services: Parts) -> HTMLResponse:
    """Search and answer again as it was then, and show both."""
    with services.db.reading() as tx:
        found = trace(tx, actor, recommendation_id, clock=services.clock)
    with services.db.transaction() as tx:
        services.log.append(tx, kind="review.replayed", actor=actor, subject=recommendation_id)
    parts = services.consult_parts()
    past = PastSearch(
        services.db, library=services.library, builder=services.builder, embedder=lambda: services.embedder
    )
    played = replay(
        found.recommendation,
        found.audit,
        past=past,
        policy=parts.policy,
        model=parts.model,
        similarity=parts.similarity,
        seconds=parts.answer_seconds,
    )
    with services.db.reading() as tx:
        return _trace_page(request, actor, services, tx, recommendation_id, played=played)


@router.get("/statistics", include_in_schema=False)
def numbers(
    request: Request, actor: Auditor, services: Parts, tx: ReadTx, since: str = "", until: str = ""
) -> HTMLResponse:
    """What the record says, drawn."""
    first = _midnight(_day(since)) or services.clock.now() - _MONTH
    found = statistics(tx, ReviewFilter(since=first, until=_midnight(_day(until))), now=services.clock.now())
    return page(
        request,
        "statistics.html",
        found=found,
        since=since or first.date().isoformat(),
        until=until,
        charts=_charts(found),
        cohorts=[(COHORT_WORDS[name], name, found.cohorts[name]) for name in COHORTS if name in found.cohorts],
        forests={
            (name, measure): forest(cells, measure) for name, cells in found.cohorts.items() for measure in MEASURES
        },
        measures=MEASURES,
        silences=silences(tx, since=first),
        names=names_of(tx, {one.by for one in found.fast}),
    )


@router.get("/governance", include_in_schema=False)
def governance(request: Request, actor: CardReader, services: Parts, tx: ReadTx) -> HTMLResponse:
    """The card: what is asked of decision support, and what is known."""
    made = card(tx, clock=services.clock)
    people = names_of(tx, {line.by for line in made.lines if line.by and line.seq})
    groups: dict[str, list[Line]] = {}
    for line in made.lines:
        groups.setdefault(line.attribute.group, []).append(line)
    return page(request, "governance.html", groups=groups, counts=made.to_json()["counts"], names=people)


@router.post("/governance", include_in_schema=False)
def state(
    request: Request,
    actor: CardReader,
    services: Parts,
    tx: WriteTx,
    attribute: Annotated[str, Form(max_length=40)] = "",
    text: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Put a dated statement on the card."""
    state_attribute(tx, actor, attribute, text, log=services.log, clock=services.clock)
    return go_to(request, f"/governance#{attribute}")


@router.get("/api/v1/review/recommendations", tags=["audit"], response_model=None)
def api_list(
    actor: Program,
    services: Parts,
    tx: ReadTx,
    asked_by: Name = "",
    patient: Name = "",
    status: Name = "",
    document: Name = "",
    edition: Name = "",
    decision: Name = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> dict[str, Any]:
    """Recommendations without their text, newest first."""
    where = ReviewFilter(
        asked_by=asked_by or None,
        patient=patient or None,
        status=status or None,
        document=document or None,
        edition=edition or None,
        decision=decision or None,
    )
    found = list_for_review(tx, where, now=services.clock.now(), before=before, limit=limit)
    return {"recommendations": found.rows, "before": found.before}


@router.get("/api/v1/review/statistics", tags=["audit"], response_model=None)
def api_statistics(actor: Program, services: Parts, tx: ReadTx, since: Day = None, until: Day = None) -> dict[str, Any]:
    """What the record says."""
    where = ReviewFilter(since=_midnight(since), until=_midnight(until))
    return statistics_to_json(statistics(tx, where, now=services.clock.now()))


@router.get("/api/v1/review/card", tags=["audit"], response_model=None)
def api_card(actor: Program, services: Parts, tx: ReadTx) -> dict[str, Any]:
    """The governance card."""
    return card(tx, clock=services.clock).to_json()


def _trace_page(
    request: Request, actor: Actor, services: Services, tx: Connection, recommendation_id: str, **more: Any
) -> HTMLResponse:
    stated = purpose_of(tx, actor, recommendation_id, clock=services.clock)
    if stated is None:
        load(tx, recommendation_id)  # absent, erased or altered is said before a purpose is asked for
        return page(request, "review_purpose.html", recommendation=recommendation_id, purposes=PURPOSES)
    found = trace(tx, actor, recommendation_id, clock=services.clock)
    people = {found.recommendation.asked_by, *(d.by for d in found.decisions), *(n.by for n in found.notes)}
    people |= {event.actor for event in found.events if event.actor}
    return page(
        request,
        "review_trace.html",
        trace=found,
        r=found.recommendation,
        names=names_of(tx, people),
        purpose=PURPOSES[stated],
        marks=MARKS,
        reasons=REASONS,
        status_words=STATUS_WORDS,
        choice_words=CHOICE_WORDS,
        **{"played": None, **more},
    )


def _choices(tx: Connection) -> dict[str, Any]:
    used = {name: values_used(tx, name) for name in ("status", "model", "document", "reason", "warning", "failed")}
    return used | {"decision": sorted(_STATES), "mark": list(MARKS)}


def _charts(found: Statistics) -> dict[str, Any]:
    reasons = {code: REASONS[code].label for code in found.reasons if code in REASONS}
    return {
        "days": columns(found.by_day, ("answered", "quoted", "abstained", "referred")),
        "withheld": bars(found.withheld),
        "warnings": bars(found.warnings),
        "decided": bars(found.decided, dict(CHOICE_WORDS)),
        "reasons": bars(found.reasons, reasons),
    }


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise InvalidInput("A day is written 2026-11-21.", code="moment_malformed") from None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day is not None else None
