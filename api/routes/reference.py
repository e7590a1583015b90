"""The description of the API: as OpenAPI, and as a page of our own."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from api.auth.identity import Scope
from api.deps import anyone, everyone
from api.openapi import describe
from api.pages import page
from cds.actors import Actor

router = APIRouter()


@router.get("/api/v1/openapi.json", dependencies=[anyone()], include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """The API as OpenAPI 3.1, for client generators."""
    return JSONResponse(_description(request))


@router.get("/reference", include_in_schema=False)
def reference(request: Request, actor: Annotated[Actor, everyone()]) -> HTMLResponse:
    """The same, to read."""
    return page(request, "reference.html", operations=_operations(_description(request)), scopes=list(Scope))


def _description(request: Request) -> dict[str, Any]:
    if request.app.openapi_schema is None:
        request.app.openapi_schema = describe(request.app)
    return dict(request.app.openapi_schema)


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "path": path,
            "method": method.upper(),
            "text": operation.get("description") or operation.get("summary", ""),
            "scope": next((use["token"][0] for use in operation.get("security", ()) if "token" in use), None),
            "roles": operation.get("x-roles"),
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
