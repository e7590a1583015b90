"""Recommendations and decisions as they are listed and counted; their texts lie beside the audit log."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from cds.db import Json, UtcDateTime, metadata

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
    Column("edition", String(140), nullable=False),
    Column("document", String(120), nullable=False),
    Column("seq", BigInteger, nullable=False),  # of the recommendation, so that lists walk one index
)
Index("ix_citations_document_seq", citations.c.document, citations.c.seq)
Index("ix_citations_edition_seq", citations.c.edition, citations.c.seq)

withheld_statements = Table(
    "withheld_statements",
    metadata,
    Column("recommendation", ForeignKey(recommendations.c.id), primary_key=True),
    Column("failed", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
Index("ix_withheld_statements_failed_seq", withheld_statements.c.failed, withheld_statements.c.seq)

shown_warnings = Table(
    "shown_warnings",
    metadata,
    Column("recommendation", ForeignKey(recommendations.c.id), primary_key=True),
    Column("kind", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
Index("ix_shown_warnings_kind_seq", shown_warnings.c.kind, shown_warnings.c.seq)

decisions = Table(
    "decisions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("recommendation", ForeignKey(recommendations.c.id), nullable=False, index=True),
    Column("shown_seq", BigInteger, nullable=False, index=True),  # of the recommendation's entry
    Column("actor", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("choice", String(16), nullable=False),
    Column("reason", String(64)),
    Column("distance", Integer),  # words changed, where the text was modified
    Column("seconds", Float, nullable=False),  # from the recommendation to the decision
)
Index("ix_decisions_choice_shown", decisions.c.choice, decisions.c.shown_seq)
Index("ix_decisions_reason_shown", decisions.c.reason, decisions.c.shown_seq)

# What auditors say of a recommendation; a second reader agrees or disagrees with a note.
review_notes = Table(
    "review_notes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("recommendation", ForeignKey(recommendations.c.id), nullable=False, index=True),
    Column("shown_seq", BigInteger, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("mark", String(32), nullable=False),
)
Index("ix_review_notes_mark_shown", review_notes.c.mark, review_notes.c.shown_seq)

# What people of this house state about the service, each dated and in the log; the newest counts.
card_statements = Table(
    "card_statements",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("attribute", String(64), nullable=False, index=True),
    Column("actor", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Searches of the review list that somebody comes back to.
saved_filters = Table(
    "saved_filters",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("actor", String(200), nullable=False),
    Column("name", String(80), nullable=False),
    Column("given", Json, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("actor", "name"),
)
