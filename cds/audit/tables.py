"""The log's tables, and the triggers that refuse to change what was written."""

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    event,
)

from cds.db import metadata

# A 64-bit key that is the row's own number in SQLite, where only INTEGER can be that.
SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

entries = Table(
    "audit_entries",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False),  # as the entry has it, so that both can be compared byte by byte
    Column("kind", String(64), nullable=False),
    Column("actor", String(200)),
    Column("subject", String(200), nullable=False),
    Column("entry", Text, nullable=False),  # canonical JSON: the one thing that is hashed
    Column("leaf", String(64), nullable=False),
)
Index("ix_audit_entries_kind_seq", entries.c.kind, entries.c.seq)
Index("ix_audit_entries_actor_seq", entries.c.actor, entries.c.seq)
Index("ix_audit_entries_subject_seq", entries.c.subject, entries.c.seq)
Index("ix_audit_entries_at_seq", entries.c.at, entries.c.seq)

# One row: writers of PostgreSQL queue on it, so that the log can neither fork nor have a gap.
head = Table(
    "audit_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("frontier", Text, nullable=False),
)

# Texts that entries commit to. Erasure empties them; the log still verifies.
contents = Table(
    "audit_contents",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=False),
    Column("patient", String(200), index=True),
    Column("salt", String(64)),
    Column("body", Text),
)

_SQLITE = (
    """CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
    """CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
    # INSERT OR REPLACE deletes without the delete trigger: an insert must be the next one.
    """CREATE TRIGGER audit_entries_in_order BEFORE INSERT ON audit_entries
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
    BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
    """CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head
    WHEN NEW.id <> 1 OR NEW.size <> OLD.size + 1
    BEGIN SELECT RAISE(ABORT, 'audit_head moves forward only'); END""",
    """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
    BEGIN SELECT RAISE(ABORT, 'audit_head moves forward only'); END""",
    """CREATE TRIGGER audit_head_once BEFORE INSERT ON audit_head
    WHEN EXISTS (SELECT 1 FROM audit_head) OR NEW.size <> 0
    BEGIN SELECT RAISE(ABORT, 'audit_head moves forward only'); END""",
    # The only change is to empty it whole.
    """CREATE TRIGGER audit_contents_erase_only BEFORE UPDATE ON audit_contents
    WHEN NEW.seq <> OLD.seq OR NEW.patient IS NOT OLD.patient OR NEW.salt IS NOT NULL OR NEW.body IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'audit_contents can only be erased'); END""",
    """CREATE TRIGGER audit_contents_no_delete BEFORE DELETE ON audit_contents
    BEGIN SELECT RAISE(ABORT, 'audit_contents can only be erased'); END""",
    """CREATE TRIGGER audit_contents_once BEFORE INSERT ON audit_contents
    WHEN EXISTS (SELECT 1 FROM audit_contents WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'audit_contents can only be erased'); END""",
)

_REFUSE = """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"""

_IN_ORDER = """CREATE OR REPLACE FUNCTION audit_in_order() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT size + 1 FROM audit_head WHERE id = 1) THEN
        RAISE EXCEPTION 'audit_entries is append-only';
    END IF;
    RETURN NEW;
    END $$"""

_POSTGRESQL = (
    """CREATE TRIGGER audit_entries_next BEFORE INSERT ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_in_order()""",
    """CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (NEW.id <> 1 OR NEW.size <> OLD.size + 1) EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_head_once BEFORE INSERT ON audit_head
    FOR EACH ROW WHEN (NEW.id <> 1 OR NEW.size <> 0) EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_contents_erase_only BEFORE UPDATE ON audit_contents FOR EACH ROW
    WHEN (NEW.seq <> OLD.seq OR NEW.patient IS DISTINCT FROM OLD.patient
          OR NEW.salt IS NOT NULL OR NEW.body IS NOT NULL) EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_contents_no_delete BEFORE DELETE ON audit_contents
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_contents_no_truncate BEFORE TRUNCATE ON audit_contents
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
)


_FUNCTIONS = (_REFUSE, _IN_ORDER)


def guard_statements(dialect: str) -> tuple[str, ...]:
    """The triggers as SQL, for a migration that makes the tables without this metadata's events."""
    return _SQLITE if dialect == "sqlite" else (*_FUNCTIONS, *_POSTGRESQL)


def _attach(table: Table) -> None:
    mine = f" ON {table.name}"
    for dialect, statements in (("sqlite", _SQLITE), ("postgresql", _POSTGRESQL)):
        functions = _FUNCTIONS if dialect == "postgresql" else ()
        for statement in functions + tuple(s for s in statements if mine in s):
            ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl)


for _table in (entries, head, contents):
    _attach(_table)
