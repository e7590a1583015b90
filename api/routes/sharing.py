"""Shared sessions of a physician: opened, seen, heard, printed, ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from api.deps import Parts
from api.pages import go_to, page
from api.services import Services
from api.sharing_access import Physician, Word, done, mine, open_to, physicians_events, writing
from api.sharing_model import shared_model, usable_model
from api.sharing_opening import open_for
from api.sharing_pdf import pdf_of
from api.sharing_public import patient_values
from api.sharing_view import physician_values
from api.sharing_words import OWN_NAMES
from cds.actors import Actor
from cds.clock import today
from cds.recommendations import load, questions
from cds.recommendations import page as listed_page
from cds.sharing import joining, members, sessions
from cds.sharing.events import read_events
from cds.sharing.instruments import COLLABORATE, IMPORTANCE, SURE, needs_support
from cds.sharing.rewording import LANGUAGES
from cds.sharing.state import Shared, fold

router = APIRouter(include_in_schema=False)


@router.get("/sessions")
def listed(request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """My sessions, newest first."""
    with services.db.reading() as tx:
        mine = [one for one in sessions.sessions_by(tx, actor) if open_to(tx, services, actor, one)]
        rows = {row.id: row for row in listed_page(tx, asked_by=actor.id, limit=1000).rows}
        asked = questions(tx, [rows[one.recommendation] for one in mine if one.recommendation in rows])
        people = {person.id: person for person in services.records.listed(tx, actor)}
    return page(request, "sharing/sessions.html", sessions=mine, questions=asked, people=people)


@router.post("/sessions")
def opened(request: Request, actor: Physician, services: Parts, consult: Word = "") -> Response:
    """Open a session about a consult's question; its grid is drafted from what the library says."""
    made = open_for(request, services, actor, consult)
    return go_to(request, f"/sessions/{made.id}")


@router.get("/sessions/{session_id}")
def session(session_id: str, request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """The physician's page."""
    return page(request, "sharing/session.html", **_values(request, services, actor, session_id))


@router.get("/sessions/{session_id}/live")
def live(session_id: str, request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """The parts of the page that change, as they are now."""
    return page(request, "sharing/session_parts.html", **_values(request, services, actor, session_id))


@router.get("/sessions/{session_id}/print")
def printed(session_id: str, request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """What the patient takes home."""
    values = _values(request, services, actor, session_id)
    shared: Shared = values["shared"]
    values = patient_values(shared, shared.language or "en")
    return page(request, "sharing/take_home.html", **values, on=today(services.clock), home=f"/sessions/{session_id}")


@router.get("/sessions/{session_id}/print.pdf")
def printed_as_pdf(session_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """The same as a file."""
    shared: Shared = _values(request, services, actor, session_id)["shared"]
    return pdf_of(shared, shared.language or "en", services)


@router.get("/sessions/{session_id}/events")
def events(
    session_id: str, request: Request, actor: Physician, services: Parts, after: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """Everything that happens here, as it happens."""
    return physicians_events(request, services, actor, session_id, after=after)


@router.post("/sessions/{session_id}/end")
def ended(session_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """The session is over."""
    with writing(request, services, actor, session_id) as hand:
        sessions.end(hand, clock=services.clock)
    return done(request, session_id)


def _values(request: Request, services: Services, actor: Actor, session_id: str) -> dict[str, Any]:
    with services.db.reading() as tx:
        known = mine(tx, services, actor, session_id)
        shared = fold(read_events(tx, session_id, audience="physician"))
        answers = {asked.id: load(tx, asked.recommendation)[0] for asked in shared.questions if asked.recommendation}
        joined = members.members_of(tx, known)
        people = {person.id: person for person in services.records.listed(tx, actor)}
        return {
            **physician_values(shared),
            "session": known,
            "person": people.get(known.patient or ""),
            "code": joining.open_code(tx, known, clock=services.clock),
            "members": [one for one in joined if one.state in ("waiting", "confirmed")],
            "answers": answers,
            "model": usable_model(services),
            "at_work": shared_model(request.app).doing(session_id),
            "languages": {code: OWN_NAMES[code] for code in LANGUAGES},
            "sure": SURE,
            "collaborate": COLLABORATE,
            "importance": IMPORTANCE,
            "needs_support": needs_support,
        }
