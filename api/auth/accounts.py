"""Accounts: who is known here, in which roles."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from api.auth.tables import accounts, api_tokens, sign_ins
from cds.actors import Actor, Role
from cds.errors import Conflict, InvalidInput, NotFound
from cds.ids import new_id

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,79}")
_SPECIALTY = re.compile(r"[^\W\d_](?:[^\W\d_]|[ ,&'-]){1,63}")


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    display: str
    roles: frozenset[Role]
    disabled: bool
    created: datetime
    password: str | None = None
    issuer: str | None = None
    specialty: str | None = None

    @property
    def actor(self) -> Actor:
        return Actor(id=self.id, name=self.display, roles=self.roles, specialty=self.specialty)


def add_account(
    tx: Connection,
    *,
    name: str,
    display: str,
    roles: Iterable[Role],
    password: str | None,
    at: datetime,
    issuer: str | None = None,
    subject: str | None = None,
    specialty: str | None = None,
) -> Account:
    """A new account; `password` is already a hash."""
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise InvalidInput("A sign-in name has 2 to 80 of the characters a-z, 0-9, dot, dash, underscore and @.")
    if not display.strip():
        raise InvalidInput("An account needs the person's name.")
    roles = frozenset(roles)
    if not roles:
        raise InvalidInput(f"An account has at least one role: {', '.join(Role)}.")
    if tx.execute(select(accounts.c.id).where(accounts.c.name == name)).first():
        raise Conflict(f"There is already an account named {name}.", code="account_exists")
    account = Account(new_id(), name, display.strip(), roles, False, at, password, issuer, specialty_named(specialty))
    tx.execute(
        insert(accounts).values(
            id=account.id,
            name=name,
            display=account.display,
            password=password,
            roles=sorted(roles),
            disabled=False,
            created=at,
            issuer=issuer,
            subject=subject,
            specialty=account.specialty,
        )
    )
    return account


def specialty_named(written: str | None) -> str | None:
    """The specialty as it is kept: one spelling, so that its physicians are counted together."""
    if written is None or not written.strip():
        return None
    named = " ".join(written.lower().split())
    if not _SPECIALTY.fullmatch(named):
        raise InvalidInput("A specialty has 2 to 64 letters, spaces and hyphens, as `general practice`.")
    return named


def account_named(tx: Connection, name: str) -> Account | None:
    """The account with this sign-in name."""
    row = tx.execute(select(accounts).where(accounts.c.name == name.strip().lower())).mappings().first()
    return _account(row) if row else None


def account_with(tx: Connection, account_id: str) -> Account:
    """The account with this id."""
    row = tx.execute(select(accounts).where(accounts.c.id == account_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such account.")
    return _account(row)


def account_of_subject(tx: Connection, *, issuer: str, subject: str) -> Account | None:
    """The account an identity provider calls by this subject."""
    query = select(accounts).where(accounts.c.issuer == issuer, accounts.c.subject == subject)
    row = tx.execute(query).mappings().first()
    return _account(row) if row else None


def all_accounts(tx: Connection) -> tuple[Account, ...]:
    """Every account, by name."""
    return tuple(_account(row) for row in tx.execute(select(accounts).order_by(accounts.c.name)).mappings())


def names_of(tx: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The people's names behind these actor ids; a command-line operator's id already says who."""
    wanted = set(ids)
    rows = tx.execute(select(accounts.c.id, accounts.c.display).where(accounts.c.id.in_(wanted)))
    found = {row.id: row.display for row in rows}
    return {key: found.get(key, key) for key in wanted}


def change_account(tx: Connection, account_id: str, **values: Any) -> None:
    """Change roles, password or whether it is disabled; every sign-in and token of a changed account ends."""
    if "roles" in values:
        values["roles"] = sorted(values["roles"])
    if "specialty" in values:
        values["specialty"] = specialty_named(values["specialty"])
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(**values))
    tx.execute(sign_ins.delete().where(sign_ins.c.account == account_id))
    if values.get("disabled"):
        tx.execute(api_tokens.delete().where(api_tokens.c.account == account_id))


def _account(row: RowMapping) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        display=row["display"],
        roles=frozenset(Role(role) for role in row["roles"]),
        disabled=row["disabled"],
        created=row["created"],
        password=row["password"],
        issuer=row["issuer"],
        specialty=row["specialty"],
    )
