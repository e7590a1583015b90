"""The physician's side of a shared session: open, invite, edit, release, answer, agree, print."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.consults import read_consult, scope_of
from api.deps import Parts, allow
from api.live import LiveConsults
from api.pages import go_to, page
from api.services import Services
from api.sharing_hub import event_stream, first_number, hub_of
from api.sharing_view import patient_values, physician_values
from cds.access import patients_of
from cds.actors import Actor, Role
from cds.clock import today
from cds.consult import Question
from cds.errors import NotFound
from cds.evidence import Passage
from cds.recommendations import load, questions
from cds.recommendations import page as listed_page
from cds.sharing import joining, sessions
from cds.sharing.drafting import draft, draft_option
from cds.sharing.events import Event, read_events
from cds.sharing.instruments import COLLABORATE, IMPORTANCE, SURE, needs_support
from cds.sharing.release import items_of
from cds.sharing.sessions import Hand, Session
from cds.sharing.state import Shared, fold

router = APIRouter(include_in_schema=False)
Physician = Annotated[Actor, allow(Role.PHYSICIAN)]
Line = Annotated[str, Form(max_length=4000)]
Lines = Annotated[list[str] | None, Form()]
Word = Annotated[str, Form(max_length=64)]
# Passages looked through for the options of a decision; the section that weighs them is seldom the first hit.
_PASSAGES = 12


@router.get("/sessions")
def listed(request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """My sessions, newest first."""
    with services.db.reading() as tx:
        mine = [one for one in sessions.sessions_by(tx, actor) if _open_to(tx, services, actor, one)]
        rows = {row.id: row for row in listed_page(tx, asked_by=actor.id, limit=1000).rows}
        asked = questions(tx, [rows[one.recommendation] for one in mine if one.recommendation in rows])
        people = {person.id: person for person in services.records.listed(tx, actor)}
    return page(request, "sharing/sessions.html", sessions=mine, questions=asked, people=people)


@router.post("/sessions")
def opened(request: Request, actor: Physician, services: Parts, consult: Word = "") -> Response:
    """Open a session about a consult's question; its grid is drafted from what the library says."""
    with services.db.reading() as tx:
        found = read_consult(tx, services, actor, consult)
    question = found.recommendation.question
    more = services.consult_parts().retriever.search(f"shared decision options: {question}", limit=_PASSAGES)
    grid = draft(
        question,
        (*found.recommendation.evidence, *more.hits),
        lambda passage: _section(services, passage),
        on=today(services.clock),
    )
    with services.db.transaction() as tx:
        made = sessions.open_session(
            tx, found.recommendation, grid, actor=actor, clock=services.clock, log=services.log
        )
    return go_to(request, f"/sessions/{made.id}")


