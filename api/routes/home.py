"""Where everybody starts."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import everyone
from api.pages import go_to
from api.routes import NAVIGATION
from cds.actors import Actor

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, actor: Annotated[Actor, everyone()]) -> Response:
    """The first place in the bar that is for this role."""
    for place in NAVIGATION:
        if actor.roles & place.roles:
            return go_to(request, place.path)
    return go_to(request, "/account")
