"""`cds hooks`: the medical records that may call by CDS Hooks."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.auth.accounts import account_named
from api.cli.output import emit, say
from api.hooks.clients import add_client, all_clients, read_keys, remove_client
from api.services import operator, services_from_environment
from cds.errors import InvalidInput, NotFound

app = typer.Typer(help="Medical records that may call by CDS Hooks.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Issuer = Annotated[str, typer.Argument(help="The `iss` of its tokens.")]


@app.command()
def add(
    issuer: Issuer,
    account: Annotated[str, typer.Option(help="The account it acts for, a physician's.")],
    jwks: Annotated[Path | None, typer.Option(help="A file with its public keys, a JWK set.")] = None,
    jku: Annotated[
        str | None, typer.Option(help="The address of that set instead; new keys are read from it later.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Let a record that signs with these keys call."""
    services = services_from_environment()
    keys = _keys(jwks, jku)
    with services.db.transaction() as tx:
        found = account_named(tx, account)
        if found is None:
            raise NotFound(f"There is no account named {account}. `cds users list` shows them.")
        client = add_client(tx, issuer=issuer, keys=keys, account=found, at=services.clock.now(), keys_address=jku)
        services.log.append(tx, kind="hook_client.added", actor=operator(), subject=issuer, details={"for": found.id})
    services.close()
    if as_json:
        emit(client)
    else:
        say(f"{issuer} may call as {account}.")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Who may call."""
    services = services_from_environment()
    with services.db.reading() as tx:
        clients = all_clients(tx)
    services.close()
    if as_json:
        emit({"clients": clients})
    for client in clients if not as_json else ():
        print(f"{client.issuer}\t{client.account}\tsince {client.added:%Y-%m-%d}")


@app.command()
def remove(issuer: Issuer, as_json: Json = False) -> None:
    """End a record's right to call."""
    services = services_from_environment()
    with services.db.transaction() as tx:
        remove_client(tx, issuer)
        services.log.append(tx, kind="hook_client.removed", actor=operator(), subject=issuer)
    services.close()
    if as_json:
        emit({"removed": issuer})
    else:
        say(f"{issuer} may no longer call.")


def _keys(file: Path | None, address: str | None) -> dict[str, Any]:
    if (file is None) == (address is None):
        raise InvalidInput("Give the keys by --jwks FILE or by --jku ADDRESS.", code="keys_unreadable")
    if address is not None:
        return read_keys(address)
    assert file is not None
    try:
        return dict(orjson.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError):
        raise InvalidInput(f"{file} cannot be read as JSON.", code="keys_unreadable") from None
