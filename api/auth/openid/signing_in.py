"""A sign-in at the provider from its start to an account here: begun once, ended once, by the same browser."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from api.auth.accounts import Account, account_named, account_of_subject, account_with, add_account, change_account
from api.auth.openid.errors import SignInRefused, refused
from api.auth.openid.provider import Provider
from api.auth.sign_in import fingerprint, start_sign_in
from api.auth.tables import openid_attempts
from cds.actors import Role
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.errors import Busy

# Long enough to find one's second factor, short enough that a page left open is worth nothing.
LASTS = timedelta(minutes=10)
_MOST_OPEN = 1000  # a flood of beginnings cannot fill the database
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9._@-]+")
METHOD = "openid"


def begin(db: Database, provider: Provider, *, redirect: str, after: str, clock: Clock) -> tuple[str, str]:
    """Start: what the browser keeps until it comes back, and where it goes."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    address = provider.sign_in_address(redirect=redirect, state=state, nonce=nonce, verifier=verifier)
    now = clock.now()
    with db.transaction() as tx:
        tx.execute(delete(openid_attempts).where(openid_attempts.c.started < now - LASTS))
        if (tx.scalar(select(func.count()).select_from(openid_attempts)) or 0) >= _MOST_OPEN:
            raise Busy("Too many people sign in at this moment. Try again in a few minutes.")
        row = {"state_hash": fingerprint(state), "nonce": nonce, "verifier": verifier, "after": after, "started": now}
        tx.execute(insert(openid_attempts).values(row))
    return state, address


def finish(
    db: Database,
    provider: Provider,
    *,
    code: str,
    state: str,
    kept: str,
    issuer: str,
    redirect: str,
    log: AuditLog,
    clock: Clock,
) -> tuple[str, str]:
    """End: the secret for the cookie, and where the person wanted to go."""
    if not state or not secrets.compare_digest(state.encode(), kept.encode()):
        raise refused("attempt_unknown")
    attempt = _taken(db, state, at=clock.now())
    try:
        if issuer not in ("", provider.issuer):
            raise refused("wrong_issuer")
        if not code:
            raise refused("provider_refused")
        claims = provider.claims_for(code, redirect=redirect, nonce=attempt["nonce"], verifier=attempt["verifier"])
        roles = provider.roles(claims)
        if not roles:
            raise refused("no_role")
        with db.transaction() as tx:
            account = _account(tx, provider.issuer, claims, roles, log=log, at=clock.now())
            secret = start_sign_in(tx, account, method=METHOD, at=clock.now())
            log.append(tx, kind="sign_in.started", actor=account.actor, subject=account.id, details={"method": METHOD})
    except SignInRefused as error:
        with db.transaction() as tx:
            log.append(
                tx,
                kind="sign_in.refused",
                actor=None,
                subject="unknown",
                details={"method": METHOD, "because": error.code},
            )
        raise
    return secret, str(attempt["after"])


def _taken(db: Database, state: str, *, at: datetime) -> dict[str, Any]:
    """The attempt of this state, which is gone from now on."""
    mine = openid_attempts.c.state_hash == fingerprint(state)
    with db.transaction() as tx:
        row = tx.execute(select(openid_attempts).where(mine)).mappings().first()
        gone = tx.execute(delete(openid_attempts).where(mine)).rowcount
    if row is None or gone != 1 or row["started"] < at - LASTS:
        raise refused("attempt_unknown")
    return dict(row)


def _account(
    tx: Connection, issuer: str, claims: dict[str, Any], roles: frozenset[Role], *, log: AuditLog, at: datetime
) -> Account:
    """The account of this subject, made at the first sign-in; its roles are what the provider says today."""
    subject = claims["sub"]
    display = str(claims.get("name") or claims.get("preferred_username") or claims.get("email") or subject)[:120]
    known = account_of_subject(tx, issuer=issuer, subject=subject)
    if known is None:
        made = add_account(
            tx,
            name=_free_name(tx, issuer, claims),
            display=display,
            roles=roles,
            password=None,
            at=at,
            issuer=issuer,
            subject=subject,
        )
        details = {"roles": sorted(roles), "by": METHOD}
        log.append(tx, kind="account.added", actor=None, subject=made.id, details=details)
        return made
    if known.disabled:
        raise refused("account_disabled")
    if (known.roles, known.display) != (roles, display):
        change_account(tx, known.id, roles=roles, display=display)
        details = {"changed": ["roles"] if known.roles != roles else ["display"], "by": METHOD}
        log.append(tx, kind="account.changed", actor=None, subject=known.id, details=details)
    return account_with(tx, known.id)


def _free_name(tx: Connection, issuer: str, claims: dict[str, Any]) -> str:
    """A sign-in name that is nobody else's: it opens nothing, and must not be taken for a local account's."""
    wanted = str(claims.get("preferred_username") or claims.get("email") or "").strip().lower()
    name = _NOT_IN_A_NAME.sub("-", wanted).strip("._@-")[:60]
    mark = fingerprint(f"{issuer} {claims['sub']}")[:8]
    if len(name) < 2:
        return f"person-{mark}"
    return name if account_named(tx, name) is None else f"{name}-{mark}"
