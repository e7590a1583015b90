"""MCP over HTTP, for callers with an API token. Needs the `mcp` extra; without it the address does not exist."""

from importlib.util import find_spec
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Send
from starlette.types import Scope as AsgiScope

from api.auth.identity import Identity, Scope
from api.deps import Asking, Parts, allow
from api.errors import problem
from api.services import Services
from cds.actors import Actor, Role
from cds.errors import NotFound

router = APIRouter(include_in_schema=False)


class McpAnswer(Response):
    """One request handed to a server made for its caller, which keeps nothing between requests."""

    def __init__(self, services: Services, identity: Identity) -> None:
        super().__init__()
        self._services, self._identity = services, identity

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        from mcp.server.transport_security import TransportSecuritySettings

        from api.mcp_server import mcp_server

        # The guard has checked where the request comes from, and the token who sent it.
        checked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        served = mcp_server(self._services, self._identity).streamable_http_app(
            streamable_http_path="/mcp", json_response=True, stateless_http=True, transport_security=checked
        )
        async with served.router.lifespan_context(served):
            await served(scope, receive, without_echo(send))


@router.post("/mcp")
async def mcp(
    request: Request,
    actor: Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.CONSULT)],
    asking: Asking,
    services: Parts,
) -> Response:
    """One message of the protocol; each tool asks for its own scope as well."""
    if find_spec("mcp") is None:
        raise NotFound("There is nothing here: MCP is an extra, `pip install evidence-cds[mcp]`.")
    return McpAnswer(services, asking)


def without_echo(send: Send) -> Send:
    """The library answers a message it cannot read by quoting it; a refusal of ours says nothing of what was sent."""
    refusal: Response | None = None

    async def send_on(message: Message) -> None:
        nonlocal refusal
        if message["type"] == "http.response.start" and message["status"] == 400:
            refusal = problem(400, "invalid_input", "This is no message of the protocol.")
            message = {**message, "headers": refusal.raw_headers}
        elif refusal is not None:
            message = {"type": "http.response.body", "body": refusal.body}
        await send(message)

    return send_on
