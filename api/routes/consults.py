"""Consults by API: ask, read again, decide, search."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import idempotency
from api.auth.identity import Scope
from api.consults import history_of, read_consult, scope_of
from api.deps import Parts, ReadTx, allow
from api.errors import problem_document
from api.live import LiveConsult, LiveConsults, Place, Recorded, stream
from api.record_search import search_record
from api.services import Services
from cds.actors import Actor, Role
from cds.consult import LONGEST_QUESTION, Question
from cds.decisions import decide
from cds.errors import CdsError, InvalidInput
from cds.evidence import SearchFilter
from cds.recommendations import hit_to_json, to_json

router = APIRouter(prefix="/api/v1", tags=["consults"])

Asker = Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.CONSULT)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=128)]


class Ask(BaseModel):
    """A question, of the guidelines in force or of those in force on a day gone by."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    patient: str | None = Field(default=None, max_length=64, description="A patient's id; none for a general question.")
    as_of: date | None = Field(default=None, description="Answer from the editions in force on this day.")
    follows: str | None = Field(default=None, max_length=64, description="The consult this question follows up.")


class Decide(BaseModel):
    """What the physician decided."""

    model_config = ConfigDict(extra="forbid")

    choice: Literal["accepted", "modified", "overridden", "deferred"]
    reason: str | None = Field(default=None, max_length=80, description="One of HL7's non-adherence reason codes.")
    comment: str | None = Field(default=None, max_length=4000)
    final_text: str | None = Field(default=None, max_length=20_000, description="With `modified`: the text as changed.")


class Search(BaseModel):
    """A search without an answer. In the body, since a question may hold what must not be in an address."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    limit: int = Field(default=8, ge=1, le=100)
    patient: str | None = Field(default=None, max_length=64)
    as_of: date | None = None


@router.post("/consults", status_code=201, response_model=None, responses={200: {"content": {"text/event-stream": {}}}})
async def ask(request: Request, body: Ask, actor: Asker, services: Parts, key: Key = None) -> Response:
    """Ask. With `Accept: text/event-stream`: the stages and the evidence as they come, then the recommendation."""
    now = services.clock.now()
    taken = await run_in_threadpool(
        lambda: idempotency.claim(services.db, actor=actor, key=key, request=body.model_dump_json(), at=now)
    )
    if taken is not None and taken.result is not None:
        return await run_in_threadpool(_again, services, actor, taken.result)
    try:
        live = await begin(request, services, actor, body)
        if "text/event-stream" in request.headers.get("accept", ""):
            return stream(_told(live, services, taken))
        recorded = await live.finished()
    except BaseException:
        await run_in_threadpool(idempotency.free, services.db, taken)
        raise
    await run_in_threadpool(idempotency.keep, services.db, taken, recorded.recommendation.id)
    document = to_json(recorded.recommendation, recorded.audit)
    return _json(document, 201, location=f"/api/v1/consults/{recorded.recommendation.id}")


@router.get("/consults", response_model=None)
def consults(
    actor: Asker,
    services: Parts,
    tx: ReadTx,
    before: Annotated[int | None, Query(ge=1, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """My consults, newest first."""
    lines, following = history_of(tx, services, actor, before=before, limit=limit)
    shown = [
        {
            "id": line.listed.id,
            "question": line.question,
            "patient": line.listed.patient,
            "asked_at": line.listed.asked_at,
            "status": line.listed.status,
            "state": line.state,
        }
        for line in lines
    ]
    return _json({"consults": shown, "next": following})


@router.get("/consults/{consult_id}", response_model=None)
def consult(consult_id: str, actor: Asker, services: Parts, tx: ReadTx) -> Response:
    """One consult exactly as it was shown, with the decisions since."""
    found = read_consult(tx, services, actor, consult_id)
    return _json(to_json(found.recommendation, found.audit, found.decisions))


@router.post("/consults/{consult_id}/decisions", status_code=201, response_model=None)
def decisions(
    consult_id: str,
    body: Decide,
    actor: Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.DECIDE)],
    services: Parts,
    key: Key = None,
) -> Response:
    """Record what was decided; an earlier decision stays beside it."""
    request = f"{consult_id} {body.model_dump_json()}"
    taken = idempotency.claim(services.db, actor=actor, key=key, request=request, at=services.clock.now())
    try:
        with services.db.reading() as tx:
            known = read_consult(tx, services, actor, consult_id)
        if taken is not None and taken.result is not None:
            made = next(decision for decision in known.decisions if decision.id == taken.result)
        else:
            made = decide(
                services.db,
                log=services.log,
                clock=services.clock,
                actor=actor,
                recommendation_id=consult_id,
                **body.model_dump(),
            )
    except BaseException:
        idempotency.free(services.db, taken)
        raise
    idempotency.keep(services.db, taken, made.id)
    return _json(made.to_json(), 201)


@router.post("/search", response_model=None)
def search(body: Search, actor: Annotated[Actor, allow(*Role, scope=Scope.SEARCH)], services: Parts) -> Response:
    """The passages that bear on a question, without an answer; with a patient, that record's as well."""
    scope = scope_of(services, actor, body.patient)
    found = services.knowledge.search(body.question, limit=body.limit, where=SearchFilter(as_of=body.as_of))
    hits = list(found.hits)
    if scope is not None:
        hits += search_record(services, body.question, scope, actor=actor, limit=body.limit).hits
    return _json({"hits": [hit_to_json(hit) for hit in hits], "generation": found.generation, "mode": found.mode})


async def begin(request: Request, services: Services, actor: Actor, asked: Ask) -> LiveConsult:
    """Check what may be asked and start it."""
    scope = await run_in_threadpool(_admit, services, actor, asked)
    live: LiveConsults = request.app.state.live
    return live.begin(Question(asked.question, as_of=asked.as_of, follows=asked.follows), actor=actor, scope=scope)


def _admit(services: Services, actor: Actor, asked: Ask) -> Any:
    if asked.follows is not None:
        with services.db.reading() as tx:
            before = read_consult(tx, services, actor, asked.follows)
        if before.recommendation.patient != (asked.patient or None):
            raise InvalidInput("A follow-up question is about the same patient.", code="other_patient")
    return scope_of(services, actor, asked.patient)


async def _told(
    live: LiveConsult, services: Services, taken: idempotency.Claim | None
) -> AsyncIterator[tuple[str, str] | None]:
    kept = False
    try:
        async for event in live.events():
            if event is None:
                yield None
            elif isinstance(event, Recorded):
                kept = True
                await run_in_threadpool(idempotency.keep, services.db, taken, event.recommendation.id)
                yield "recommendation", orjson.dumps(to_json(event.recommendation, event.audit)).decode()
            elif isinstance(event, Place):
                yield "place", orjson.dumps({"ahead": event.ahead}).decode()
            elif event.name == "evidence":
                hits = [hit_to_json(hit) for hit in event.hits]
                yield "evidence", orjson.dumps({"hits": hits, "quoted": event.quoted}).decode()
            else:
                yield "stage", orjson.dumps({"stage": event.name}).decode()
    except CdsError as error:
        yield "error", orjson.dumps(problem_document(error)).decode()
    finally:
        if not kept:
            await run_in_threadpool(idempotency.free, services.db, taken)


def _again(services: Services, actor: Actor, consult_id: str) -> Response:
    with services.db.reading() as tx:
        found = read_consult(tx, services, actor, consult_id)
    return _json(to_json(found.recommendation, found.audit, found.decisions), 201)


def _json(document: Any, status: int = 200, **headers: str) -> Response:
    return Response(orjson.dumps(document), status, headers or None, media_type="application/json")
