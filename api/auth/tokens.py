"""API tokens: a program acts for an account, within scopes, until a day."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from api.auth.accounts import Account, account_with
from api.auth.sign_in import fingerprint
from api.auth.tables import api_tokens
from cds.errors import InvalidInput, NotFound
from cds.ids import new_id

PREFIX = "cds_"  # so that secret scanners can find one that leaked
LONGEST = timedelta(days=366)


class Scope(StrEnum):
    """What a token may be used for; its account's roles still decide as well."""

    SEARCH = "search"
    CONSULT = "consult"
    DECIDE = "decide"
    SHARE = "share"
    PATIENTS = "patients"
    LIBRARY = "library"
    AUDIT = "audit"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class ApiToken:
    id: str
    account: str
    name: str
    scopes: frozenset[Scope]
    created: datetime
    ends: datetime
    revoked: datetime | None = None


def add_token(
    tx: Connection, account: Account, *, name: str, scopes: Iterable[Scope], at: datetime, lasts: timedelta
) -> tuple[str, ApiToken]:
    """A new token. Its secret is given once and never again."""
    chosen = frozenset(scopes)
    if not chosen or not timedelta() < lasts <= LONGEST:
        raise InvalidInput(
            f"A token has at least one scope ({', '.join(Scope)}) and lasts at most {LONGEST.days} days."
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(new_id(), account.id, name.strip()[:80], chosen, at, at + lasts)
    tx.execute(
        insert(api_tokens).values(
            id=token.id,
            token_hash=fingerprint(secret),
            account=account.id,
            name=token.name,
            scopes=sorted(chosen),
            created=at,
            ends=token.ends,
        )
    )
    return secret, token


def who_holds(tx: Connection, secret: str, *, at: datetime) -> tuple[Account, frozenset[Scope]] | None:
    """Whose token this is and what it may do, while it lasts."""
    row = tx.execute(select(api_tokens).where(api_tokens.c.token_hash == fingerprint(secret))).mappings().first()
    if row is None or row["revoked"] is not None or row["ends"] <= at:
        return None
    account = account_with(tx, row["account"])
    return None if account.disabled else (account, frozenset(Scope(name) for name in row["scopes"]))


def tokens_of(tx: Connection, account_id: str) -> tuple[ApiToken, ...]:
    """The tokens of an account, newest first."""
    rows = tx.execute(
        select(api_tokens).where(api_tokens.c.account == account_id).order_by(api_tokens.c.id.desc())
    ).mappings()
    return tuple(
        ApiToken(
            row["id"],
            row["account"],
            row["name"],
            frozenset(Scope(name) for name in row["scopes"]),
            row["created"],
            row["ends"],
            row["revoked"],
        )
        for row in rows
    )


def revoke_token(tx: Connection, token_id: str, *, account_id: str, at: datetime) -> None:
    """End a token of this account now."""
    query = update(api_tokens).where(api_tokens.c.id == token_id, api_tokens.c.account == account_id)
    if tx.execute(query.values(revoked=at)).rowcount == 0:
        raise NotFound("There is no such token.")
