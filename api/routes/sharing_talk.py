"""The physician with the patient: who comes in, what is asked and answered, what was decided."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.consults import scope_of
from api.deps import Parts
from api.live import LiveConsults
from api.services import Services
from api.sharing_access import Line, Lines, Physician, Word, done, mine, writing
from api.sharing_hub import hub_of
from cds.actors import Actor
from cds.consult import Question
from cds.recommendations import load
from cds.sharing import joining, members, talking
from cds.sharing.events import read_events
from cds.sharing.release import release_answer as show_answer
from cds.sharing.sessions import Session
from cds.sharing.state import fold

router = APIRouter(include_in_schema=False)


@router.post("/sessions/{session_id}/code")
def code(session_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """A new code to join with."""
    with services.db.reading() as tx:
        known = mine(tx, services, actor, session_id)
    joining.invite(services.db, known, actor=actor, clock=services.clock, log=services.log)
    hub_of(request.app).wake(session_id)
    return done(request, session_id)


@router.post("/sessions/{session_id}/members/{member_id}")
def member(
    session_id: str, member_id: str, request: Request, actor: Physician, services: Parts, admit: Word = ""
) -> Response:
    """Let somebody in from the waiting room, refuse them, or end their place."""
    with writing(request, services, actor, session_id) as hand:
        if admit == "remove":
            members.remove(hand.tx, hand.session, member_id, actor=actor, log=services.log)
        else:
            members.admit(hand.tx, hand.session, member_id, yes=admit == "yes", actor=actor, log=services.log)
    return done(request, session_id)


@router.post("/sessions/{session_id}/questions/{question_id}/run")
async def run(session_id: str, question_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """Ask the library the patient's question; the physician sees the checked answer first."""
    known, text = await run_in_threadpool(_question, services, actor, session_id, question_id)
    scope = await run_in_threadpool(scope_of, services, actor, known.patient)
    consults: LiveConsults = request.app.state.live
    question = Question(text, follows=known.recommendation)
    recorded = await consults.begin(question, actor=actor, scope=scope).finished()

    def keep() -> None:
        with writing(request, services, actor, session_id) as hand:
            talking.answer(hand, question_id, recommendation=recorded.recommendation.id)

    await run_in_threadpool(keep)
    return done(request, session_id)


@router.post("/sessions/{session_id}/questions/{question_id}")
def answered(
    session_id: str, question_id: str, request: Request, actor: Physician, services: Parts, text: Line = ""
) -> Response:
    """Answer in own words."""
    with writing(request, services, actor, session_id) as hand:
        talking.answer(hand, question_id, own_words=text)
    return done(request, session_id)


@router.post("/sessions/{session_id}/questions/{question_id}/release")
def release_answer(session_id: str, question_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """Let the patient see the answer."""
    with writing(request, services, actor, session_id) as hand:
        asked = talking.question_of(hand.state(), question_id)
        found = load(hand.tx, asked.recommendation)[0] if asked.recommendation else None
        show_answer(hand, question_id, found)
    return done(request, session_id)


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
    with writing(request, services, actor, session_id) as hand:
        talking.agree(
            hand,
            choice=choice,
            physician_leaned=physician_leaned,
            patient_leaned=patient_leaned,
            declined=declined or [],
            next_steps=next_steps,
            review_on=review_on,
            name_on_page=name_on_page,
        )
    return done(request, session_id)


def _question(services: Services, actor: Actor, session_id: str, question_id: str) -> tuple[Session, str]:
    with services.db.reading() as tx:
        known = mine(tx, services, actor, session_id)
        shared = fold(read_events(tx, session_id, audience="physician"))
    return known, talking.question_of(shared, question_id).text
