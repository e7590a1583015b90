"""What routes are given: who acts and whether they may, a connection, the services.

Every route names its policy, by one parameter or one of its `dependencies`:

    actor: Annotated[Actor, allow(Role.PHYSICIAN)]                        a page: a browser's sign-in only
    actor: Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.CONSULT)]   the API too: an API token with that scope
    dependencies=[anyone()]                                               open to all; rare

A route that names none fails the suite.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection

from api.auth.identity import Identity, Scope, identify_request
from api.errors import SignInNeeded
from api.services import Services
from cds.actors import Actor, Role
from cds.errors import Denied


def get_services(request: Request) -> Services:
    """The parts of this service."""
    services: Services = request.app.state.services
    return services


Parts = Annotated[Services, Depends(get_services)]


def identify(request: Request, services: Parts) -> Identity:
    """Who asks; found once a request, in a transaction of its own that ends before the route's begins."""
    identity = identify_request(request, services)
    request.state.identity = identity
    return identity


Asking = Annotated[Identity, Depends(identify)]


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may use a route. FastAPI calls it; the suite reads it."""

    roles: frozenset[Role]
    scope: Scope | None = None

    def __call__(self, identity: Asking) -> Actor:
        if identity.actor is None or (identity.by == "token" and self.scope is None):
            raise SignInNeeded("Sign in first; a sign-in ends after a while without use.")
        if identity.by == "token" and self.scope not in identity.scopes:
            raise Denied(f"This API token does not have the scope `{self.scope}`.")
        if not identity.actor.roles & self.roles:
            raise Denied("This is not for your role.")
        return identity.actor


@dataclass(frozen=True, slots=True)
class Open:
    """The policy of what needs no sign-in. Looks at nobody, so it works without the database."""

    def __call__(self) -> None:
        return None


def allow(*roles: Role, scope: Scope | None = None) -> Any:
    """The policy of a route: any of these roles; by API token only where a scope is named."""
    if not roles:
        raise ValueError("a policy names at least one role")
    return Depends(Policy(frozenset(roles), scope))


def everyone(*, scope: Scope | None = None) -> Any:
    """The policy of a route for whoever is signed in, in any role."""
    return Depends(Policy(frozenset(Role), scope))


def anyone() -> Any:
    """The policy of a route that needs no sign-in."""
    return Depends(Open())


def _writing(services: Parts, _: Asking) -> Iterator[Connection]:
    # Depends on the identity so that its own short transaction never waits for this one.
    with services.db.transaction() as tx:
        yield tx


def _reading(services: Parts, _: Asking) -> Iterator[Connection]:
    with services.db.reading() as tx:
        yield tx


# `scope="function"`: committed before the answer is sent, so that a failed commit is never a 201.
WriteTx = Annotated[Connection, Depends(_writing, scope="function")]
ReadTx = Annotated[Connection, Depends(_reading, scope="function")]
