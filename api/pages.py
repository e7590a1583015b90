"""Rendering a page in the common frame. Every text is escaped; nothing in a template runs in the browser."""

from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

import jinja2
from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth.identity import Identity
from api.routes import NAVIGATION
from cds.actors import Role

PRODUCT = "Evidence CDS"


def page(request: Request, template: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
    """A whole page: the frame, and this template's blocks in it."""
    return HTMLResponse(render(request, template, **values), status_code)


def render(request: Request, template: str, **values: Any) -> str:
    """A template, or a part of a page, as text."""
    identity: Identity = getattr(request.state, "identity", Identity())
    actor = identity.actor
    here = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    places = [place for place in NAVIGATION if actor and actor.roles & place.roles]
    within = [place.path for place in places if f"{here}/".startswith(f"{place.path}/")]
    return (
        _environment()
        .get_template(template)
        .render(
            product=PRODUCT,
            actor=actor,
            roles=Role,
            navigation=places,
            current=max(within, key=len, default=None),
            path=lambda to: address(request, to),
            asset=lambda name: address(request, request.app.state.assets.address(name)),
            condition=request.app.state.condition.now() if actor else None,
            today=request.app.state.services.clock.now().date(),
            **values,
        )
    )


def address(request: Request, to: str) -> str:
    """An address inside the service, below the prefix a proxy may serve it under."""
    return f"{request.scope.get('root_path', '')}{to}"


def go_to(request: Request, to: str) -> Response:
    """After a form was sent: look at what it led to."""
    return RedirectResponse(address(request, to), 303)


def sign_in_address(request: Request) -> str:
    """The sign-in page, knowing where to go afterwards. Addresses hold opaque ids only, so this one does."""
    here = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    back = "" if request.method != "GET" or here in ("/", "/sign-in") else "?next=" + quote(here, safe="/")
    return address(request, "/sign-in" + back)


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("api"),
        autoescape=True,  # of every template, whatever its name
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["day"] = _day
    made.filters["moment"] = _moment
    made.filters["count"] = lambda number: f"{number:,}"
    return made


def _day(value: date | datetime | str | None, missing: str = "date not stated") -> str:
    """2026-11-21 as 21 Nov 2026: no two countries read it differently."""
    if value is None or value == "":
        return missing
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    return f"{value.day} {value:%b %Y}"


def _moment(value: datetime | str | None, missing: str = "time not stated") -> str:
    if value is None or value == "":
        return missing
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{value.day} {value:%b %Y %H:%M} UTC"
