"""The guideline library's tables: documents, their editions, and the passages of each edition."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, true

from cds.db import Json, UtcDateTime, metadata

# A guideline across its editions.
documents = Table(
    "documents",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("id_stated", Boolean, nullable=False),  # by the document itself, rather than made from its title
    Column("file", String(400), nullable=False),  # the name it last came under
    Column("added_at", UtcDateTime, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("id", String(140), primary_key=True),
    Column("document", ForeignKey("documents.id"), nullable=False, index=True),
    Column("content_hash", String(64), nullable=False, unique=True),  # of the file and its side-car
    Column("original_hash", String(64), nullable=False, index=True),  # of the file alone: where the original is kept
    Column("file", String(400), nullable=False),
    Column("format", String(20), nullable=False),
    Column("state", String(12), nullable=False),
    # False: what is stored is not what was recorded; it answers nothing until it is mended.
    Column("sound", Boolean, nullable=False, server_default=true()),
    Column("title", Text, nullable=False),
    Column("publisher", Text),
    Column("version", Text),
    Column("published_on", Date),  # as the document says
    Column("review_due", Date),
    Column("population", Text),
    Column("jurisdiction", Text),
    Column("language", String(40)),
    Column("licence", Text),
    Column("provenance", Json, nullable=False),  # field → where it was found
    Column("pages", Integer),
    Column("text", Text, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("flags", Json, nullable=False),  # what the librarian should look at
    Column("passages", Integer, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", String(200)),
    Column("published_at", UtcDateTime),
    Column("published_by", String(200)),
    # In force from this day, up to and not including that one.
    Column("force_from", Date),
    Column("force_until", Date),
    Column("ended_at", UtcDateTime),  # superseded without a successor, or retracted
    Column("ended_by", String(200)),
    Column("ended_why", Text),
    Column("successor", String(140)),
)
Index("ix_editions_state_force", editions.c.state, editions.c.force_from, editions.c.force_until)

passages = Table(
    "passages",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("edition", ForeignKey("editions.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("section", Json, nullable=False),
    Column("sentences", Json, nullable=False),  # [[start, end], …] within the text
    Column("boxes", Json, nullable=False),  # [[start, end, page, left, bottom, right, top], …], one a word
    Column("strength", String(40)),
    Column("certainty", String(40)),
    Column("population", Text),
)
Index("ix_passages_edition_number", passages.c.edition, passages.c.number, unique=True)

# Files that were not taken in, with what to do about it; the latest word on each name and content.
refusals = Table(
    "refusals",
    metadata,
    Column("file", String(400), primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("code", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
