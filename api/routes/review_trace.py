"""One recommendation under review: why it is read, what was shown, notes, replay; and what rests on a document."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response

from api.auth.accounts import names_of
from api.consult_view import CHOICE_WORDS, STATUS_WORDS
from api.deps import Parts, ReadTx, WriteTx, allow
from api.pages import go_to, page
from api.review_filter import midnight
from api.services import Services
from cds.actors import Actor, Role
from cds.reasons import REASONS
from cds.recommendations import load
from cds.review.listing import values_used
from cds.review.notes import MARKS, add_note, recall
from cds.review.replay import replay
from cds.review.trace import PURPOSES, open_for_review, purpose_of, trace
from knowledge.replay import PastSearch

router = APIRouter()

Auditor = Annotated[Actor, allow(Role.AUDITOR)]
Name = Annotated[str, Query(max_length=200)]


@router.get("/review/recall", include_in_schema=False)
def recalled(request: Request, actor: Auditor, tx: ReadTx, name: Name = "", since: str = "") -> HTMLResponse:
    """What rests on a document or edition, as a worklist."""
    found = recall(tx, name, since=midnight(since)) if name else ()
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
        in_full=parts.in_full,
        left_out=parts.left_out,
        seconds=parts.answer_seconds,
    )
    with services.db.reading() as tx:
        return _trace_page(request, actor, services, tx, recommendation_id, played=played)


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
