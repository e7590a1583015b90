"""Signing in at the house's identity provider: there and back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth.identity import clear_attempt, cookie_name, keep_attempt, kept_attempt, set_cookie
from api.auth.openid.errors import ProviderUnavailable, SignInRefused, refused
from api.auth.openid.provider import Provider
from api.auth.openid.signing_in import begin, finish
from api.deps import Parts, anyone
from api.errors import status_of
from api.pages import address, page
from api.routes.sign_in import own_path
from api.services import Services
from cds.errors import Busy, NotFound

router = APIRouter(include_in_schema=False)


@router.get("/sign-in/provider", dependencies=[anyone()])
def leave(request: Request, services: Parts, next: Annotated[str, Query(max_length=201)] = "") -> Response:  # noqa: A002
    """To the provider, with what only this browser and this service know."""
    cookie_name(request)  # refuses plain HTTP from elsewhere before anything is begun
    provider = _provider(services)
    try:
        state, there = begin(
            services.db, provider, redirect=_redirect(request), after=own_path(next), clock=services.clock
        )
    except (ProviderUnavailable, Busy) as error:
        return _again(request, services, error)
    answer = RedirectResponse(there, 303)
    keep_attempt(request, answer, state)
    return answer


@router.get("/sign-in/provider/back", dependencies=[anyone()])
def come_back(
    request: Request,
    services: Parts,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str, Query(max_length=300)] = "",
    error: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """From the provider with a code; out with a cookie of ours."""
    provider = _provider(services)
    try:
        if error and not state:  # some providers say no without saying to what
            raise refused("provider_refused")
        secret, after = finish(
            services.db,
            provider,
            code=code,
            state=state,
            kept=kept_attempt(request),
            issuer=iss,
            redirect=_redirect(request),
            log=services.log,
            clock=services.clock,
        )
    except (SignInRefused, ProviderUnavailable) as error:
        answer = _again(request, services, error)
        clear_attempt(request, answer)
        return answer
    answer = RedirectResponse(address(request, after or "/"), 303)
    clear_attempt(request, answer)
    set_cookie(request, answer, secret)
    return answer


def _provider(services: Services) -> Provider:
    if services.openid is None:
        raise NotFound("No identity provider is set up here.")
    return services.openid


def _redirect(request: Request) -> str:
    """The address the provider sends people back to; it is registered there."""
    return f"{str(request.base_url).rstrip('/')}/sign-in/provider/back"


def _again(request: Request, services: Services, error: SignInRefused | ProviderUnavailable | Busy) -> Response:
    return page(
        request,
        "sign_in.html",
        status_code=status_of(error),
        after="",
        wrong=error.message,
        code=error.code,
        provider=services.openid.name if services.openid else None,
    )
