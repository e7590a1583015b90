"""CDS Hooks from a browser: pages of origins an administrator named may call, and nothing but CDS Hooks."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What carries a browser's sign-in, which must not count here, or says that another site asks, which is allowed here.
_LEFT_OUT = frozenset({b"cookie", b"origin", b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest"})
_A_DAY = "86400"


class HooksFromBrowsers:
    """ASGI middleware around the guard, which refuses what other sites ask for."""

    def __init__(self, app: ASGIApp, *, origins: str, root_path: str) -> None:
        self.app = app
        self.origins = frozenset(origin.strip().lower() for origin in origins.split(",") if origin.strip())
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None or origin.lower() not in self.origins or not self._is_hook(scope):
            await self.app(scope, receive, send)
            return
        allowed = {"access-control-allow-origin": origin, "vary": "Origin"}
        if scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            allowed |= {
                "access-control-allow-methods": "GET, POST, OPTIONS",
                "access-control-allow-headers": "Authorization, Content-Type",
                "access-control-max-age": _A_DAY,
            }
            await Response(status_code=204, headers=allowed)(scope, receive, send)
            return

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(allowed)
                headers["access-control-expose-headers"] = "Location"
                headers["cross-origin-resource-policy"] = "cross-origin"
                message["headers"] = headers.raw
            await send(message)

        kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _LEFT_OUT]
        await self.app({**scope, "headers": kept}, receive, send_allowed)

    def _is_hook(self, scope: Scope) -> bool:
        path = str(scope["path"]).removeprefix(self.root_path)
        return path == "/cds-services" or path.startswith("/cds-services/")
