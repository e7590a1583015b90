"""The same request sent twice is done once: what creates something takes an `Idempotency-Key`."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, String, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cds.actors import Actor
from cds.db import Database, UtcDateTime, metadata
from cds.errors import Conflict, InvalidInput

# A client that has not heard of its request by then asks a person.
_KEPT = timedelta(hours=24)
# A request that was cut off frees its key after the longest a consult may take.
_RUNNING_AT_MOST = timedelta(minutes=12)
_LONGEST = 128

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("result", String(64)),  # NULL while it runs
    Column("at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A key taken by one request; `result` is what an earlier one with the same key made."""

    key_hash: str
    result: str | None


def claim(db: Database, *, actor: Actor, key: str | None, request: str, at: datetime) -> Claim | None:
    """Take the key, or learn what it made before; None where no key was sent."""
    if key is None:
        return None
    if not 1 <= len(key) <= _LONGEST:
        raise InvalidInput(f"An Idempotency-Key has 1 to {_LONGEST} characters.")
    key_hash, request_hash = _hash(f"{actor.id} {key}"), _hash(request)
    try:
        with db.transaction() as tx:
            running = idempotency_keys.c.result.is_(None) & (idempotency_keys.c.at < at - _RUNNING_AT_MOST)
            tx.execute(delete(idempotency_keys).where((idempotency_keys.c.at < at - _KEPT) | running))
            query = select(idempotency_keys).where(idempotency_keys.c.key_hash == key_hash)
            known = tx.execute(query).mappings().first()
            if known is None:
                values = {"key_hash": key_hash, "request_hash": request_hash, "at": at}
                tx.execute(insert(idempotency_keys).values(values))
                return Claim(key_hash, None)
    except IntegrityError:
        raise _running() from None
    if known["request_hash"] != request_hash:
        raise InvalidInput("This Idempotency-Key was sent with another request.", code="idempotency_mismatch")
    if known["result"] is None:
        raise _running()
    return Claim(key_hash, known["result"])


def keep(db: Database, taken: Claim | None, result: str) -> None:
    """Remember what the request made."""
    if taken is not None:
        with db.transaction() as tx:
            mine = idempotency_keys.c.key_hash == taken.key_hash
            tx.execute(update(idempotency_keys).where(mine).values(result=result))


def free(db: Database, taken: Claim | None) -> None:
    """The request made nothing: it may be sent again."""
    if taken is not None and taken.result is None:
        with db.transaction() as tx:
            tx.execute(delete(idempotency_keys).where(idempotency_keys.c.key_hash == taken.key_hash))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _running() -> Conflict:
    return Conflict("The first request with this Idempotency-Key is still running. Ask for it again in a moment.")
