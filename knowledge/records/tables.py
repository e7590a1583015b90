"""A patient's record in the database: identifiers, versioned resources with their facts, notes, and their vectors."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cds.db import Json, UtcDateTime, metadata

# A 64-bit key that is the row's own number in SQLite, where only INTEGER can be that.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

# Two records are one person when they share one of these; a name never links.
identifiers = Table(
    "record_identifiers",
    metadata,
    Column("system", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("patient", String(26), ForeignKey("patients.id"), nullable=False, index=True),
)

# Every version of every resource; `current` marks the newest of its key.
resources = Table(
    "record_resources",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("patient", String(26), ForeignKey("patients.id"), nullable=False),
    Column("key", Text, nullable=False, index=True),  # e.g. "AllergyIntolerance/41", within its source
    Column("type", String(64), nullable=False),  # in FHIR's words, whatever the format
    Column("rank", String(64), nullable=False),  # sorts versions of one key, oldest first
    Column("digest", String(64), nullable=False),  # of what was read, so that the same is stored once
    Column("current", Boolean, nullable=False),
    Column("resource", Text, nullable=False),  # what the source calls it
    Column("version", Text),
    Column("recorded", UtcDateTime),
    Column("file", Text),
    Column("stored_at", UtcDateTime, nullable=False),
    Column("facts", Integer, nullable=False),  # how many; none and no note: the resource takes back what it said
    Column("body", Json, nullable=False),
    UniqueConstraint("patient", "key", "digest"),
)
Index("ix_record_resources_patient_current", resources.c.patient, resources.c.current)

notes = Table(
    "record_notes",
    metadata,
    Column("resource", _NUMBER, ForeignKey("record_resources.id"), primary_key=True, autoincrement=False),
    Column("patient", String(26), ForeignKey("patients.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("author", Text),
    Column("written", Date),
    Column("text", Text, nullable=False),
)

passages = Table(
    "record_passages",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("resource", _NUMBER, ForeignKey("record_resources.id"), nullable=False, index=True),
    Column("patient", String(26), ForeignKey("patients.id"), nullable=False, index=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("section", Json, nullable=False),
    Column("page", Integer),
    Column("sentences", Json, nullable=False),  # [start, end, 1 when it denies or speaks of a relative]
    Column("words", Text, nullable=False),  # the stems, two spaces apart: see knowledge.records.words
    Column("length", Integer, nullable=False),  # in stems
    Column("text_hash", String(64), nullable=False, index=True),
)

# Kept by patient, not in the library's cache of vectors, so that erasing a patient erases these.
vectors = Table(
    "record_vectors",
    metadata,
    Column("patient", String(26), ForeignKey("patients.id"), primary_key=True),
    Column("embedder", String(64), primary_key=True),
    Column("text_hash", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, normalised
)
