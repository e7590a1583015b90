"""The tables of the first version, and the triggers that guard the log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


SQLITE_TRIGGERS = (
    """CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
    """CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END""",
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
    """CREATE TRIGGER audit_contents_erase_only BEFORE UPDATE ON audit_contents
    WHEN NEW.seq <> OLD.seq OR NEW.patient IS NOT OLD.patient OR NEW.salt IS NOT NULL OR NEW.body IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'audit_contents can only be erased'); END""",
    """CREATE TRIGGER audit_contents_no_delete BEFORE DELETE ON audit_contents
    BEGIN SELECT RAISE(ABORT, 'audit_contents can only be erased'); END""",
    """CREATE TRIGGER audit_contents_once BEFORE INSERT ON audit_contents
    WHEN EXISTS (SELECT 1 FROM audit_contents WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'audit_contents can only be erased'); END""",
)

POSTGRESQL_TRIGGERS = (
    """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
    """CREATE OR REPLACE FUNCTION audit_in_order() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT size + 1 FROM audit_head WHERE id = 1) THEN
    RAISE EXCEPTION 'audit_entries is append-only';
    END IF;
    RETURN NEW;
    END $$""",
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


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("display", sa.String(length=120), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_accounts")),
        sa.UniqueConstraint("issuer", "subject", name=("uq_accounts_issuer_subject")),
        sa.UniqueConstraint("name", name=("uq_accounts_name")),
    )
    op.create_table(
        "audit_contents",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("patient", sa.String(length=200), nullable=True),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=("pk_audit_contents")),
    )
    op.create_index(("ix_audit_contents_patient"), "audit_contents", ["patient"], unique=False)
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("leaf", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_actor_seq", "audit_entries", ["actor", "seq"], unique=False)
    op.create_index("ix_audit_entries_at_seq", "audit_entries", ["at", "seq"], unique=False)
    op.create_index("ix_audit_entries_kind_seq", "audit_entries", ["kind", "seq"], unique=False)
    op.create_index("ix_audit_entries_subject_seq", "audit_entries", ["subject", "seq"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_audit_head")),
    )
    op.create_table(
        "card_statements",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("attribute", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_card_statements")),
        sa.UniqueConstraint("seq", name=("uq_card_statements_seq")),
    )
    op.create_index(("ix_card_statements_attribute"), "card_statements", ["attribute"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("id_stated", sa.Boolean(), nullable=False),
        sa.Column("file", sa.String(length=400), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_documents")),
    )
    op.create_table(
        "generations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("embedder", sa.String(length=200), nullable=False),
        sa.Column("embedder_digest", sa.String(length=64), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_generations")),
    )
    op.create_table(
        "hook_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=("pk_hook_tokens")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=("pk_idempotency_keys")),
    )
    op.create_table(
        "patients",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_patients")),
    )
    op.create_table(
        "recommendations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("patient", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("prompt", sa.String(length=64), nullable=True),
        sa.Column("generation", sa.String(length=64), nullable=True),
        sa.Column("follows", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("weak", sa.Integer(), nullable=False),
        sa.Column("relevance", sa.Float(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("age_band", sa.String(length=8), nullable=True),
        sa.Column("sex", sa.String(length=8), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("specialty", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_recommendations")),
        sa.UniqueConstraint("seq", name=("uq_recommendations_seq")),
    )
    op.create_index("ix_recommendations_age_band_seq", "recommendations", ["age_band", "seq"], unique=False)
    op.create_index("ix_recommendations_asked_at_seq", "recommendations", ["asked_at", "seq"], unique=False)
    op.create_index("ix_recommendations_asked_by_seq", "recommendations", ["asked_by", "seq"], unique=False)
    op.create_index("ix_recommendations_language_seq", "recommendations", ["language", "seq"], unique=False)
    op.create_index("ix_recommendations_model_seq", "recommendations", ["model", "seq"], unique=False)
    op.create_index("ix_recommendations_patient_seq", "recommendations", ["patient", "seq"], unique=False)
    op.create_index("ix_recommendations_sex_seq", "recommendations", ["sex", "seq"], unique=False)
    op.create_index("ix_recommendations_specialty_seq", "recommendations", ["specialty", "seq"], unique=False)
    op.create_index("ix_recommendations_status_seq", "recommendations", ["status", "seq"], unique=False)
    op.create_table(
        "refusals",
        sa.Column("file", sa.String(length=400), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("file", name=("pk_refusals")),
    )
    op.create_table(
        "session_join_failures",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=("pk_session_join_failures")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("physician", sa.String(length=200), nullable=False),
        sa.Column("patient", sa.String(length=26), nullable=True),
        sa.Column("recommendation", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_sessions")),
    )
    op.create_index("ix_sessions_physician_opened", "sessions", ["physician", "opened_at"], unique=False)
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=("pk_sign_in_failures")),
    )
    op.create_table(
        "vectors",
        sa.Column("embedder", sa.String(length=64), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("pooled", sa.LargeBinary(), nullable=False),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("embedder", "text_hash", name=("pk_vectors")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=("fk_api_tokens_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=("uq_api_tokens_token_hash")),
    )
    op.create_index("ix_api_tokens_account", "api_tokens", ["account"], unique=False)
    op.create_table(
        "care_list",
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("patient", sa.String(length=26), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=("fk_care_list_patient")),
        sa.PrimaryKeyConstraint("actor", "patient", name=("pk_care_list")),
    )
    op.create_index(("ix_care_list_patient"), "care_list", ["patient"], unique=False)
    op.create_table(
        "citations",
        sa.Column("recommendation", sa.String(length=64), nullable=False),
        sa.Column("passage", sa.String(length=64), nullable=False),
        sa.Column("edition", sa.String(length=140), nullable=False),
        sa.Column("document", sa.String(length=120), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recommendation"], ["recommendations.id"], name=("fk_citations_recommendation")),
        sa.PrimaryKeyConstraint("recommendation", "passage", name=("pk_citations")),
    )
    op.create_index("ix_citations_document_seq", "citations", ["document", "seq"], unique=False)
    op.create_index("ix_citations_edition_seq", "citations", ["edition", "seq"], unique=False)
    op.create_table(
        "current_generation",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.String(length=64), nullable=False),
        sa.Column("switched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], name=("fk_current_generation_generation")),
        sa.PrimaryKeyConstraint("slot", name=("pk_current_generation")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recommendation", sa.String(length=64), nullable=False),
        sa.Column("shown_seq", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("choice", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("distance", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["recommendation"], ["recommendations.id"], name=("fk_decisions_recommendation")),
        sa.PrimaryKeyConstraint("id", name=("pk_decisions")),
        sa.UniqueConstraint("seq", name=("uq_decisions_seq")),
    )
    op.create_index("ix_decisions_choice_shown", "decisions", ["choice", "shown_seq"], unique=False)
    op.create_index("ix_decisions_reason_shown", "decisions", ["reason", "shown_seq"], unique=False)
    op.create_index(("ix_decisions_recommendation"), "decisions", ["recommendation"], unique=False)
    op.create_index(("ix_decisions_shown_seq"), "decisions", ["shown_seq"], unique=False)
    op.create_table(
        "editions",
        sa.Column("id", sa.String(length=140), nullable=False),
        sa.Column("document", sa.String(length=120), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("original_hash", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=400), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("sound", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("review_due", sa.Date(), nullable=True),
        sa.Column("population", sa.Text(), nullable=True),
        sa.Column("jurisdiction", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=200), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(length=200), nullable=True),
        sa.Column("force_from", sa.Date(), nullable=True),
        sa.Column("force_until", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.Column("successor", sa.String(length=140), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=("fk_editions_document")),
        sa.PrimaryKeyConstraint("id", name=("pk_editions")),
        sa.UniqueConstraint("content_hash", name=("uq_editions_content_hash")),
    )
    op.create_index(("ix_editions_document"), "editions", ["document"], unique=False)
    op.create_index(("ix_editions_original_hash"), "editions", ["original_hash"], unique=False)
    op.create_index("ix_editions_state_force", "editions", ["state", "force_from", "force_until"], unique=False)
    op.create_table(
        "emergency_access",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("patient", sa.String(length=26), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=("fk_emergency_access_patient")),
        sa.PrimaryKeyConstraint("id", name=("pk_emergency_access")),
    )
    op.create_index(("ix_emergency_access_actor"), "emergency_access", ["actor"], unique=False)
    op.create_index(("ix_emergency_access_patient"), "emergency_access", ["patient"], unique=False)
    op.create_table(
        "hook_cards",
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("recommendation", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["recommendation"], ["recommendations.id"], name=("fk_hook_cards_recommendation")),
        sa.PrimaryKeyConstraint("uuid", name=("pk_hook_cards")),
    )
    op.create_index(("ix_hook_cards_recommendation"), "hook_cards", ["recommendation"], unique=False)
    op.create_table(
        "hook_clients",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=26), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=("fk_hook_clients_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", name=("pk_hook_clients")),
    )
    op.create_table(
        "record_identifiers",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("patient", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=("fk_record_identifiers_patient")),
        sa.PrimaryKeyConstraint("system", "value", name=("pk_record_identifiers")),
    )
    op.create_index(("ix_record_identifiers_patient"), "record_identifiers", ["patient"], unique=False)
    op.create_table(
        "record_resources",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("patient", sa.String(length=26), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("rank", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=("fk_record_resources_patient")),
        sa.PrimaryKeyConstraint("id", name=("pk_record_resources")),
        sa.UniqueConstraint("patient", "key", "digest", name=("uq_record_resources_patient_key_digest")),
    )
    op.create_index(("ix_record_resources_key"), "record_resources", ["key"], unique=False)
    op.create_index("ix_record_resources_patient_current", "record_resources", ["patient", "current"], unique=False)
    op.create_table(
        "record_vectors",
        sa.Column("patient", sa.String(length=26), nullable=False),
        sa.Column("embedder", sa.String(length=64), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=("fk_record_vectors_patient")),
        sa.PrimaryKeyConstraint("patient", "embedder", "text_hash", name=("pk_record_vectors")),
    )
    op.create_table(
        "reported_gaps",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("recommendation", sa.String(length=64), nullable=False),
        sa.Column("reported_by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["recommendation"], ["recommendations.id"], name=("fk_reported_gaps_recommendation")),
        sa.PrimaryKeyConstraint("id", name=("pk_reported_gaps")),
        sa.UniqueConstraint("recommendation", name=("uq_reported_gaps_recommendation")),
    )
    op.create_table(
        "review_notes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recommendation", sa.String(length=64), nullable=False),
        sa.Column("shown_seq", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["recommendation"], ["recommendations.id"], name=("fk_review_notes_recommendation")),
        sa.PrimaryKeyConstraint("id", name=("pk_review_notes")),
        sa.UniqueConstraint("seq", name=("uq_review_notes_seq")),
    )
    op.create_index("ix_review_notes_mark_shown", "review_notes", ["mark", "shown_seq"], unique=False)
    op.create_index(("ix_review_notes_recommendation"), "review_notes", ["recommendation"], unique=False)
    op.create_table(
        "session_codes",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("session", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prefix", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name=("fk_session_codes_session")),
        sa.PrimaryKeyConstraint("id", name=("pk_session_codes")),
        sa.UniqueConstraint("code", name=("uq_session_codes_code")),
    )
    op.create_index(("ix_session_codes_digest"), "session_codes", ["digest"], unique=False)
    op.create_index(("ix_session_codes_prefix"), "session_codes", ["prefix"], unique=False)
    op.create_index(("ix_session_codes_session"), "session_codes", ["session"], unique=False)
    op.create_table(
        "session_events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("session", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("once", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name=("fk_session_events_session")),
        sa.PrimaryKeyConstraint("seq", name=("pk_session_events")),
        sa.UniqueConstraint("session", "number", name=("uq_session_events_session_number")),
        sa.UniqueConstraint("session", "once", name=("uq_session_events_session_once")),
    )
    op.create_table(
        "session_members",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("session", sa.String(length=26), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name=("fk_session_members_session")),
        sa.PrimaryKeyConstraint("id", name=("pk_session_members")),
        sa.UniqueConstraint("secret", name=("uq_session_members_secret")),
    )
    op.create_index(("ix_session_members_session"), "session_members", ["session"], unique=False)
    op.create_table(
        "shown_warnings",
        sa.Column("recommendation", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["recommendation"], ["recommendations.id"], name=("fk_shown_warnings_recommendation")),
        sa.PrimaryKeyConstraint("recommendation", "kind", name=("pk_shown_warnings")),
    )
    op.create_index("ix_shown_warnings_kind_seq", "shown_warnings", ["kind", "seq"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=26), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=("fk_sign_ins_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_account", "sign_ins", ["account"], unique=False)
    op.create_table(
        "withheld_statements",
        sa.Column("recommendation", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation"], ["recommendations.id"], name=("fk_withheld_statements_recommendation")
        ),
        sa.PrimaryKeyConstraint("recommendation", "failed", name=("pk_withheld_statements")),
    )
    op.create_index("ix_withheld_statements_failed_seq", "withheld_statements", ["failed", "seq"], unique=False)
    op.create_table(
        "passages",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("edition", sa.String(length=140), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("sentences", sa.Text(), nullable=False),
        sa.Column("boxes", sa.Text(), nullable=False),
        sa.Column("strength", sa.String(length=40), nullable=True),
        sa.Column("certainty", sa.String(length=40), nullable=True),
        sa.Column("population", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=("fk_passages_edition")),
        sa.PrimaryKeyConstraint("id", name=("pk_passages")),
    )
    op.create_index("ix_passages_edition_number", "passages", ["edition", "number"], unique=True)
    op.create_table(
        "record_notes",
        sa.Column(
            "resource", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("patient", sa.String(length=26), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("written", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=("fk_record_notes_patient")),
        sa.ForeignKeyConstraint(["resource"], ["record_resources.id"], name=("fk_record_notes_resource")),
        sa.PrimaryKeyConstraint("resource", name=("pk_record_notes")),
    )
    op.create_index(("ix_record_notes_patient"), "record_notes", ["patient"], unique=False)
    op.create_table(
        "record_passages",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("resource", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient", sa.String(length=26), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("sentences", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=("fk_record_passages_patient")),
        sa.ForeignKeyConstraint(["resource"], ["record_resources.id"], name=("fk_record_passages_resource")),
        sa.PrimaryKeyConstraint("id", name=("pk_record_passages")),
    )
    op.create_index(("ix_record_passages_patient"), "record_passages", ["patient"], unique=False)
    op.create_index(("ix_record_passages_resource"), "record_passages", ["resource"], unique=False)
    op.create_index(("ix_record_passages_text_hash"), "record_passages", ["text_hash"], unique=False)
    triggers = SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for statement in triggers:
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    op.drop_index(("ix_record_passages_text_hash"), table_name="record_passages")
    op.drop_index(("ix_record_passages_resource"), table_name="record_passages")
    op.drop_index(("ix_record_passages_patient"), table_name="record_passages")
    op.drop_table("record_passages")
    op.drop_index(("ix_record_notes_patient"), table_name="record_notes")
    op.drop_table("record_notes")
    op.drop_index("ix_passages_edition_number", table_name="passages")
    op.drop_table("passages")
    op.drop_index("ix_withheld_statements_failed_seq", table_name="withheld_statements")
    op.drop_table("withheld_statements")
    op.drop_index("ix_sign_ins_account", table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_index("ix_shown_warnings_kind_seq", table_name="shown_warnings")
    op.drop_table("shown_warnings")
    op.drop_index(("ix_session_members_session"), table_name="session_members")
    op.drop_table("session_members")
    op.drop_table("session_events")
    op.drop_index(("ix_session_codes_session"), table_name="session_codes")
    op.drop_index(("ix_session_codes_prefix"), table_name="session_codes")
    op.drop_index(("ix_session_codes_digest"), table_name="session_codes")
    op.drop_table("session_codes")
    op.drop_index(("ix_review_notes_recommendation"), table_name="review_notes")
    op.drop_index("ix_review_notes_mark_shown", table_name="review_notes")
    op.drop_table("review_notes")
    op.drop_table("reported_gaps")
    op.drop_table("record_vectors")
    op.drop_index("ix_record_resources_patient_current", table_name="record_resources")
    op.drop_index(("ix_record_resources_key"), table_name="record_resources")
    op.drop_table("record_resources")
    op.drop_index(("ix_record_identifiers_patient"), table_name="record_identifiers")
    op.drop_table("record_identifiers")
    op.drop_table("hook_clients")
    op.drop_index(("ix_hook_cards_recommendation"), table_name="hook_cards")
    op.drop_table("hook_cards")
    op.drop_index(("ix_emergency_access_patient"), table_name="emergency_access")
    op.drop_index(("ix_emergency_access_actor"), table_name="emergency_access")
    op.drop_table("emergency_access")
    op.drop_index("ix_editions_state_force", table_name="editions")
    op.drop_index(("ix_editions_original_hash"), table_name="editions")
    op.drop_index(("ix_editions_document"), table_name="editions")
    op.drop_table("editions")
    op.drop_index(("ix_decisions_shown_seq"), table_name="decisions")
    op.drop_index(("ix_decisions_recommendation"), table_name="decisions")
    op.drop_index("ix_decisions_reason_shown", table_name="decisions")
    op.drop_index("ix_decisions_choice_shown", table_name="decisions")
    op.drop_table("decisions")
    op.drop_table("current_generation")
    op.drop_index("ix_citations_edition_seq", table_name="citations")
    op.drop_index("ix_citations_document_seq", table_name="citations")
    op.drop_table("citations")
    op.drop_index(("ix_care_list_patient"), table_name="care_list")
    op.drop_table("care_list")
    op.drop_index("ix_api_tokens_account", table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_table("vectors")
    op.drop_table("sign_in_failures")
    op.drop_index("ix_sessions_physician_opened", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("session_join_failures")
    op.drop_table("refusals")
    op.drop_index("ix_recommendations_status_seq", table_name="recommendations")
    op.drop_index("ix_recommendations_specialty_seq", table_name="recommendations")
    op.drop_index("ix_recommendations_sex_seq", table_name="recommendations")
    op.drop_index("ix_recommendations_patient_seq", table_name="recommendations")
    op.drop_index("ix_recommendations_model_seq", table_name="recommendations")
    op.drop_index("ix_recommendations_language_seq", table_name="recommendations")
    op.drop_index("ix_recommendations_asked_by_seq", table_name="recommendations")
    op.drop_index("ix_recommendations_asked_at_seq", table_name="recommendations")
    op.drop_index("ix_recommendations_age_band_seq", table_name="recommendations")
    op.drop_table("recommendations")
    op.drop_table("patients")
    op.drop_table("idempotency_keys")
    op.drop_table("hook_tokens")
    op.drop_table("generations")
    op.drop_table("documents")
    op.drop_index(("ix_card_statements_attribute"), table_name="card_statements")
    op.drop_table("card_statements")
    op.drop_table("audit_head")
    op.drop_index("ix_audit_entries_subject_seq", table_name="audit_entries")
    op.drop_index("ix_audit_entries_kind_seq", table_name="audit_entries")
    op.drop_index("ix_audit_entries_at_seq", table_name="audit_entries")
    op.drop_index("ix_audit_entries_actor_seq", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_index(("ix_audit_contents_patient"), table_name="audit_contents")
    op.drop_table("audit_contents")
    op.drop_table("accounts")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")
        op.execute("DROP FUNCTION audit_in_order()")
