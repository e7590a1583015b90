"""The service as an OpenAI-compatible chat: the reply is the checked answer with its citations, never the raw model."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from api.auth.identity import Scope
from api.consult_view import as_reply, view_of
from api.deps import Parts, allow
from api.errors import as_openai
from api.live import LiveConsult, Recorded
from api.routes.consults import Ask, begin
from cds.actors import Actor, Role
from cds.consult import LONGEST_QUESTION
from cds.errors import CdsError, InvalidInput, NotFound

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])

MODEL = "evidence-cds"
Caller = Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.CONSULT)]


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = ""


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class ChatRequest(BaseModel):
    """What of OpenAI's request matters here; temperature and its like have no meaning for a checked answer."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(max_length=200)
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool = False
    metadata: dict[str, str] | None = Field(default=None, description="`patient`: the id of the patient it is about.")


@router.get("/models", response_model=None)
def models(actor: Caller) -> dict[str, Any]:
    """The one model there is: this service."""
    return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "local"}]}


@router.post("/chat/completions", response_model=None)
async def complete(request: Request, body: ChatRequest, actor: Caller, services: Parts) -> Response:
    """The last message of the user is the question; it is answered and recorded like every consult."""
    if body.model != MODEL:
        raise NotFound(f"There is one model here: {MODEL}.", code="model_not_found")
    question = next((message.text for message in reversed(body.messages) if message.role == "user"), "").strip()
    if not 1 <= len(question) <= LONGEST_QUESTION:
        raise InvalidInput(f"The last message of the user is the question: 1 to {LONGEST_QUESTION} characters.")
    patient = (body.metadata or {}).get("patient") or None
    live = await begin(request, services, actor, Ask(question=question, patient=patient))
    created = int(services.clock.now().timestamp())
    if body.stream:
        headers = {"x-accel-buffering": "no"}
        return StreamingResponse(_chunks(live, created), media_type="text/event-stream", headers=headers)
    recorded = await live.finished()
    document = {
        **_about(recorded, created, "chat.completion"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": _content(recorded), "refusal": None},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }
    return Response(orjson.dumps(document), media_type="application/json")


async def _chunks(live: LiveConsult, created: int) -> AsyncIterator[bytes]:
    """Nothing of the answer is sent before it is recorded; comments keep the connection open until then."""
    try:
        async for event in live.events():
            if not isinstance(event, Recorded):
                yield b": working\n\n"
                continue
            about = _about(event, created, "chat.completion.chunk")
            for delta, finish in (
                ({"role": "assistant", "content": ""}, None),
                ({"content": _content(event)}, None),
                ({}, "stop"),
            ):
                yield _event({**about, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    except CdsError as error:
        yield _event(as_openai(error))
    yield b"data: [DONE]\n\n"


def _about(recorded: Recorded, created: int, kind: str) -> dict[str, Any]:
    shown = recorded.recommendation
    return {
        "id": f"chatcmpl-{shown.id}",
        "object": kind,
        "created": created,
        "model": MODEL,
        "cds": {"consult": shown.id, "status": shown.status, "entry": recorded.audit.seq},
    }


def _content(recorded: Recorded) -> str:
    return as_reply(view_of(recorded.recommendation, recorded.audit))


def _event(document: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(document) + b"\n\n"