@router.get("/sessions/{session_id}")
def session(session_id: str, request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """The physician's page."""
    return page(request, "sharing/session.html", **_values(services, actor, session_id))


@router.get("/sessions/{session_id}/live")
def live(session_id: str, request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """The parts of the page that change, as they are now."""
    return page(request, "sharing/session_parts.html", **_values(services, actor, session_id))


@router.get("/sessions/{session_id}/print")
def printed(session_id: str, request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """What the patient takes home."""
    values = _values(services, actor, session_id)
    shared: Shared = values["shared"]
    return page(request, "sharing/take_home.html", **patient_values(shared), on=today(services.clock))


@router.get("/sessions/{session_id}/events")
def events(
    session_id: str, request: Request, actor: Physician, services: Parts, after: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """Everything that happens here, as it happens."""

    def read(last: int) -> tuple[Event, ...]:
        with services.db.reading() as tx:
            _mine(tx, services, actor, session_id)
            return read_events(tx, session_id, audience="physician", after=last)

    with services.db.reading() as tx:
        _mine(tx, services, actor, session_id)
    return event_stream(request, session_id, read, after=first_number(request, after), audience="physician")


@router.post("/sessions/{session_id}/code")
def code(session_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """A new code to join with."""
    with _writing(request, services, actor, session_id) as hand:
        joining.make_code(hand.tx, hand.session, actor=actor, clock=services.clock, log=services.log)
    return _done(request, session_id)


@router.post("/sessions/{session_id}/members/{member_id}")
def member(
    session_id: str, member_id: str, request: Request, actor: Physician, services: Parts, admit: Word = ""
) -> Response:
    """Let somebody in from the waiting room, refuse them, or end their place."""
    with _writing(request, services, actor, session_id) as hand:
        if admit == "remove":
            joining.remove(hand.tx, hand.session, member_id, actor=actor, log=services.log)
        else:
            joining.admit(hand.tx, hand.session, member_id, yes=admit == "yes", actor=actor, log=services.log)
    return _done(request, session_id)


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
    with _writing(request, services, actor, session_id) as hand:
        state = hand.state()
        cited = {one.citation.passage for one in state.grid.option(option_id).lines if one.citation}
        passages = _passages(services, hand, state, cited)
        sessions.edit_cell(hand, option_id, aspect, list(zip(line or [], text or [], strict=False)), passages)
    return _done(request, session_id)


@router.post("/sessions/{session_id}/lines/{option_id}/{line_id}")
def moved(
    session_id: str, option_id: str, line_id: str, request: Request, actor: Physician, services: Parts, to: Word = ""
) -> Response:
    """Put a line where it belongs."""
    with _writing(request, services, actor, session_id) as hand:
        sessions.move_line(hand, option_id, line_id, to)
    return _done(request, session_id)


@router.post("/sessions/{session_id}/topics")
def topic(
    session_id: str, request: Request, actor: Physician, services: Parts, name: Word = "", text: Line = ""
) -> Response:
    """What is said of the decision as a whole."""
    with _writing(request, services, actor, session_id) as hand:
        sessions.describe(hand, name, text)
    return _done(request, session_id)


@router.post("/sessions/{session_id}/kind")
def kind(session_id: str, request: Request, actor: Physician, services: Parts, kind: Word = "") -> Response:
    """About a treatment, or about a test."""
    with _writing(request, services, actor, session_id) as hand:
        sessions.set_kind(hand, kind)
    return _done(request, session_id)


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
        known = _mine(tx, services, actor, session_id)
        question = load(tx, known.recommendation)[0].question
    name = " ".join(name.split())
    hits = services.consult_parts().retriever.search(f"{name}: {question}", limit=_PASSAGES).hits if name else ()
    with _writing(request, services, actor, session_id) as hand:
        sessions.add_option(hand, draft_option(name, hits, on=today(services.clock)))
    return _done(request, session_id)


@router.post("/sessions/{session_id}/options/{option_id}/remove")
def removed(session_id: str, option_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """Take an option out."""
    with _writing(request, services, actor, session_id) as hand:
        sessions.remove_option(hand, option_id)
    return _done(request, session_id)


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
    with _writing(request, services, actor, session_id) as hand:
        chosen = items_of(hand.state().grid) if items == ["all"] else tuple(items or ())
        sessions.release(hand, chosen, reason=reason)
    return _done(request, session_id)


@router.post("/sessions/{session_id}/withdraw")
def withdraw(session_id: str, request: Request, actor: Physician, services: Parts, items: Lines = None) -> Response:
    """Take items back."""
    with _writing(request, services, actor, session_id) as hand:
        sessions.withdraw(hand, items or [])
    return _done(request, session_id)


@router.post("/sessions/{session_id}/questions/{question_id}/run")
async def run(session_id: str, question_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """Ask the library the patient's question; the physician sees the checked answer first."""
    known, text = await run_in_threadpool(_question, services, actor, session_id, question_id)
    scope = await run_in_threadpool(scope_of, services, actor, known.patient)
    consults: LiveConsults = request.app.state.live
    question = Question(text, follows=known.recommendation)
    recorded = await consults.begin(question, actor=actor, scope=scope).finished()

    def keep() -> None:
        with _writing(request, services, actor, session_id) as hand:
            sessions.answer(hand, question_id, recommendation=recorded.recommendation.id)

    await run_in_threadpool(keep)
    return _done(request, session_id)


@router.post("/sessions/{session_id}/questions/{question_id}")
def answered(
    session_id: str, question_id: str, request: Request, actor: Physician, services: Parts, text: Line = ""
) -> Response:
    """Answer in own words."""
    with _writing(request, services, actor, session_id) as hand:
        sessions.answer(hand, question_id, own_words=text)
    return _done(request, session_id)


@router.post("/sessions/{session_id}/questions/{question_id}/release")
def release_answer(session_id: str, question_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """Let the patient see the answer."""
    with _writing(request, services, actor, session_id) as hand:
        asked = sessions.question_of(hand.state(), question_id)
        found = load(hand.tx, asked.recommendation)[0] if asked.recommendation else None
        sessions.release_answer(hand, question_id, found)
    return _done(request, session_id)


@router.post("/sessions/{session_id}/agreement")
def agreement(
    session_id: str,
    request: Request,
    actor: Physician,
    services: Parts,
    choice: Line = "",
    physician_leaned: Line = "",
    patient_leaned: Line = "",
    declined: Lines = None,
    next_steps: Line = "",
    review_on: Annotated[date | None, Form()] = None,
    name_on_page: Line = "",
) -> Response:
    """What was decided together."""
    with _writing(request, services, actor, session_id) as hand:
        sessions.agree(
            hand,
            choice=choice,
            physician_leaned=physician_leaned,
            patient_leaned=patient_leaned,
            declined=declined or [],
            next_steps=next_steps,
            review_on=review_on,
            name_on_page=name_on_page,
        )
    return _done(request, session_id)


@router.post("/sessions/{session_id}/end")
def ended(session_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """The session is over."""
    with _writing(request, services, actor, session_id) as hand:
        sessions.end(hand, clock=services.clock)
    return _done(request, session_id)


def _values(services: Services, actor: Actor, session_id: str) -> dict[str, Any]:
    with services.db.reading() as tx:
        known = _mine(tx, services, actor, session_id)
        shared = fold(read_events(tx, session_id, audience="physician"))
        answers = {asked.id: load(tx, asked.recommendation)[0] for asked in shared.questions if asked.recommendation}
        members = joining.members_of(tx, known)
        people = {person.id: person for person in services.records.listed(tx, actor)}
        return {
            **physician_values(shared),
            "session": known,
            "person": people.get(known.patient or ""),
            "code": joining.open_code(tx, known, clock=services.clock),
            "members": [one for one in members if one.state in ("waiting", "confirmed")],
            "answers": answers,
            "sure": SURE,
            "collaborate": COLLABORATE,
            "importance": IMPORTANCE,
            "needs_support": needs_support,
        }


def _mine(tx: Any, services: Services, actor: Actor, session_id: str) -> Session:
    """This physician's session, as long as the patient's record is open to them."""
    known = sessions.session_of(tx, session_id, actor=actor)
    if not _open_to(tx, services, actor, known):
        raise NotFound("There is no such session, or it is not open to you.")
    return known


def _open_to(tx: Any, services: Services, actor: Actor, known: Session) -> bool:
    return known.patient is None or known.patient in patients_of(tx, actor, clock=services.clock)


@contextmanager
def _writing(request: Request, services: Services, actor: Actor, session_id: str) -> Iterator[Hand]:
    """One transaction; listeners are woken when it has been committed."""
    with services.db.transaction() as tx:
        known = _mine(tx, services, actor, session_id)
        yield Hand(tx, known, actor, services.log)
    hub_of(request.app).wake(session_id)


def _question(services: Services, actor: Actor, session_id: str, question_id: str) -> tuple[Session, str]:
    with services.db.reading() as tx:
        known = _mine(tx, services, actor, session_id)
        shared = fold(read_events(tx, session_id, audience="physician"))
    return known, sessions.question_of(shared, question_id).text


def _section(services: Services, passage: Passage) -> tuple[Passage, ...]:
    """The passages under the same heading, in reading order."""
    try:
        with services.db.reading() as tx:
            whole = services.library.passages_of(tx, passage.document.edition)
    except NotFound:
        return (passage,)
    return tuple(one for one in whole if one.section == passage.section)


def _passages(services: Services, hand: Hand, state: Shared, wanted: set[str]) -> dict[str, Passage]:
    """Cited passages, from the library as it is now, else from the consults they were shown in."""
    found = services.library.passages(hand.tx, wanted)
    for recommendation in state.recommendations if wanted - set(found) else ():
        for hit in load(hand.tx, recommendation)[0].evidence:
            found.setdefault(hit.passage.id, hit.passage)
    return found


def _done(request: Request, session_id: str) -> Response:
    """A page's script needs no page; a form without a script gets one."""
    if "text/html" not in request.headers.get("accept", ""):
        return Response(status_code=204)
    return go_to(request, f"/sessions/{session_id}")
