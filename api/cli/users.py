"""`cds users`: accounts and API tokens, made by whoever runs this machine."""

import sys
from datetime import timedelta
from getpass import getpass
from typing import Annotated, Any

import typer

from api.auth.accounts import Account, account_named, add_account, all_accounts, change_account
from api.auth.passwords import Passwords, acceptable
from api.auth.tokens import Scope, add_token
from api.cli.output import emit, say
from api.services import Services, operator, services_from_environment
from cds.actors import Role
from cds.errors import InvalidInput, NotFound

app = typer.Typer(help="Accounts and API tokens.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Name = Annotated[str, typer.Argument(help="The name typed at sign-in.")]
Roles = Annotated[list[Role], typer.Option("--role", help="May be given more than once.")]


@app.command()
def add(
    name: Name,
    role: Roles,
    display: Annotated[str | None, typer.Option(help="The person's name as shown; default: the sign-in name.")] = None,
    specialty: Annotated[str | None, typer.Option(help="A physician's, as `general practice`.")] = None,
    json: Json = False,
) -> None:
    """Add an account. The password is asked for, or read from standard input."""
    services = services_from_environment()
    password = Passwords().hash(acceptable(_read_password(), name=name))
    with services.db.transaction() as tx:
        account = add_account(
            tx,
            name=name,
            display=display or name,
            roles=role,
            password=password,
            at=services.clock.now(),
            specialty=specialty,
        )
        services.log.append(
            tx, kind="account.added", actor=operator(), subject=account.id, details={"roles": sorted(account.roles)}
        )
    _tell(account, json=json, text=f"Added {account.name}: {', '.join(sorted(account.roles))}.")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the accounts."""
    services = services_from_environment()
    with services.db.reading() as tx:
        accounts = all_accounts(tx)
    if json:
        emit({"accounts": [_shown(account) for account in accounts]})
        return
    for account in accounts:
        state = " (disabled)" if account.disabled else ""
        print(f"{account.name}\t{account.display}\t{', '.join(sorted(account.roles))}{state}")


@app.command()
def roles(name: Name, role: Roles, json: Json = False) -> None:
    """Give an account these roles and no others."""
    _change(name, json=json, text="Roles changed.", roles=set(role))


@app.command()
def specialty(
    name: Name,
    named: Annotated[str, typer.Argument(metavar="SPECIALTY", help="As `general practice`; empty: none.")],
    json: Json = False,
) -> None:
    """Say which specialty a physician practises; statistics compare how the service serves each."""
    _change(name, json=json, text="Specialty changed.", specialty=named)


@app.command()
def password(name: Name, json: Json = False) -> None:
    """Give an account another password."""
    _change(
        name, json=json, text="Password changed.", password=Passwords().hash(acceptable(_read_password(), name=name))
    )


@app.command()
def disable(name: Name, json: Json = False) -> None:
    """Close an account; its sign-ins and tokens end at once."""
    _change(name, json=json, text="Disabled.", disabled=True)


@app.command()
def enable(name: Name, json: Json = False) -> None:
    """Open a closed account again."""
    _change(name, json=json, text="Enabled.", disabled=False)


@app.command()
def token(
    name: Name,
    scope: Annotated[list[Scope], typer.Option("--scope", help="May be given more than once.")],
    called: Annotated[str, typer.Option(help="What the token is for.")] = "token",
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it lasts.")] = 90,
    json: Json = False,
) -> None:
    """Make an API token for an account. It is printed once."""
    services = services_from_environment()
    with services.db.transaction() as tx:
        account = _known(services, name)
        secret, made = add_token(
            tx, account, name=called, scopes=scope, at=services.clock.now(), lasts=timedelta(days=days)
        )
        services.log.append(
            tx,
            kind="api_token.made",
            actor=operator(),
            subject=made.id,
            details={"account": account.id, "scopes": sorted(made.scopes)},
        )
    if json:
        emit({"token": secret, "id": made.id, "scopes": sorted(made.scopes), "ends": made.ends})
    else:
        print(secret)
        say(f"For {', '.join(sorted(made.scopes))}, until {made.ends:%Y-%m-%d}. It is not shown again.")


def _change(name: str, *, json: bool, text: str, **values: Any) -> None:
    services = services_from_environment()
    account = _known(services, name)
    with services.db.transaction() as tx:
        change_account(tx, account.id, **values)
        services.log.append(
            tx, kind="account.changed", actor=operator(), subject=account.id, details={"changed": sorted(values)}
        )
    _tell(_known(services, name), json=json, text=text)


def _known(services: Services, name: str) -> Account:
    with services.db.reading() as tx:
        account = account_named(tx, name)
    if account is None:
        raise NotFound(f"There is no account named {name}. `cds users list` shows them.")
    return account


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass("Password: ")
    if getpass("Again: ") != first:
        raise InvalidInput("The two passwords differ.")
    return first


def _shown(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "display": account.display,
        "roles": sorted(account.roles),
        "specialty": account.specialty,
        "disabled": account.disabled,
        "created": account.created,
    }


def _tell(account: Account, *, json: bool, text: str) -> None:
    if json:
        emit(_shown(account))
    else:
        say(text)
