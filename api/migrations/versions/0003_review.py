"""Specialties of physicians, saved filters."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint("actor", "name", name=op.f("uq_saved_filters_actor_name")),
    )
    op.add_column("accounts", sa.Column("specialty", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("accounts", "specialty")
    op.drop_table("saved_filters")
