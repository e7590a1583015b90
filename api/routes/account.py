"""My account: who I am here, my password, my API tokens."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, Response

from api.auth.accounts import account_with
from api.auth.identity import Scope, set_cookie
from api.auth.passwords import SHORTEST
from api.auth.sign_in import TooManyAttempts, WrongCredentials, change_password
from api.auth.tokens import add_token, revoke_token, tokens_of
from api.deps import Parts, ReadTx, WriteTx, everyone
from api.errors import status_of
from api.pages import go_to, page
from api.services import Services
from cds.actors import Actor
from cds.errors import CdsError, InvalidInput

router = APIRouter(include_in_schema=False)

Me = Annotated[Actor, everyone()]
_LASTS = {"7": "a week", "30": "a month", "90": "three months", "365": "a year"}


@router.get("/account")
def account(request: Request, actor: Me, services: Parts, tx: ReadTx) -> HTMLResponse:
    """Who I am here."""
    return page(request, "account.html", **_shown(tx, services, actor))


@router.post("/account/password")
def password(
    request: Request,
    actor: Me,
    services: Parts,
    old: Annotated[str, Form(max_length=256)] = "",
    new: Annotated[str, Form(max_length=256)] = "",
    again: Annotated[str, Form(max_length=256)] = "",
) -> Response:
    """Another password; whoever else is signed in as me is not any more."""
    with services.db.reading() as tx:
        mine = account_with(tx, actor.id)
        values = _shown(tx, services, actor)
    try:
        if mine.password is None:
            raise InvalidInput("Your password is kept by the house's own sign-in; change it there.")
        if new != again:
            raise InvalidInput("The two new passwords differ.", code="weak_password")
        secret = change_password(
            services.db,
            mine,
            old=old,
            new=new,
            passwords=request.app.state.passwords,
            log=services.log,
            clock=services.clock,
        )
    except (InvalidInput, WrongCredentials, TooManyAttempts) as wrong:
        return page(request, "account.html", status_code=status_of(wrong), **{**values, "wrong": wrong})
    answer = page(request, "account.html", **{**values, "changed": True})
    set_cookie(request, answer, secret)
    return answer


@router.post("/account/tokens")
def make(
    request: Request,
    actor: Me,
    services: Parts,
    tx: WriteTx,
    name: Annotated[str, Form(max_length=80)] = "",
    scopes: Annotated[list[str] | None, Form(max_length=len(Scope))] = None,
    days: Annotated[str, Form(max_length=3)] = "",
) -> HTMLResponse:
    """A new API token, shown this once."""
    mine = account_with(tx, actor.id)
    try:
        if not name.strip() or days not in _LASTS or not scopes or not set(scopes) <= set(Scope):
            raise InvalidInput("A token needs a name, at least one scope and a time.", code="token_incomplete")
    except CdsError as wrong:
        return page(
            request, "account.html", status_code=status_of(wrong), **{**_shown(tx, services, actor), "wrong": wrong}
        )
    secret, made = add_token(
        tx,
        mine,
        name=name,
        scopes=[Scope(scope) for scope in scopes],
        at=services.clock.now(),
        lasts=timedelta(days=int(days)),
    )
    details = {"account": actor.id, "scopes": sorted(made.scopes)}
    services.log.append(tx, kind="api_token.made", actor=actor, subject=made.id, details=details)
    return page(request, "account.html", **{**_shown(tx, services, actor), "secret": secret})


@router.post("/account/tokens/{token_id}/revoke")
def revoke(token_id: str, request: Request, actor: Me, services: Parts, tx: WriteTx) -> Response:
    """End one of my tokens now."""
    revoke_token(tx, token_id, account_id=actor.id, at=services.clock.now())
    services.log.append(tx, kind="api_token.revoked", actor=actor, subject=token_id, details={"account": actor.id})
    return go_to(request, "/account#tokens")


def _shown(tx: ReadTx, services: Services, actor: Actor) -> dict[str, Any]:
    mine, now = account_with(tx, actor.id), services.clock.now()
    return {
        "account": mine,
        "tokens": [token for token in tokens_of(tx, actor.id) if token.revoked is None and token.ends > now],
        "scopes": list(Scope),
        "lasts": _LASTS,
        "shortest": SHORTEST,
        "secret": None,
        "wrong": None,
        "changed": False,
    }
