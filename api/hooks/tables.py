"""Tables of CDS Hooks: who may call, which signed tokens were seen, which card came from which recommendation."""

from sqlalchemy import Column, ForeignKey, String, Table

from cds.db import Json, UtcDateTime, metadata

hook_clients = Table(
    "hook_clients",
    metadata,
    Column("issuer", String(300), primary_key=True),
    Column("account", String(26), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("keys", Json, nullable=False),
    Column("keys_address", String(300)),  # where its keys are read again; none: those above are all
    Column("added", UtcDateTime, nullable=False),
)

hook_tokens = Table(
    "hook_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

hook_cards = Table(
    "hook_cards",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("recommendation", String(64), ForeignKey("recommendations.id"), nullable=False, index=True),
    Column("asked_by", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
