"""`cds mcp`: the service for programs that speak MCP, over standard input and output."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from api.auth.identity import Identity
from api.services import Services, operator, services_from_environment
from cds.errors import Denied, InvalidSetting

app = typer.Typer()


@app.command()
def mcp(
    token_file: Annotated[
        Path | None,
        typer.Option(help="A file with an API token: act for its account, within its scopes. Without: as yourself."),
    ] = None,
) -> None:
    """Serve search, consult and decide over MCP on standard input and output."""
    if find_spec("mcp") is None:
        raise InvalidSetting("MCP is an extra: pip install 'evidence-cds[mcp]'.", code="extra_missing")
    from api.mcp_server import mcp_server

    services = services_from_environment()
    identity = _holder(services, token_file) if token_file else Identity(operator(), "cookie")
    try:
        mcp_server(services, identity).run("stdio")
    finally:
        services.close()


def _holder(services: Services, token_file: Path) -> Identity:
    from api.auth.tokens import who_holds

    try:
        secret = token_file.read_text(encoding="utf-8").strip()
    except OSError:
        raise InvalidSetting(f"{token_file} cannot be read.", code="token_unreadable") from None
    with services.db.reading() as tx:
        held = who_holds(tx, secret, at=services.clock.now())
    if held is None:
        raise Denied("This API token is not known here, has ended or was revoked.", code="sign_in_needed")
    return Identity(held[0].actor, "token", held[1])
