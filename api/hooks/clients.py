"""Which medical records may call, and how they prove it: a JWT signed with a key that was registered here."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.auth.accounts import Account, account_with
from api.auth.sign_in import fingerprint
from api.hooks.tables import hook_clients, hook_tokens
from cds.audit import AuditLog
from cds.db import Database
from cds.errors import Conflict, InvalidInput, NotFound

# The specification asks for ES384 or RS384; the others are no weaker than what many records still sign with.
_ALGORITHMS = ["ES384", "RS384", "ES256", "RS256"]
# The specification sets no limit; a token is remembered while it lives, so that it opens once. Clocks differ a little.
_LONGEST = timedelta(hours=1)
_SKEW = timedelta(seconds=60)
_SECONDS = 2.0  # somebody waits for the card
_LARGEST = 1_000_000
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class HookClient:
    issuer: str
    account: str
    added: datetime
    keys_address: str | None = None


def add_client(
    tx: Connection,
    *,
    issuer: str,
    keys: dict[str, Any],
    account: Account,
    at: datetime,
    keys_address: str | None = None,
) -> HookClient:
    """Let the record that signs as this issuer call as this account; `keys` is its JWK set, public keys only.

    With an address, and only with one, keys that are not known yet are read from there.
    """
    public_keys(keys)
    if not 1 <= len(issuer) <= 300:
        raise InvalidInput("An issuer has 1 to 300 characters.")
    if tx.execute(select(hook_clients.c.issuer).where(hook_clients.c.issuer == issuer)).first():
        raise Conflict("This issuer is registered already. Remove it first.", code="client_exists")
    row = {
        "issuer": issuer,
        "account": account.id,
        "keys": {"keys": keys["keys"]},
        "keys_address": keys_address,
        "added": at,
    }
    tx.execute(insert(hook_clients).values(row))
    return HookClient(issuer, account.id, at, keys_address)


def all_clients(tx: Connection) -> Sequence[HookClient]:
    """Who may call."""
    rows = tx.execute(select(hook_clients).order_by(hook_clients.c.issuer))
    return [HookClient(row.issuer, row.account, row.added, row.keys_address) for row in rows]


def remove_client(tx: Connection, issuer: str) -> None:
    """End a record's right to call."""
    if tx.execute(delete(hook_clients).where(hook_clients.c.issuer == issuer)).rowcount == 0:
        raise NotFound("There is no such client.")


def who_calls(db: Database, token: str, *, audience: str, at: datetime, log: AuditLog) -> Account | None:
    """The account behind a signed token: known issuer, right signature, for this address, fresh, never seen before."""
    claims, account = _verified(db, token, log)
    if claims is None or account is None or account.disabled:
        return None
    meant_for = claims.get("aud")
    # Some records name the service, not its feedback, when they send feedback.
    named = {audience, audience.removesuffix("/feedback")}
    if not named & set(meant_for if isinstance(meant_for, list) else [meant_for]):
        return None
    issued, ends, name = claims.get("iat"), claims.get("exp"), claims.get("jti")
    if not (isinstance(issued, (int, float)) and isinstance(ends, (int, float)) and isinstance(name, str) and name):
        return None
    now = at.timestamp()
    skew = _SKEW.total_seconds()
    if not (issued - skew <= now <= ends + skew and ends - issued <= _LONGEST.total_seconds()):
        return None
    until = at + _LONGEST + 2 * _SKEW
    try:
        with db.transaction() as tx:
            tx.execute(delete(hook_tokens).where(hook_tokens.c.until < at))
            tx.execute(insert(hook_tokens).values(token_hash=fingerprint(f"{claims['iss']} {name}"), until=until))
    except IntegrityError:
        return None  # played back
    return account


def public_keys(keys: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The keys of a JWK set, if it is one and holds nothing private."""
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        key_set = KeySet.import_key_set({"keys": keys["keys"]})
    except (JoseError, KeyError, TypeError, ValueError):
        raise InvalidInput("This is not a JWK set: a JSON object with a list `keys`.", code="keys_unreadable") from None
    if not key_set.keys or any(key.is_private for key in key_set.keys):
        raise InvalidInput("The JWK set holds public signing keys, at least one, and no private key.")
    return list(keys["keys"])


def read_keys(address: str) -> dict[str, Any]:
    """The JWK set at an address an administrator registered: no redirect, no proxy from the environment."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InvalidInput("The address of a JWK set starts with https://.", code="keys_unreadable")
    try:
        with httpx.Client(
            timeout=_SECONDS, follow_redirects=False, trust_env=False, verify=ssl.create_default_context()
        ) as client:
            answer = client.get(address, headers={"accept": "application/json"})
        found = orjson.loads(answer.content) if answer.status_code == 200 and len(answer.content) <= _LARGEST else None
    except (httpx.HTTPError, httpx.InvalidURL, orjson.JSONDecodeError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput("There is no JWK set at that address.", code="keys_unreadable")
    return {"keys": public_keys(found)}


def _verified(db: Database, token: str, log: AuditLog) -> tuple[dict[str, Any] | None, Account | None]:
    from joserfc import jws, jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        unread = jws.extract_compact(token.encode())
        issuer, header = str(orjson.loads(unread.payload).get("iss")), unread.headers()
        with db.reading() as tx:
            row = tx.execute(select(hook_clients).where(hook_clients.c.issuer == issuer)).first()
            account = account_with(tx, row.account) if row else None
        # The only address of keys that counts is the one registered for this issuer.
        if row is None or (row.keys_address and header.get("jku") not in (None, row.keys_address)):
            return None, None
        keys = row.keys
        if row.keys_address and header.get("kid") not in {key.get("kid") for key in keys["keys"]}:
            keys = read_keys(row.keys_address)
            with db.transaction() as tx:
                tx.execute(update(hook_clients).where(hook_clients.c.issuer == issuer).values(keys=keys))
                named = sorted(str(key.get("kid")) for key in keys["keys"])
                log.append(tx, kind="hook_client.keys_read", actor=None, subject=issuer, details={"keys": named})
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
    except (JoseError, ValueError, AttributeError, InvalidInput):
        return None, None
    return dict(decoded.claims), account
