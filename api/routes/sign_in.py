"""Signing in and out."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.auth.identity import Identity, clear_cookie, cookie_name, set_cookie
from api.auth.openid.signing_in import METHOD
from api.auth.sign_in import TooManyAttempts, WrongCredentials, sign_in, sign_out
from api.deps import Asking, Parts, anyone
from api.errors import status_of
from api.pages import go_to, page
from api.services import Services
from cds.errors import CdsError

router = APIRouter(include_in_schema=False)
# Only a path of our own may follow a sign-in: no scheme, no host, no `//`.
_OWN_PATH = re.compile(r"/(?!/)[\w/.~-]{0,200}")


@router.get("/sign-in", dependencies=[anyone()])
def sign_in_page(request: Request, asking: Asking, services: Parts, next: str = "") -> Response:  # noqa: A002 the name in the address
    """The form."""
    if asking.actor is not None:
        return go_to(request, "/")
    return _form(request, services, after=own_path(next))


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
    except (WrongCredentials, TooManyAttempts) as wrong:
        return _form(request, services, after=own_path(after), wrong=wrong)
    answer = go_to(request, own_path(after) or "/")
    set_cookie(request, answer, secret)
    return answer


@router.post("/sign-out", dependencies=[anyone()])
def sign_out_form(request: Request, services: Parts, asking: Asking) -> Response:
    """The sign-in ends here and now, on the server; one begun at the provider is then ended there as well."""
    secret = request.cookies.get(cookie_name(request), "")
    method = None
    if asking.actor is not None and secret:
        with services.db.transaction() as tx:
            method = sign_out(tx, secret)
            services.log.append(tx, kind="sign_in.ended", actor=asking.actor, subject=asking.actor.id)
    answer: Response = go_to(request, "/sign-in")
    if method == METHOD and services.openid is not None:
        there = services.openid.sign_out_address(back=f"{str(request.base_url).rstrip('/')}/sign-in")
        if there is not None:
            request.state.identity = Identity()
            answer = page(request, "signed_out.html", there=there, provider=services.openid.name)
            # A redirect would be one of the form, which the content policy keeps on this host.
            answer.headers["refresh"] = f"0; url={there}"
    clear_cookie(request, answer)
    return answer


def _form(request: Request, services: Services, *, after: str, wrong: CdsError | None = None) -> Response:
    return page(
        request,
        "sign_in.html",
        status_code=200 if wrong is None else status_of(wrong),
        after=after,
        wrong=wrong.message if wrong else None,
        code=None,
        provider=services.openid.name if services.openid else None,
    )


def own_path(path: str) -> str:
    """The path, if it is one of our own."""
    return path if _OWN_PATH.fullmatch(path) else ""
