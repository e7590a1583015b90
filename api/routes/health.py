"""Whether the service lives, is ready, and how much it does."""

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from api.deps import Parts, anyone
from cds.db import is_healthy

router = APIRouter(tags=["health"])


@router.get("/livez", dependencies=[anyone()])
async def livez() -> dict[str, str]:
    """The process runs and answers."""
    return {"status": "alive"}


@router.get("/readyz", dependencies=[anyone()], responses={503: {"description": "The database does not answer."}})
def readyz(request: Request, services: Parts) -> JSONResponse:
    """The database answers: without it nothing can be recorded, so nothing is shown. `warm`: searching is fast now."""
    ready = is_healthy(services.db)
    parts = {"database": ready, "warm": request.app.state.warm.is_set()}
    body: dict[str, Any] = {"status": "ready" if ready else "not ready", "parts": parts}
    return JSONResponse(body, 200 if ready else 503)


@router.get("/metrics", dependencies=[anyone()], response_class=Response)
def metrics(request: Request) -> Response:
    """Counts for Prometheus: by route and status, with no name, id or text in them."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
