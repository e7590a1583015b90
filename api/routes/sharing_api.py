"""Shared sessions by API: the physician's side, under the same policies as the pages."""

from datetime import date
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api import idempotency
from api.auth.identity import Scope
from api.deps import Parts, allow
from api.sharing_access import grid_passages, mine, open_to, physicians_events, writing
from api.sharing_hub import hub_of
from api.sharing_json import session_document
from api.sharing_opening import open_for
from cds.actors import Actor, Role
from cds.recommendations import load
from cds.sharing import editing, joining, members, release, sessions, talking

router = APIRouter(prefix="/api/v1", tags=["sessions"])

Physician = Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.SHARE)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=128)]
Id = Annotated[str, Field(max_length=64)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Open(_Body):
    """The consult whose question is to be decided together."""

    consult: Id


class Admission(_Body):
    """Whether the one in the waiting room is let in, refused, or shown out later."""

    admit: Literal["yes", "no", "remove"]


class Items(_Body):
    """Items to show or to take back: `OPTION.ASPECT`, `option.OPTION`, `topic.NAME`, `answer.QUESTION`, `all`."""

    items: list[Annotated[str, Field(max_length=80)]] = Field(min_length=1, max_length=60)
    reason: str = Field(default="", max_length=4000, description="Needed while a qualifying item is missing.")


class CellLine(_Body):
    """A line of a cell; without an id it is a new one."""

    id: Id = "new"
    text: str = Field(max_length=600)


class CellText(_Body):
    """The lines of a cell as they shall be."""

    lines: list[CellLine] = Field(max_length=20)


class TopicText(_Body):
    """What is said of the decision as a whole."""

    text: str = Field(max_length=4000)


class Answer(_Body):
    """The physician's answer to a question: own words, a consult, or both."""

    text: str = Field(default="", max_length=4000)


class Agreed(_Body):
    """What was decided together."""

    choice: str = Field(max_length=200)
    physician_leaned: str = Field(default="", max_length=200)
    patient_leaned: str = Field(default="", max_length=200)
    declined: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=10)
    next_steps: str = Field(default="", max_length=4000)
    review_on: date | None = None
    name_on_page: str = Field(default="", max_length=200)


@router.post("/sessions", status_code=201, response_model=None)
def opened(body: Open, request: Request, actor: Physician, services: Parts, key: Key = None) -> Response:
    """Open a session about a consult's question. With an `Idempotency-Key`, sent twice it is opened once."""
    now = services.clock.now()
    wanted = f"session {body.model_dump_json()}"
    taken = idempotency.claim(services.db, actor=actor, key=key, request=wanted, at=now)
    if taken is not None and taken.result is not None:
        return _shown(services, actor, taken.result, 201)
    try:
        made = open_for(request, services, actor, body.consult)
    except BaseException:
        idempotency.free(services.db, taken)
        raise
    idempotency.keep(services.db, taken, made.id)
    return _shown(services, actor, made.id, 201)


@router.get("/sessions", response_model=None)
def listed(actor: Physician, services: Parts) -> Response:
    """My sessions, newest first."""
    with services.db.reading() as tx:
        known = [one for one in sessions.sessions_by(tx, actor) if open_to(tx, services, actor, one)]
    shown = [
        {
            "id": one.id,
            "consult": one.recommendation,
            "patient": one.patient,
            "opened_at": one.opened_at,
            "ended_at": one.ended_at,
        }
        for one in known
    ]
    return _json({"sessions": shown})


@router.get("/sessions/{session_id}", response_model=None)
def session(session_id: str, actor: Physician, services: Parts) -> Response:
    """Everything of a session, and what of it the patient sees."""
    return _shown(services, actor, session_id)


