"""Who asks: read from the cookie or the bearer token of one request."""

from dataclasses import dataclass
from typing import Literal

from fastapi import Request
from starlette.responses import Response

from api.auth.accounts import account_named
from api.auth.sign_in import ABSOLUTE, who_signed_in
from api.auth.tokens import Scope, who_holds
from api.errors import SignInNeeded
from api.services import Services
from cds.actors import Actor
from cds.errors import Denied

__all__ = ["Identity", "Scope", "identify_request"]

# Browsers take a `__Host-` cookie over TLS only; on this machine's own loopback, without TLS, a plain name is used.
SECURE_COOKIE = "__Host-cds"
LOOPBACK_COOKIE = "cds"
# The same, for a sign-in at the provider that is under way.
_ATTEMPT = "-attempt"
_ATTEMPT_S = 600
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "testserver"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, or nobody, and how they showed it."""

    actor: Actor | None = None
    by: Literal["nothing", "cookie", "token"] = "nothing"
    scopes: frozenset[Scope] = frozenset()


def cookie_name(request: Request) -> str:
    """The cookie of this connection: `__Host-` over TLS, a plain one on loopback, none elsewhere."""
    if request.url.scheme == "https":
        return SECURE_COOKIE
    if request.url.hostname in _LOOPBACK:
        return LOOPBACK_COOKIE
    raise Denied(
        "Signing in over plain HTTP is possible on this machine itself only. Reach the service through its TLS proxy.",
        code="plain_http",
    )


def identify_request(request: Request, services: Services) -> Identity:
    """Who sent this. A wrong token is refused at once, never taken for nobody."""
    now = services.clock.now()
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.count(".") == 2 and _is_hook(request):
        return _by_hook(request, services, secret.strip())
    if scheme.lower() == "bearer":
        with services.db.reading() as tx:
            held = who_holds(tx, secret.strip(), at=now)
        if held is None:
            raise SignInNeeded("This API token is not known here, has ended or was revoked.")
        return Identity(held[0].actor, "token", held[1])
    if not scheme and services.settings.hooks_account and _is_hook(request):
        return _by_trial(services)
    secret = request.cookies.get(SECURE_COOKIE if request.url.scheme == "https" else LOOPBACK_COOKIE, "")
    account = who_signed_in(services.db, secret, at=now) if secret else None
    return Identity(account.actor, "cookie") if account else Identity()


def _is_hook(request: Request) -> bool:
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return bool(path.startswith("/cds-services/"))


def _by_hook(request: Request, services: Services, token: str) -> Identity:
    """A medical record that signs its calls; it acts for the account it was registered with."""
    from api.hooks.clients import who_calls

    account = who_calls(services.db, token, audience=str(request.url), at=services.clock.now(), log=services.log)
    if account is None:
        raise SignInNeeded("This client is not registered here, or its token is not valid for this address.")
    return Identity(account.actor, "token", frozenset({Scope.CONSULT, Scope.DECIDE}))


def _by_trial(services: Services) -> Identity:
    """A medical record without any token, where an administrator allows that to try things out."""
    with services.db.reading() as tx:
        account = account_named(tx, services.settings.hooks_account)
    if account is None or account.disabled:
        raise SignInNeeded("CDS Hooks calls need a token here: the account of CDS_HOOKS_ACCOUNT does not exist.")
    return Identity(account.actor, "token", frozenset({Scope.CONSULT, Scope.DECIDE}))


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Give the browser its sign-in: not readable by scripts, not sent by other sites' forms."""
    name = cookie_name(request)
    response.set_cookie(
        name,
        secret,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        httponly=True,
        secure=name == SECURE_COOKIE,
        samesite="lax",  # `strict` would lose the sign-in on a link from the medical record
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Take the browser's sign-in away."""
    name = cookie_name(request)
    response.delete_cookie(name, path="/", httponly=True, secure=name == SECURE_COOKIE, samesite="lax")


def keep_attempt(request: Request, response: Response, state: str) -> None:
    """Bind a sign-in that begins at the provider to this browser, so that nobody else can end it."""
    name = cookie_name(request)
    response.set_cookie(
        name + _ATTEMPT,
        state,
        max_age=_ATTEMPT_S,
        path="/",
        httponly=True,
        secure=name == SECURE_COOKIE,
        samesite="lax",  # the way back is a link followed from the provider
    )


def kept_attempt(request: Request) -> str:
    """What this browser kept of the sign-in it began."""
    return request.cookies.get(cookie_name(request) + _ATTEMPT, "")


def clear_attempt(request: Request, response: Response) -> None:
    """The attempt is over, whatever came of it."""
    name = cookie_name(request)
    response.delete_cookie(name + _ATTEMPT, path="/", httponly=True, secure=name == SECURE_COOKIE, samesite="lax")
