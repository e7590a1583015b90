"""The service's own style sheets, scripts and pictures."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import anyone
from cds.errors import NotFound

router = APIRouter(include_in_schema=False)


# Touches no database: a page's files come even when nothing else does.
@router.get("/static/{name:path}", dependencies=[anyone()])
async def static(name: str, request: Request) -> Response:
    """One file; kept by the browser for ever when asked for by its content's digest."""
    asset = request.app.state.assets.get(name)
    if asset is None:
        raise NotFound("There is no such file.")
    keep = "public, max-age=31536000, immutable" if request.query_params.get("v") == asset.digest else "no-cache"
    return Response(asset.body, media_type=asset.media_type, headers={"cache-control": keep})
