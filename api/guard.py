"""What stands before every route: cross-site requests refused, strict headers, one access line, no traceback."""

import logging
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.condition import Condition, Mode
from api.errors import problem, unexpected
from api.traces import Traces

_LOG = logging.getLogger("cds.access")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
}
_YEAR_S = 31_536_000


class Metrics:
    """Counts of what the doors did; by route template, never by address, so that no id gets in."""

    def __init__(self, *, condition: Callable[[], Condition], running: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        mode = Gauge("cds_mode", "1 for the mode the service is in.", ("mode",), registry=self.registry)
        for name in Mode:
            mode.labels(name).set_function(partial(_is_in, condition, name))
        consults = Gauge("cds_consults_running", "Consults admitted and not ended.", registry=self.registry)
        consults.set_function(lambda: float(running()))
        labels = ("method", "route", "status")
        self.requests = Counter("cds_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "cds_request_seconds",
            "Time to the end of the answer.",
            ("route",),
            registry=self.registry,
            buckets=(0.005, 0.02, 0.05, 0.15, 0.5, 1, 5, 20, 60),
        )


def _is_in(condition: Callable[[], Condition], mode: Mode) -> float:
    return float(condition().mode is mode)


class Guard:
    """ASGI middleware, the outermost of ours."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, traces: Traces | None = None) -> None:
        self.app = app
        self.metrics = metrics
        self.traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        traced = self.traces.request() if self.traces is not None else None
        status = 500
        begun = replaced = False
        rest: Message = {}

        async def send_guarded(message: Message) -> None:
            nonlocal status, begun, replaced, rest
            if replaced:
                return
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                if is_plain_refusal(message):
                    message, rest = in_our_words(status)
                    replaced = True
                headers = MutableHeaders(raw=message["headers"])
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", f"max-age={_YEAR_S}")
                message["headers"] = headers.raw
            await send(message)
            if replaced:
                await send(rest)

        try:
            if crosses_sites(scope):
                refusal = problem(
                    403, "cross_site", "This was asked from another site. Open the page here and repeat it."
                )
                await refusal(scope, receive, send_guarded)
            else:
                await self.app(scope, receive, send_guarded)
        except Exception as error:
            answer = unexpected(scope, error)
            if not begun:
                await answer(scope, receive, send_guarded)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.requests.labels(scope["method"], route, status).inc()
            self.metrics.seconds.labels(route).observe(seconds)
            _LOG.info("%s %s %d %.0f ms", scope["method"], route, status, seconds * 1000)
            if traced is not None:
                traced.end(scope["method"], route, status)


def is_plain_refusal(message: Message) -> bool:
    """Whether the framework itself refused a body as too large, in its own words."""
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] == 413 and kind.startswith("text/plain")


def in_our_words(status: int) -> tuple[Message, Message]:
    """The same refusal as every other error is written."""
    refusal = problem(status, "too_large", "What was sent is too large.")
    start = {"type": "http.response.start", "status": status, "headers": refusal.raw_headers}
    return start, {"type": "http.response.body", "body": refusal.body}


def crosses_sites(scope: Scope) -> bool:
    """Whether a browser was made to send this by another site.

    Modern browsers say so themselves (Fetch Metadata); older ones send Origin with what changes something. A request
    with our cookie and neither is refused when it would change something. A link from another site may open a page.
    """
    headers = Headers(scope=scope)
    safe = scope["method"] in _SAFE
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site in ("same-origin", "none"):
            return False
        followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return not (safe and followed)
    if safe:
        return False
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != Request(scope).url.netloc.lower()
    return "cookie" in headers
