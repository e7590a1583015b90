"""Whether the service lives, is ready, and how much it does."""

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from api.condition import Mode, condition_of
from api.deps import Parts, anyone

router = APIRouter(tags=["health"])


@router.get("/livez", dependencies=[anyone()])
async def livez() -> dict[str, str]:
    """The process runs and answers."""
    return {"status": "alive"}


@router.get("/readyz", dependencies=[anyone()], responses={503: {"description": "No question can be recorded now."}})
def readyz(request: Request, services: Parts) -> JSONResponse:
    """Which part is not as it should be. Not ready: nothing can be recorded, so nothing is answered."""
    condition = condition_of(services)
    ready = condition.mode is not Mode.READ_ONLY
    parts = {
        "database": condition.code != "database_unavailable",
        "disk": condition.code != "no_disk_space",
        "index": condition.mode is not Mode.KEYWORD,
        "model": services.model_source.state,
        "threshold": services.threshold,
        "warm": request.app.state.warm.is_set(),  # searching is fast now
    }
    body: dict[str, Any] = {
        "status": "ready" if ready else "not ready",
        "mode": condition.mode,
        "code": condition.code,
        "parts": parts,
    }
    return JSONResponse(body, 200 if ready else 503)


@router.get("/metrics", dependencies=[anyone()], response_class=Response)
def metrics(request: Request) -> Response:
    """Counts for Prometheus: by route and status, with no name, id or text in them."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
