"""Signing in and out."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.auth.identity import clear_cookie, cookie_name, set_cookie
from api.auth.sign_in import TooManyAttempts, WrongCredentials, sign_in, sign_out
from api.deps import Asking, Parts, WriteTx, anyone
from api.pages import go_to, page

router = APIRouter(include_in_schema=False)
# Only a path of our own may follow a sign-in: no scheme, no host, no `//`.
_OWN_PATH = re.compile(r"/(?!/)[\w/.~-]{0,200}")


@router.get("/sign-in", dependencies=[anyone()])
def sign_in_page(request: Request, asking: Asking, next: str = "") -> Response:  # noqa: A002 the name in the address
    """The form."""
    if asking.actor is not None:
        return go_to(request, "/")
    return page(request, "sign_in.html", after=_own(next), wrong=None)


@router.post("/sign-in", dependencies=[anyone()])
def sign_in_form(
    request: Request,
    services: Parts,
    name: Annotated[str, Form(max_length=80)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    after: Annotated[str, Form(max_length=201)] = "",
) -> Response:
    """Name and password in, a cookie out."""
    cookie_name(request)  # refuses plain HTTP from elsewhere before the password is looked at
    try:
        secret, _ = sign_in(
            services.db,
            name=name,
            password=password,
            address=request.client.host if request.client else "",
            passwords=request.app.state.passwords,
            log=services.log,
            clock=services.clock,
        )
    except WrongCredentials as wrong:
        return page(request, "sign_in.html", status_code=401, after=_own(after), wrong=wrong.message)
    except TooManyAttempts as wrong:
        return page(request, "sign_in.html", status_code=429, after=_own(after), wrong=wrong.message)
    answer = go_to(request, _own(after) or "/")
    set_cookie(request, answer, secret)
    return answer


@router.post("/sign-out", dependencies=[anyone()])
def sign_out_form(request: Request, services: Parts, asking: Asking, tx: WriteTx) -> Response:
    """The sign-in ends here and now, on the server."""
    secret = request.cookies.get(cookie_name(request), "")
    if asking.actor is not None and secret:
        sign_out(tx, secret)
        services.log.append(tx, kind="sign_in.ended", actor=asking.actor, subject=asking.actor.id)
    answer = go_to(request, "/sign-in")
    clear_cookie(request, answer)
    return answer


def _own(path: str) -> str:
    return path if _OWN_PATH.fullmatch(path) else ""
