"""Sign-ins at a provider, ends and reviews of emergency access, addresses of hook keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "openid_attempts",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=64), nullable=False),
        sa.Column("after", sa.String(length=201), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_openid_attempts")),
    )
    op.add_column("emergency_access", sa.Column("ended", sa.DateTime(timezone=True), nullable=True))
    op.add_column("emergency_access", sa.Column("ended_because", sa.String(length=20), nullable=True))
    op.add_column("emergency_access", sa.Column("reviewed", sa.DateTime(timezone=True), nullable=True))
    op.add_column("emergency_access", sa.Column("reviewed_by", sa.String(length=200), nullable=True))
    op.add_column("emergency_access", sa.Column("finding", sa.String(length=20), nullable=True))
    op.add_column("hook_clients", sa.Column("keys_address", sa.String(length=300), nullable=True))


def downgrade() -> None:
    op.drop_column("hook_clients", "keys_address")
    op.drop_column("emergency_access", "finding")
    op.drop_column("emergency_access", "reviewed_by")
    op.drop_column("emergency_access", "reviewed")
    op.drop_column("emergency_access", "ended_because")
    op.drop_column("emergency_access", "ended")
    op.drop_table("openid_attempts")
