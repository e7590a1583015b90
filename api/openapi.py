"""The API's description: what FastAPI knows of it, with our errors and with each route's policy."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from api.deps import Open, Policy

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; made for programs."},
        "detail": {"type": "string", "description": "A sentence for people that says what to do next."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}
_REFUSED = {
    "description": "A problem, with a stable code.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of every machine-readable route."""
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    if app.root_path:
        document["servers"] = [{"url": app.root_path}]
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token, made by `cds users token`."},
        "browser": {"type": "apiKey", "in": "cookie", "name": "__Host-cds", "description": "A browser's sign-in."},
    }
    policies = dict(_policies(app))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["responses"].pop("422", None)
            operation["responses"]["4XX"] = _REFUSED
            operation["responses"].setdefault("503", _REFUSED)
            policy = policies.get((path, method.upper()))
            if isinstance(policy, Policy):
                operation["security"] = [{"browser": []}] + ([{"token": [policy.scope]}] if policy.scope else [])
                operation["x-roles"] = sorted(policy.roles)
    return document


def policies_of(dependant: Dependant) -> Iterator[Policy | Open]:
    """The policies a route's dependencies name; one, or the suite fails."""
    if isinstance(dependant.call, (Policy, Open)):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from policies_of(inner)


def _policies(app: FastAPI) -> Iterator[tuple[tuple[str, str], Policy | Open]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for policy in policies_of(route.dependant):
                for method in context.methods or ():
                    yield (str(context.path), method), policy
