"""Shared decision sessions: who is in them and in what order things happened; the texts lie beside the audit log."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from cds.audit.tables import SEQUENCE
from cds.db import UtcDateTime, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("physician", String(200), nullable=False),
    Column("patient", String(26)),
    Column("recommendation", String(64), nullable=False),  # the consult it was opened from
    Column("opened_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("last_number", Integer, nullable=False),
)
Index("ix_sessions_physician_opened", sessions.c.physician, sessions.c.opened_at)

# The one list both members read, in order. An event's text is what its audit entry commits to.
session_events = Table(
    "session_events",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=False),  # of its audit entry
    Column("session", ForeignKey("sessions.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, 3 … within the session
    Column("kind", String(32), nullable=False),
    Column("audience", String(12), nullable=False),  # physician, or both
    Column("once", String(64)),  # the sender's own name for it: sent twice, kept once
    UniqueConstraint("session", "number"),
    UniqueConstraint("session", "once"),
)

session_codes = Table(
    "session_codes",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("session", ForeignKey("sessions.id"), nullable=False, index=True),
    Column("code", String(8), unique=True),  # emptied as soon as it no longer opens anything
    Column("digest", String(64), nullable=False, index=True),
    Column("prefix", String(2), nullable=False, index=True),
    Column("state", String(8), nullable=False),  # open, used, void
    Column("tries", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

session_members = Table(
    "session_members",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("session", ForeignKey("sessions.id"), nullable=False, index=True),
    Column("secret", String(64), nullable=False, unique=True),  # a digest
    Column("mark", String(24), nullable=False),  # shown on both screens, so that the right person is confirmed
    Column("state", String(10), nullable=False),  # waiting, confirmed, refused, left
    Column("joined_at", UtcDateTime, nullable=False),
)

session_join_failures = Table(
    "session_join_failures",
    metadata,
    Column("address", String(64), primary_key=True),  # a digest
    Column("count", BigInteger, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)
