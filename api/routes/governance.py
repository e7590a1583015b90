"""The governance card: what the rule asks of decision support and what is known, as a page, JSON and FHIR."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response

from api.auth.accounts import names_of
from api.auth.tokens import Scope
from api.deps import Parts, ReadTx, WriteTx, allow
from api.pages import go_to, page
from api.services import Services
from cds.actors import Actor, Role
from cds.review.card import Line, card, state_attribute
from cds.review.card_fhir import card_to_fhir

router = APIRouter()

CardReader = Annotated[Actor, allow(Role.AUDITOR, Role.ADMINISTRATOR)]
Program = Annotated[Actor, allow(Role.AUDITOR, scope=Scope.AUDIT)]


@router.get("/governance", include_in_schema=False)
def governance(request: Request, actor: CardReader, services: Parts, tx: ReadTx) -> HTMLResponse:
    """The card: what is asked of decision support, and what is known."""
    made = card(tx, clock=services.clock)
    people = names_of(tx, {line.by for line in made.lines if line.by and line.seq})
    groups: dict[str, list[Line]] = {}
    for line in made.lines:
        groups.setdefault(line.attribute.group, []).append(line)
    return page(request, "governance.html", groups=groups, counts=made.to_json()["counts"], names=people)


@router.get("/governance/card", include_in_schema=False)
def taken(
    actor: CardReader,
    services: Parts,
    tx: ReadTx,
    as_: Annotated[str, Query(alias="format", pattern="^(json|fhir)$")] = "json",
) -> Response:
    """The card as a file."""
    media = {"json": "application/json", "fhir": "application/fhir+json"}[as_]
    headers = {"content-disposition": f'attachment; filename="governance-card.{as_}.json"'}
    return Response(orjson.dumps(_document(services, tx, as_)), 200, headers, media)


@router.post("/governance", include_in_schema=False)
def state(
    request: Request,
    actor: CardReader,
    services: Parts,
    tx: WriteTx,
    attribute: Annotated[str, Form(max_length=40)] = "",
    text: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Put a dated statement on the card."""
    state_attribute(tx, actor, attribute, text, log=services.log, clock=services.clock)
    return go_to(request, f"/governance#{attribute}")


@router.get("/api/v1/review/card", tags=["audit"], response_model=None)
def api_card(
    actor: Program,
    services: Parts,
    tx: ReadTx,
    as_: Annotated[str, Query(alias="format", pattern="^(json|fhir)$")] = "json",
) -> dict[str, Any]:
    """The governance card; as FHIR a Library."""
    return _document(services, tx, as_)


def _document(services: Services, tx: Connection, as_: str) -> dict[str, Any]:
    made = card(tx, clock=services.clock)
    return card_to_fhir(made, software=services.software) if as_ == "fhir" else made.to_json()
