"""Recommendations and decisions as they are listed and counted; their texts lie beside the audit log."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table

from cds.db import UtcDateTime, metadata

recommendations = Table(
    "recommendations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),  # of its audit entry; also the order of every list
    Column("asked_at", UtcDateTime, nullable=False),
    Column("asked_by", String(200), nullable=False),
    Column("patient", String(200)),
    Column("status", String(16), nullable=False),
    Column("model", String(200)),
    Column("prompt", String(64)),
    Column("generation", String(64)),
    Column("follows", String(64)),
    Column("reason", String(64)),  # why it abstained or referred
    Column("statements", Integer, nullable=False),
    Column("withheld", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Column("weak", Integer, nullable=False),  # statements of low or unknown certainty
    Column("relevance", Float, nullable=False),
    Column("milliseconds", Integer),
    # The cohort at the time of asking: a band, never a birth date.
    Column("age_band", String(8)),
    Column("sex", String(8)),
    Column("language", String(16)),
    Column("specialty", String(64)),
)
for _column in ("asked_at", "asked_by", "patient", "status", "model", "age_band", "sex", "language", "specialty"):
    Index(f"ix_recommendations_{_column}_seq", recommendations.c[_column], recommendations.c.seq)

citations = Table(
    "citations",
    metadata,
    Column("recommendation", ForeignKey(recommendations.c.id), primary_key=True),
    Column("passage", String(64), primary_key=True),
    Column("edition", String(64), nullable=False, index=True),
    Column("document", String(200), nullable=False, index=True),
)

withheld_statements = Table(
    "withheld_statements",
    metadata,
    Column("recommendation", ForeignKey(recommendations.c.id), primary_key=True),
    Column("failed", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
)

shown_warnings = Table(
    "shown_warnings",
    metadata,
    Column("recommendation", ForeignKey(recommendations.c.id), primary_key=True),
    Column("kind", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
)
Index("ix_shown_warnings_kind", shown_warnings.c.kind)

decisions = Table(
    "decisions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("recommendation", ForeignKey(recommendations.c.id), nullable=False, index=True),
    Column("actor", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("choice", String(16), nullable=False),
    Column("reason", String(64)),
    Column("distance", Integer),  # words changed, where the text was modified
    Column("seconds", Float, nullable=False),  # from the recommendation to the decision
)
Index("ix_decisions_choice", decisions.c.choice, decisions.c.recommendation)
Index("ix_decisions_reason", decisions.c.reason, decisions.c.recommendation)
