"""The physician's work on the decision: its options and cells, and what of them the patient sees."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.deps import Parts
from api.sharing_access import Line, Lines, Physician, Word, cited_passages, done, mine, writing
from cds.clock import today
from cds.recommendations import load
from cds.sharing import editing
from cds.sharing.drafting import PASSAGES, draft_option
from cds.sharing.public import items_of
from cds.sharing.release import release as show
from cds.sharing.release import withdraw as take_back

router = APIRouter(include_in_schema=False)


@router.post("/sessions/{session_id}/cells/{option_id}/{aspect}")
def cell(
    session_id: str,
    option_id: str,
    aspect: str,
    request: Request,
    actor: Physician,
    services: Parts,
    line: Lines = None,
    text: Lines = None,
) -> Response:
    """The lines of a cell as the physician left them; an emptied line goes."""
    with writing(request, services, actor, session_id) as hand:
        state = hand.state()
        cited = {one.citation.passage for one in state.grid.option(option_id).lines if one.citation}
        passages = cited_passages(services, hand, state, cited)
        editing.edit_cell(hand, option_id, aspect, list(zip(line or [], text or [], strict=False)), passages)
    return done(request, session_id)


@router.post("/sessions/{session_id}/lines/{option_id}/{line_id}")
def moved(
    session_id: str, option_id: str, line_id: str, request: Request, actor: Physician, services: Parts, to: Word = ""
) -> Response:
    """Put a line where it belongs."""
    with writing(request, services, actor, session_id) as hand:
        editing.move_line(hand, option_id, line_id, to)
    return done(request, session_id)


@router.post("/sessions/{session_id}/topics")
def topic(
    session_id: str, request: Request, actor: Physician, services: Parts, name: Word = "", text: Line = ""
) -> Response:
    """What is said of the decision as a whole."""
    with writing(request, services, actor, session_id) as hand:
        editing.describe(hand, name, text)
    return done(request, session_id)


@router.post("/sessions/{session_id}/kind")
def kind(session_id: str, request: Request, actor: Physician, services: Parts, kind: Word = "") -> Response:
    """About a treatment, or about a test."""
    with writing(request, services, actor, session_id) as hand:
        editing.set_kind(hand, kind)
    return done(request, session_id)


@router.post("/sessions/{session_id}/options")
def option(
    session_id: str,
    request: Request,
    actor: Physician,
    services: Parts,
    name: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """One more option, with what the library says of it."""
    with services.db.reading() as tx:
        known = mine(tx, services, actor, session_id)
        question = load(tx, known.recommendation)[0].question
    name = " ".join(name.split())
    hits = services.consult_parts().retriever.search(f"{name}: {question}", limit=PASSAGES).hits if name else ()
    with writing(request, services, actor, session_id) as hand:
        editing.add_option(hand, draft_option(name, hits, on=today(services.clock)))
    return done(request, session_id)


@router.post("/sessions/{session_id}/options/{option_id}/remove")
def removed(session_id: str, option_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """Take an option out."""
    with writing(request, services, actor, session_id) as hand:
        editing.remove_option(hand, option_id)
    return done(request, session_id)


@router.post("/sessions/{session_id}/release")
def release(
    session_id: str,
    request: Request,
    actor: Physician,
    services: Parts,
    items: Lines = None,
    reason: Line = "",
) -> Response:
    """Let the patient see these items, or all."""
    with writing(request, services, actor, session_id) as hand:
        chosen = items_of(hand.state().grid) if items == ["all"] else tuple(items or ())
        show(hand, chosen, reason=reason)
    return done(request, session_id)


@router.post("/sessions/{session_id}/withdraw")
def withdraw(session_id: str, request: Request, actor: Physician, services: Parts, items: Lines = None) -> Response:
    """Take items back."""
    with writing(request, services, actor, session_id) as hand:
        take_back(hand, items or [])
    return done(request, session_id)
