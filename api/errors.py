"""Errors at the doors: one table from code to HTTP status, written as problem+json, never echoing what was sent."""

import logging
import secrets
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from cds.errors import CdsError

_LOG = logging.getLogger("cds.doors")
_MACHINE_PREFIXES = ("/api/", "/v1/", "/cds-services", "/mcp", "/livez", "/readyz", "/metrics")

# The one table. A code that is not here takes the status of its error's class; a class that is not here is a 500.
STATUS: dict[str, int] = {
    "invalid_input": 422,
    "too_large": 413,
    "sign_in_needed": 401,
    "wrong_credentials": 401,
    "sign_in_refused": 401,
    "no_role": 403,
    "account_disabled": 403,
    "denied": 403,
    "cross_site": 403,
    "not_found": 404,
    "model_not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "prefetch_missing": 412,
    "wrong_hook": 400,
    "too_many_attempts": 429,
    "busy": 503,
    "unavailable": 503,
    "invalid_setting": 500,
    "integrity": 500,
    "failed": 500,
}
_RETRY_AFTER_S = {"busy": 5, "unavailable": 15, "database_unavailable": 5}

# What a wrong field is told, by pydantic's type of error. Others are "not valid": their messages may quote the input.
_FIELD = {
    "missing": "is needed",
    "string_too_long": "is too long",
    "string_too_short": "is too short",
    "literal_error": "is not one of the allowed values",
    "enum": "is not one of the allowed values",
    "extra_forbidden": "holds something that is not known here",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "string_type": "must be a text",
    "bool_parsing": "must be true or false",
    "less_than_equal": "is too large",
    "greater_than_equal": "is too small",
    "date_from_datetime_parsing": "must be a date such as 2026-11-21",
    "date_parsing": "must be a date such as 2026-11-21",
    "json_invalid": "is not valid JSON",
}


class SignInNeeded(CdsError):
    """Nobody is signed in, or the sign-in has ended."""

    code = "sign_in_needed"


class CrossSite(CdsError):
    """Another site asked the browser to do this."""

    code = "cross_site"


def status_of(error: CdsError) -> int:
    """The HTTP status of an error, by its code, else by its class."""
    for code in (error.code, *(getattr(kind, "code", "failed") for kind in type(error).__mro__)):
        if code in STATUS:
            return STATUS[code]
    return 500


def problem_document(error: CdsError) -> dict[str, Any]:
    """An error inside a stream that has begun."""
    return _document(status_of(error), error.code, error.message)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """One error as RFC 9457 has it, with our stable code."""
    document = {**_document(status, code, detail), **more}
    headers = {"retry-after": str(_RETRY_AFTER_S[code])} if code in _RETRY_AFTER_S else {}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="cds"'
    return Response(orjson.dumps(document), status, headers, media_type="application/problem+json")


def wants_page(request: Request) -> bool:
    """Whether a person's browser asked, rather than a program."""
    return not _path(request).startswith(_MACHINE_PREFIXES) and "text/html" in request.headers.get("accept", "")


def _path(request: Request) -> str:
    """The address below the prefix a proxy may serve it under."""
    return str(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))


def install(app: FastAPI) -> None:
    """Answer every error of this app in our way."""
    app.add_exception_handler(CdsError, _cds_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def as_defect(error: Exception) -> CdsError:
    """A defect of ours: the place is logged, the message is not, since it may hold what a patient's record says."""
    reference = secrets.token_hex(4)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    _LOG.error("unexpected %s at %s reference %s", type(error).__name__, where, reference)
    return CdsError(f"Something went wrong here. Tell the administrator: reference {reference}.")


def unexpected(scope: Scope, error: Exception) -> Response:
    """The answer to a request that met a defect of ours."""
    return _answer(Request(scope), 500, "failed", as_defect(error).message)


async def _cds_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CdsError)
    if isinstance(error, SignInNeeded) and wants_page(request):
        return _to_sign_in(request)
    return _answer(request, status_of(error), error.code, error.message)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = []
    for found in error.errors():
        place = [str(part) for part in found["loc"]]
        if found["type"] == "extra_forbidden":
            place = place[:-1]  # the last part is a name the caller made up
        wrong.append({"where": ".".join(place), "what": _FIELD.get(found["type"], "is not valid")})
    return _answer(request, 422, "invalid_input", "What was sent is not as expected; see `errors`.", errors=wrong[:20])


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 403: "denied", 401: "sign_in_needed"}
    code = codes.get(error.status_code, "invalid_input" if error.status_code < 500 else "failed")
    texts = {
        "not_found": "There is nothing here, or it is not for you.",
        "method_not_allowed": "This address does not take that method.",
        "too_large": "What was sent is too large.",
        "invalid_input": "What was sent could not be read.",
    }
    answer = _answer(request, error.status_code, code, texts.get(code, HTTPStatus(error.status_code).phrase))
    if error.status_code == 405 and error.headers and "Allow" in error.headers:
        answer.headers["allow"] = error.headers["Allow"]
    return answer


def as_openai(error: CdsError) -> dict[str, Any]:
    """An error as clients of OpenAI's API expect it."""
    return _openai(error.code, error.message)


def _openai(code: str, detail: str) -> dict[str, Any]:
    return {"error": {"message": detail, "type": code, "param": None, "code": code}}


def _answer(request: Request, status: int, code: str, detail: str, **more: Any) -> Response:
    if _path(request).startswith("/v1/"):
        return Response(orjson.dumps(_openai(code, detail)), status, media_type="application/json")
    if not wants_page(request):
        return problem(status, code, detail, **more)
    from api.pages import page

    return page(request, "error.html", status_code=status, status=status, code=code, detail=detail)


def _document(status: int, code: str, detail: str) -> dict[str, Any]:
    return {
        "type": f"urn:cds:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }


def _to_sign_in(request: Request) -> Response:
    from api.pages import sign_in_address

    return RedirectResponse(sign_in_address(request), 303)
