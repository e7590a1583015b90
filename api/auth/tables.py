"""Tables of accounts and of the ways to sign in. Secrets are kept as hashes only."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from cds.db import Json, UtcDateTime, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),  # what is typed at sign-in, lower case
    Column("display", String(120), nullable=False),
    Column("password", String(200)),  # Argon2id; NULL: signs in by the house's identity provider only
    Column("roles", Json, nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created", UtcDateTime, nullable=False),
    Column("issuer", String(200)),
    Column("subject", String(200)),
    Column("specialty", String(64)),
    UniqueConstraint("issuer", "subject"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account", String(26), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("method", String(20), nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("seen", UtcDateTime, nullable=False),
    Index("ix_sign_ins_account", "account"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("account", String(26), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=False),
    Column("revoked", UtcDateTime),
    Index("ix_api_tokens_account", "account"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("key", String(64), primary_key=True),  # the hash of an account's name or of a client's address
    Column("count", Integer, nullable=False),
    Column("last", UtcDateTime, nullable=False),
)

openid_attempts = Table(
    "openid_attempts",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(64), nullable=False),
    Column("after", String(201), nullable=False),
    Column("started", UtcDateTime, nullable=False),
)
