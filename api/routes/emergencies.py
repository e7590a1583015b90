"""Emergency access looked through by an auditor: who opened which record, why, for how long, and what was found."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from api.auth.accounts import names_of
from api.auth.identity import Scope
from api.deps import Parts, ReadTx, WriteTx, allow
from api.pages import go_to, page
from cds.actors import Actor, Role
from cds.emergencies import FINDINGS, LONGEST_REASON, emergencies, review_emergency, to_json

router = APIRouter()

Auditor = Annotated[Actor, allow(Role.AUDITOR)]
Reviewer = Annotated[Actor, allow(Role.AUDITOR, scope=Scope.AUDIT)]
Before = Annotated[str | None, Query(max_length=26, description="`next` of the page before.")]
_A_PAGE = 50


class Finding(BaseModel):
    """What an auditor found."""

    model_config = ConfigDict(extra="forbid")

    finding: Literal["justified", "questioned"]
    comment: str = Field(default="", max_length=LONGEST_REASON)


@router.get("/emergencies", include_in_schema=False)
def listed(request: Request, actor: Auditor, services: Parts, tx: ReadTx, before: Before = None) -> HTMLResponse:
    """Every emergency access, the newest first."""
    found, following = emergencies(tx, actor, clock=services.clock, before=before, limit=_A_PAGE)
    names = names_of(tx, {one.actor for one in found} | {one.reviewed_by for one in found if one.reviewed_by})
    return page(request, "emergencies.html", listed=found, following=following, names=names, findings=FINDINGS)


@router.post("/emergencies/{number}/review", include_in_schema=False)
def review(
    number: str,
    request: Request,
    actor: Auditor,
    services: Parts,
    tx: WriteTx,
    finding: Annotated[str, Form(max_length=20)] = "",
    comment: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    """Record what was found."""
    review_emergency(tx, actor, number, finding, comment=comment, clock=services.clock, log=services.log)
    return go_to(request, "/emergencies")


@router.get("/api/v1/emergencies", tags=["audit"])
def listed_api(
    actor: Reviewer,
    services: Parts,
    tx: ReadTx,
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Every emergency access, the newest first."""
    found, following = emergencies(tx, actor, clock=services.clock, before=before, limit=limit)
    names = names_of(tx, {one.actor for one in found})
    return {"emergencies": [to_json(one, names) for one in found], "next": following}


@router.post("/api/v1/emergencies/{number}/review", tags=["audit"], status_code=201)
def review_api(number: str, body: Finding, actor: Reviewer, services: Parts, tx: WriteTx) -> dict[str, Any]:
    """Record what was found."""
    made = review_emergency(
        tx, actor, number, body.finding, comment=body.comment, clock=services.clock, log=services.log
    )
    return to_json(made, names_of(tx, {made.actor}))
