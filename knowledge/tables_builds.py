"""The index's tables: every generation that was made, and which one searches read."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table

from cds.db import UtcDateTime, metadata

generations = Table(
    "generations",
    metadata,
    Column("id", String(64), primary_key=True),  # sha256 of its manifest
    Column("embedder", String(200), nullable=False),
    Column("embedder_digest", String(64), nullable=False),
    Column("passages", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

current_generation = Table(
    "current_generation",
    metadata,
    Column("slot", Integer, CheckConstraint("slot = 1", name="one"), primary_key=True, autoincrement=False),
    Column("generation", ForeignKey("generations.id"), nullable=False),
    Column("switched_at", UtcDateTime, nullable=False),
)
