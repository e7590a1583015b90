"""Passages on their pages."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from api.deps import Parts, ReadTx, allow
from api.page_views import picture_of, view_of_page
from api.pages import page
from cds.actors import Actor, Role

router = APIRouter(include_in_schema=False)

Reader = Annotated[Actor, allow(Role.PHYSICIAN, Role.LIBRARIAN, Role.AUDITOR)]


@router.get("/passages/{passage_id}/page")
def passage_page(
    passage_id: str,
    request: Request,
    actor: Reader,
    services: Parts,
    tx: ReadTx,
    sentences: Annotated[str, Query(pattern=r"^[0-9,]{0,200}$")] = "",
) -> HTMLResponse:
    """The part of a page of ours that shows it, with the sentences marked."""
    wanted = {int(number) for number in sentences.split(",") if number}
    return page(request, "parts/page_view.html", view=view_of_page(tx, services, passage_id, wanted))


@router.get("/editions/{edition}/pages/{number}", response_class=Response)
def edition_page(
    edition: str, number: Annotated[int, Path(ge=1, le=10_000)], actor: Reader, services: Parts, tx: ReadTx
) -> Response:
    """One page as a picture. An edition never changes, so the browser may keep it for the day."""
    picture = picture_of(tx, services, edition, number)
    return Response(picture, media_type="image/png", headers={"cache-control": "private, max-age=43200"})
