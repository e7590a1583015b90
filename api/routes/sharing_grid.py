"""The physician's work on the decision: its options and cells, and what of them the patient sees."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.deps import Parts
from api.sharing_access import Line, Lines, Physician, Word, cited_passages, done, grid_passages, mine, writing
from api.sharing_hub import hub_of
from api.sharing_model import fill_grid, reword, shared_model, translate
from cds.clock import today
from cds.errors import InvalidInput
from cds.recommendations import load
from cds.sharing import editing
from cds.sharing.drafting import PASSAGES, draft_option
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
        show(hand, tuple(items or ()), reason=reason)
    return done(request, session_id)


@router.post("/sessions/{session_id}/withdraw")
def withdraw(session_id: str, request: Request, actor: Physician, services: Parts, items: Lines = None) -> Response:
    """Take items back."""
    with writing(request, services, actor, session_id) as hand:
        take_back(hand, items or [])
    return done(request, session_id)


@router.post("/sessions/{session_id}/model")
def model(session_id: str, request: Request, actor: Physician, services: Parts, what: Word = "") -> Response:
    """Let the local model fill the grid, or look for easier words."""
    with services.db.reading() as tx:
        known = mine(tx, services, actor, session_id)
        question = load(tx, known.recommendation)[0].question
    if what == "easier":
        work = reword(services, known, actor)
    elif what == "grid":
        work = fill_grid(services, known, actor, question)
    else:
        raise InvalidInput("The model fills the grid or looks for easier words.")
    shared_model(request.app).begin(known, actor, what, work)
    hub_of(request.app).wake(session_id)
    return done(request, session_id)


@router.post("/sessions/{session_id}/easier")
def use_easier(session_id: str, request: Request, actor: Physician, services: Parts, line: Lines = None) -> Response:
    """Take the easier wording for these lines."""
    with writing(request, services, actor, session_id) as hand:
        editing.use_easier(hand, line or [], grid_passages(services, hand, hand.state()))
    return done(request, session_id)


@router.post("/sessions/{session_id}/language")
def language(session_id: str, request: Request, actor: Physician, services: Parts, language: Word = "") -> Response:
    """The patient's language; what the library has in English only, the model translates where it can."""
    with writing(request, services, actor, session_id) as hand:
        editing.set_language(hand, language)
        known = hand.session
    if language != "en":
        shared_model(request.app).begin(known, actor, "language", translate(services, known, actor, language))
    return done(request, session_id)