@router.get(
    "/sessions/{session_id}/events", response_model=None, responses={200: {"content": {"text/event-stream": {}}}}
)
def events(
    session_id: str, request: Request, actor: Physician, services: Parts, after: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """What happens, as it happens; a `Last-Event-ID` continues after it."""
    return physicians_events(request, services, actor, session_id, after=after)


@router.post("/sessions/{session_id}/code", status_code=201, response_model=None)
def code(session_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """A new code to join with; the one before opens nothing any more."""
    with services.db.reading() as tx:
        known = mine(tx, services, actor, session_id)
    joining.invite(services.db, known, actor=actor, clock=services.clock, log=services.log)
    hub_of(request.app).wake(session_id)
    return _shown(services, actor, session_id, 201)


@router.post("/sessions/{session_id}/members/{member_id}", response_model=None)
def member(
    session_id: str, member_id: str, body: Admission, request: Request, actor: Physician, services: Parts
) -> Response:
    """Let somebody in whose mark was compared, refuse them, or end their place."""
    with writing(request, services, actor, session_id) as hand:
        if body.admit == "remove":
            members.remove(hand.tx, hand.session, member_id, actor=actor, log=services.log)
        else:
            yes = body.admit == "yes"
            members.admit(hand.tx, hand.session, member_id, yes=yes, actor=actor, log=services.log)
    return _shown(services, actor, session_id)


@router.put("/sessions/{session_id}/cells/{option_id}/{aspect}", response_model=None)
def cell(
    session_id: str, option_id: str, aspect: str, body: CellText, request: Request, actor: Physician, services: Parts
) -> Response:
    """The lines of a cell; each that changed is checked against its source again."""
    with writing(request, services, actor, session_id) as hand:
        passages = grid_passages(services, hand, hand.state())
        editing.edit_cell(hand, option_id, aspect, [(line.id, line.text) for line in body.lines], passages)
    return _shown(services, actor, session_id)


@router.put("/sessions/{session_id}/topics/{name}", response_model=None)
def topic(session_id: str, name: str, body: TopicText, request: Request, actor: Physician, services: Parts) -> Response:
    """What is said of the decision as a whole."""
    with writing(request, services, actor, session_id) as hand:
        editing.describe(hand, name, body.text)
    return _shown(services, actor, session_id)


@router.post("/sessions/{session_id}/release", response_model=None)
def show(session_id: str, body: Items, request: Request, actor: Physician, services: Parts) -> Response:
    """Let the patient see these items as they are now."""
    with writing(request, services, actor, session_id) as hand:
        release.release(hand, body.items, reason=body.reason)
    return _shown(services, actor, session_id)


@router.post("/sessions/{session_id}/withdraw", response_model=None)
def take_back(session_id: str, body: Items, request: Request, actor: Physician, services: Parts) -> Response:
    """Take items back from the patient's page."""
    with writing(request, services, actor, session_id) as hand:
        release.withdraw(hand, body.items)
    return _shown(services, actor, session_id)


@router.post("/sessions/{session_id}/questions/{question_id}", response_model=None)
def answer(
    session_id: str, question_id: str, body: Answer, request: Request, actor: Physician, services: Parts
) -> Response:
    """Answer in own words; nobody else sees it until it is released."""
    with writing(request, services, actor, session_id) as hand:
        talking.answer(hand, question_id, own_words=body.text)
    return _shown(services, actor, session_id)


@router.post("/sessions/{session_id}/questions/{question_id}/release", response_model=None)
def release_answer(session_id: str, question_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """Let the patient see the answer."""
    with writing(request, services, actor, session_id) as hand:
        asked = talking.question_of(hand.state(), question_id)
        found = load(hand.tx, asked.recommendation)[0] if asked.recommendation else None
        release.release_answer(hand, question_id, found)
    return _shown(services, actor, session_id)


@router.put("/sessions/{session_id}/agreement", response_model=None)
def agreement(session_id: str, body: Agreed, request: Request, actor: Physician, services: Parts) -> Response:
    """What was decided together."""
    with writing(request, services, actor, session_id) as hand:
        talking.agree(hand, **body.model_dump())
    return _shown(services, actor, session_id)


@router.post("/sessions/{session_id}/end", response_model=None)
def ended(session_id: str, request: Request, actor: Physician, services: Parts) -> Response:
    """Nothing is added afterwards."""
    with writing(request, services, actor, session_id) as hand:
        sessions.end(hand, clock=services.clock)
    return _shown(services, actor, session_id)


def _shown(services: Any, actor: Actor, session_id: str, status: int = 200) -> Response:
    with services.db.reading() as tx:
        known = mine(tx, services, actor, session_id)
        document = session_document(tx, known, clock=services.clock)
    headers = {"location": f"/api/v1/sessions/{session_id}"} if status == 201 else None
    return Response(orjson.dumps(document), status, headers, media_type="application/json")


def _json(document: Any) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
