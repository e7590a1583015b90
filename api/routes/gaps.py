"""What physicians told the librarian is missing."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.auth.accounts import names_of
from api.deps import ReadTx, allow
from api.gaps import gaps as reported
from api.pages import page
from cds.actors import Actor, Role

router = APIRouter(include_in_schema=False)


@router.get("/gaps")
def gaps(request: Request, actor: Annotated[Actor, allow(Role.LIBRARIAN)], tx: ReadTx) -> HTMLResponse:
    """The list, newest first."""
    lines = reported(tx)
    return page(request, "gaps.html", lines=lines, names=names_of(tx, {line.reported_by for line in lines}))
