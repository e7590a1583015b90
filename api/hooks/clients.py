"""Which medical records may call, and how they prove it: a JWT signed with a key that was registered here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from api.auth.accounts import Account, account_with
from api.auth.sign_in import fingerprint
from api.hooks.tables import hook_clients, hook_tokens
from cds.db import Database
from cds.errors import Conflict, InvalidInput, NotFound

# The specification asks for ES384 or RS384; the others are no weaker than what many records still sign with.
_ALGORITHMS = ["ES384", "RS384", "ES256", "RS256"]
# The specification says a token lives five minutes; clocks differ by a little.
_LONGEST = timedelta(minutes=10)
_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class HookClient:
    issuer: str
    account: str
    added: datetime


def add_client(tx: Connection, *, issuer: str, keys: dict[str, Any], account: Account, at: datetime) -> HookClient:
    """Let the record that signs as this issuer call as this account; `keys` is its JWK set, public keys only."""
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        key_set = KeySet.import_key_set({"keys": keys["keys"]})
    except (JoseError, KeyError, TypeError, ValueError):
        raise InvalidInput("This is not a JWK set: a JSON object with a list `keys`.", code="keys_unreadable") from None
    if not key_set.keys or any(key.is_private for key in key_set.keys):
        raise InvalidInput("The JWK set holds public signing keys, at least one, and no private key.")
    if not 1 <= len(issuer) <= 300:
        raise InvalidInput("An issuer has 1 to 300 characters.")
    if tx.execute(select(hook_clients.c.issuer).where(hook_clients.c.issuer == issuer)).first():
        raise Conflict("This issuer is registered already. Remove it first.", code="client_exists")
    row = {"issuer": issuer, "account": account.id, "keys": {"keys": keys["keys"]}, "added": at}
    tx.execute(insert(hook_clients).values(row))
    return HookClient(issuer, account.id, at)


def all_clients(tx: Connection) -> Sequence[HookClient]:
    """Who may call."""
    rows = tx.execute(select(hook_clients).order_by(hook_clients.c.issuer))
    return [HookClient(row.issuer, row.account, row.added) for row in rows]


def remove_client(tx: Connection, issuer: str) -> None:
    """End a record's right to call."""
    if tx.execute(delete(hook_clients).where(hook_clients.c.issuer == issuer)).rowcount == 0:
        raise NotFound("There is no such client.")


def who_calls(db: Database, token: str, *, audience: str, at: datetime) -> Account | None:
    """The account behind a signed token: known issuer, right signature, for this address, fresh, never seen before."""
    claims, account = _verified(db, token)
    if claims is None or account is None or account.disabled:
        return None
    meant_for = claims.get("aud")
    if audience not in (meant_for if isinstance(meant_for, list) else [meant_for]):
        return None
    issued, ends, name = claims.get("iat"), claims.get("exp"), claims.get("jti")
    if not (isinstance(issued, (int, float)) and isinstance(ends, (int, float)) and isinstance(name, str) and name):
        return None
    now = at.timestamp()
    skew = _SKEW.total_seconds()
    if not (issued - skew <= now <= ends + skew and ends - issued <= _LONGEST.total_seconds()):
        return None
    until = at + _LONGEST + _SKEW
    try:
        with db.transaction() as tx:
            tx.execute(delete(hook_tokens).where(hook_tokens.c.until < at))
            tx.execute(insert(hook_tokens).values(token_hash=fingerprint(f"{claims['iss']} {name}"), until=until))
    except IntegrityError:
        return None  # played back
    return account


def _verified(db: Database, token: str) -> tuple[dict[str, Any] | None, Account | None]:
    from joserfc import jws, jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        unverified = orjson.loads(jws.extract_compact(token.encode()).payload)
        with db.reading() as tx:
            row = tx.execute(select(hook_clients).where(hook_clients.c.issuer == str(unverified.get("iss")))).first()
            account = account_with(tx, row.account) if row else None
        if row is None:
            return None, None
        decoded = jwt.decode(token, KeySet.import_key_set(row.keys), algorithms=_ALGORITHMS)
    except (JoseError, ValueError, AttributeError):
        return None, None
    return dict(decoded.claims), account
