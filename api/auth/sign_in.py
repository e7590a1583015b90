"""Signing in and out: a sign-in lives on the server, the browser holds only its random name."""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from api.auth.accounts import Account, account_named, account_with, change_account
from api.auth.passwords import Passwords, acceptable
from api.auth.tables import sign_in_failures, sign_ins
from cds.audit import AuditLog
from cds.clock import Clock
from cds.db import Database
from cds.errors import CdsError, NotFound, Unavailable

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
# How old "last seen" may grow before it is written again: one write a minute instead of one a request.
_SEEN_AGAIN = timedelta(minutes=1)

# Back-off. A name is never locked for long, or anybody could lock a physician out; an address may be.
_FREE_TRIES = {"name": 5, "address": 20}
_LONGEST_WAIT = {"name": timedelta(seconds=60), "address": timedelta(minutes=15)}
_FORGOTTEN_AFTER = timedelta(hours=1)


class WrongCredentials(CdsError):
    """The name or the password is wrong; which one is not said."""

    code = "wrong_credentials"


class TooManyAttempts(CdsError):
    """Somebody is guessing."""

    code = "too_many_attempts"


def fingerprint(secret: str) -> str:
    """What is kept of a random secret: it cannot be guessed, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign_in(
    db: Database, *, name: str, password: str, address: str, passwords: Passwords, log: AuditLog, clock: Clock
) -> tuple[str, Account]:
    """Check name and password, start a sign-in, record it. Gives the secret for the cookie."""
    now = clock.now()
    keys = {"name": fingerprint(f"name {name.strip().lower()}"), "address": fingerprint(f"address {address}")}
    with db.reading() as tx:
        for kind, key in keys.items():
            _refuse_guessing(tx, kind=kind, key=key, at=now)
        account = account_named(tx, name)
    known = account.password if account and not account.disabled else None
    if not passwords.matches(known, password) or account is None:
        with db.transaction() as tx:
            for key in keys.values():
                _count_failure(tx, key, at=now)
            log.append(tx, kind="sign_in.refused", actor=None, subject=account.id if account else "unknown")
        raise WrongCredentials("The name or the password is not right.")
    with db.transaction() as tx:
        tx.execute(delete(sign_in_failures).where(sign_in_failures.c.key == keys["name"]))
        secret = start_sign_in(tx, account, method="password", at=now)
        log.append(tx, kind="sign_in.started", actor=account.actor, subject=account.id, details={"method": "password"})
    return secret, account


def change_password(
    db: Database, account: Account, *, old: str, new: str, passwords: Passwords, log: AuditLog, clock: Clock
) -> str:
    """Another password for somebody who knows the one before; every sign-in ends and this one begins anew."""
    now = clock.now()
    key = fingerprint(f"name {account.name}")
    with db.reading() as tx:
        _refuse_guessing(tx, kind="name", key=key, at=now)
    if not passwords.matches(account.password, old):
        with db.transaction() as tx:
            _count_failure(tx, key, at=now)
            log.append(tx, kind="account.password_refused", actor=account.actor, subject=account.id)
        raise WrongCredentials("That is not your present password.")
    kept = passwords.hash(acceptable(new, name=account.name))
    with db.transaction() as tx:
        change_account(tx, account.id, password=kept)
        log.append(
            tx, kind="account.changed", actor=account.actor, subject=account.id, details={"changed": ["password"]}
        )
        return start_sign_in(tx, account, method="password", at=now)


def start_sign_in(tx: Connection, account: Account, *, method: str, at: datetime) -> str:
    """A fresh sign-in for somebody whose identity was proved; also sweeps away those that have ended."""
    tx.execute(delete(sign_ins).where((sign_ins.c.seen < at - IDLE) | (sign_ins.c.started < at - ABSOLUTE)))
    secret = secrets.token_urlsafe(32)
    tx.execute(
        insert(sign_ins).values(token_hash=fingerprint(secret), account=account.id, method=method, started=at, seen=at)
    )
    return secret


def who_signed_in(db: Database, secret: str, *, at: datetime) -> Account | None:
    """Whose sign-in this is, while it lasts: 15 minutes without use, 12 hours in all."""
    with db.reading() as tx:
        row = tx.execute(select(sign_ins).where(sign_ins.c.token_hash == fingerprint(secret))).mappings().first()
        if row is None or row["seen"] < at - IDLE or row["started"] < at - ABSOLUTE:
            return None
        try:
            account = account_with(tx, row["account"])
        except NotFound:
            return None
    if account.disabled:
        return None
    if abs(at - row["seen"]) > _SEEN_AGAIN:  # also after the clock was set back, or it would last that much longer
        # What was recorded can be read while nothing can be written.
        with suppress(Unavailable), db.transaction() as tx:
            tx.execute(update(sign_ins).where(sign_ins.c.token_hash == row["token_hash"]).values(seen=at))
    return account


def sign_out(tx: Connection, secret: str) -> str | None:
    """End this sign-in now; how it had been made."""
    mine = sign_ins.c.token_hash == fingerprint(secret)
    method = tx.scalar(select(sign_ins.c.method).where(mine))
    tx.execute(delete(sign_ins).where(mine))
    return method


def _refuse_guessing(tx: Connection, *, kind: str, key: str, at: datetime) -> None:
    row = tx.execute(select(sign_in_failures).where(sign_in_failures.c.key == key)).mappings().first()
    if row is None or row["last"] < at - _FORGOTTEN_AFTER or row["count"] < _FREE_TRIES[kind]:
        return
    wait = min(timedelta(seconds=2 ** min(row["count"] - _FREE_TRIES[kind], 20)), _LONGEST_WAIT[kind])
    if abs(at - row["last"]) < wait:  # a clock that was set back keeps nobody out for longer
        raise TooManyAttempts("Too many wrong attempts. Wait a minute and try again.")


def _count_failure(tx: Connection, key: str, *, at: datetime) -> None:
    tx.execute(delete(sign_in_failures).where(sign_in_failures.c.last < at - _FORGOTTEN_AFTER))
    changed = tx.execute(
        update(sign_in_failures)
        .where(sign_in_failures.c.key == key)
        .values(count=sign_in_failures.c.count + 1, last=at)
    )
    if changed.rowcount == 0:
        tx.execute(insert(sign_in_failures).values(key=key, count=1, last=at))
