"""The one list of a session: each event is an audit entry, its text is what the entry commits to."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, RowMapping, insert, select, update

from cds.actors import Actor
from cds.audit.canonical import commitment
from cds.audit.log import AuditLog
from cds.audit.tables import contents, entries
from cds.errors import Integrity, InvalidInput
from cds.tables_sharing import session_events, sessions

Audience = Literal["physician", "both"]
# A grid of six options in full takes about 40 kB.
_LARGEST_BODY = 200_000


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `body` is None when the patient's record was erased."""

    number: int
    kind: str
    audience: Audience
    actor: str | None
    at: datetime
    body: dict[str, Any] | None
    seq: int


def add_event(
    tx: Connection,
    session: str,
    *,
    kind: str,
    actor: Actor,
    log: AuditLog,
    audience: Audience = "physician",
    body: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    once: str | None = None,
) -> int:
    """Append one event with its audit entry; its number. Sent twice under one name it is kept once."""
    row = tx.execute(
        select(sessions.c.patient, sessions.c.last_number).where(sessions.c.id == session).with_for_update()
    ).one()
    if once is not None:
        known = select(session_events.c.number).where(
            session_events.c.session == session, session_events.c.once == once
        )
        if (number := tx.execute(known).scalar_one_or_none()) is not None:
            return int(number)
    content = orjson.dumps(dict(body or {})).decode()
    if len(content) > _LARGEST_BODY:
        raise InvalidInput("That is more text than a shared session takes at once.", code="too_long")
    number = row.last_number + 1
    audit = log.append(
        tx,
        kind=f"session.{kind}",
        actor=actor,
        subject=session,
        details={"number": number, "audience": audience, **(details or {})},
        content=content,
        patient=row.patient,
    )
    tx.execute(
        insert(session_events).values(
            seq=audit.seq, session=session, number=number, kind=kind, audience=audience, once=once
        )
    )
    tx.execute(update(sessions).where(sessions.c.id == session).values(last_number=number))
    return int(number)


def read_events(tx: Connection, session: str, *, audience: Audience, after: int = 0) -> tuple[Event, ...]:
    """What this reader may see after that number, in order; every text held against what the log committed to."""
    query = (
        select(
            session_events.c.number,
            session_events.c.kind,
            session_events.c.audience,
            session_events.c.seq,
            entries.c.entry,
            entries.c.at,
            entries.c.actor,
            contents.c.salt,
            contents.c.body,
        )
        .select_from(
            session_events.join(entries, entries.c.seq == session_events.c.seq).join(
                contents, contents.c.seq == session_events.c.seq
            )
        )
        .where(session_events.c.session == session, session_events.c.number > after)
        .order_by(session_events.c.number)
    )
    if audience == "both":
        query = query.where(session_events.c.audience == "both")
    return tuple(_event(row) for row in tx.execute(query).mappings())


def _event(row: RowMapping) -> Event:
    body = None
    if row["body"] is not None and row["salt"] is not None:
        committed = orjson.loads(row["entry"])["details"].get("content", "")
        if not hmac.compare_digest(commitment(row["salt"], row["body"]), committed):
            raise Integrity(
                f"What was recorded under entry {row['seq']} is not what is stored now. Run `cds audit verify`.",
                code="content_altered",
            )
        body = orjson.loads(row["body"])
    return Event(
        number=row["number"],
        kind=row["kind"],
        audience=row["audience"],
        actor=row["actor"],
        at=datetime.fromisoformat(row["at"]),
        body=body,
        seq=row["seq"],
    )
