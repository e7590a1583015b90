"""The consult page: ask, watch, read, decide, go on; and my history."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.auth.accounts import names_of
from api.consult_view import (
    CHOICE_WORDS,
    STATUS_WORDS,
    as_text,
    cards_of,
    citations_in,
    reason_groups,
    short_reasons,
    view_of,
)
from api.consults import Consult, history_of, read_consult, strip_for, thread_of
from api.deps import Parts, ReadTx, WriteTx, allow
from api.errors import problem_document
from api.gaps import is_reported, report_gap
from api.live import LiveConsult, Place, Recorded, stream
from api.pages import address, go_to, page, render
from api.routes.consults import Ask, begin
from api.services import Services
from cds.actors import Actor, Role
from cds.clock import today
from cds.decisions import decide
from cds.errors import CdsError

router = APIRouter(include_in_schema=False)

Physician = Annotated[Actor, allow(Role.PHYSICIAN)]
_A_PAGE = 30


@router.get("/consults/new")
def new(
    request: Request, actor: Physician, services: Parts, patient: Annotated[str, Query(max_length=64)] = ""
) -> HTMLResponse:
    """The empty field, with the patient in view if one was chosen."""
    strip = strip_for(services, actor, patient or None)
    with services.db.reading() as tx:
        people = services.records.listed(tx, actor)
    return page(request, "consult.html", strip=strip, people=people, view=None, cards=(), thread=())


@router.get("/consults")
def consults(
    request: Request,
    actor: Physician,
    services: Parts,
    tx: ReadTx,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """My consults, newest first."""
    lines, following = history_of(tx, services, actor, before=before, limit=_A_PAGE)
    people = {person.id: person for person in services.records.listed(tx, actor)}
    return page(
        request,
        "consults.html",
        lines=lines,
        following=following,
        people=people,
        status_words=STATUS_WORDS,
        choice_words=CHOICE_WORDS,
    )


@router.post("/consults")
async def ask(
    request: Request,
    actor: Physician,
    services: Parts,
    question: Annotated[str, Form(max_length=2000)] = "",
    patient: Annotated[str, Form(max_length=64)] = "",
    follows: Annotated[str, Form(max_length=64)] = "",
    as_of: Annotated[date | None, Form()] = None,
) -> Response:
    """Ask from the page: as a stream of its parts where the page's script asks, else the whole at the end."""
    # `model_construct`: lengths were checked above, and an empty question is refused by the consult in words.
    asked = Ask.model_construct(question=question, patient=patient or None, follows=follows or None, as_of=as_of)
    live = await begin(request, services, actor, asked)
    if "text/event-stream" in request.headers.get("accept", ""):
        return stream(_told(request, live, services, as_of))
    recorded = await live.finished()
    return go_to(request, f"/consults/{recorded.recommendation.id}")


@router.get("/consults/{consult_id}")
def consult(consult_id: str, request: Request, actor: Physician, services: Parts) -> HTMLResponse:
    """One consult again, as it was shown."""
    with services.db.reading() as tx:
        found = read_consult(tx, services, actor, consult_id)
        earlier = thread_of(tx, services, actor, found)
        names = names_of(tx, {found.recommendation.asked_by, *(decision.by for decision in found.decisions)})
        people = services.records.listed(tx, actor)
        told = is_reported(tx, consult_id)
    strip = strip_for(services, actor, found.recommendation.patient)
    return page(
        request,
        "consult.html",
        strip=strip,
        people=people,
        thread=[view_of(one.recommendation, one.audit, one.decisions) for one in earlier],
        **{**_answer_values(found, names), "told": told},
    )


@router.get("/consults/{consult_id}/text")
def text(consult_id: str, actor: Physician, services: Parts, tx: ReadTx) -> PlainTextResponse:
    """The answer as plain text with its citations, for the chart."""
    found = read_consult(tx, services, actor, consult_id)
    names = names_of(tx, {found.recommendation.asked_by})
    view = view_of(found.recommendation, found.audit, found.decisions)
    return PlainTextResponse(as_text(view, asked_by=names[found.recommendation.asked_by]))


@router.post("/consults/{consult_id}/decisions")
def decision(
    consult_id: str,
    request: Request,
    actor: Physician,
    services: Parts,
    choice: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=80)] = "",
    comment: Annotated[str, Form(max_length=4000)] = "",
    final_text: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Record the decision and show the page again."""
    with services.db.reading() as tx:
        read_consult(tx, services, actor, consult_id)
    decide(
        services.db,
        log=services.log,
        clock=services.clock,
        actor=actor,
        recommendation_id=consult_id,
        choice=choice,
        reason=reason or None,
        comment=comment or None,
        final_text=final_text.replace("\r\n", "\n") if choice == "modified" else None,
    )
    return go_to(request, f"/consults/{consult_id}#decision")


@router.post("/consults/{consult_id}/gap")
def gap(
    consult_id: str,
    request: Request,
    actor: Physician,
    services: Parts,
    tx: WriteTx,
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Tell the librarian what the library should have answered, in words the physician has seen."""
    found = read_consult(tx, services, actor, consult_id)
    report_gap(
        tx,
        consult_id,
        text,
        patient=found.recommendation.patient,
        actor=actor,
        at=services.clock.now(),
        log=services.log,
    )
    return go_to(request, f"/consults/{consult_id}#answer")


async def _told(
    request: Request, live: LiveConsult, services: Services, as_of: date | None
) -> AsyncIterator[tuple[str, str] | None]:
    """The page's parts as they come, rendered here so that every text is escaped in one place."""
    on = as_of or today(services.clock)
    try:
        async for event in live.events():
            if event is None:
                yield None
            elif isinstance(event, Recorded):
                found = Consult(event.recommendation, event.audit, ())
                yield "recommendation", await run_in_threadpool(_recorded, request, services, found)
            elif isinstance(event, Place):
                yield "place", _data(ahead=event.ahead)
            elif event.name == "evidence":
                cards = cards_of(event.hits, event.quoted, on=on)
                yield "evidence", _data(html=render(request, "parts/evidence.html", cards=cards, early=True))
            else:
                yield "stage", _data(stage=event.name)
    except CdsError as error:
        yield "error", orjson.dumps(problem_document(error)).decode()


def _recorded(request: Request, services: Services, found: Consult) -> str:
    with services.db.reading() as tx:
        names = names_of(tx, {found.recommendation.asked_by})
    values = _answer_values(found, names)
    return _data(
        id=found.recommendation.id,
        address=address(request, f"/consults/{found.recommendation.id}"),
        html=render(request, "parts/answer.html", **values),
        evidence=render(request, "parts/evidence.html", cards=values["cards"], early=False),
    )


def _answer_values(found: Consult, names: dict[str, str]) -> dict[str, Any]:
    shown = found.recommendation
    on = shown.as_of or shown.asked_at.date()
    return {
        "view": view_of(shown, found.audit, found.decisions),
        "cards": cards_of(shown.evidence, citations_in(shown), on=on),
        "names": names,
        "choice_words": CHOICE_WORDS,
        "short_reasons": short_reasons(),
        "reason_groups": reason_groups(),
        "told": False,
    }


def _data(**values: str | int) -> str:
    return orjson.dumps(values).decode()
