"""The first ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "meta", sa.Column("name", sa.String(64), primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("issue", sa.String(16), nullable=False),
        sa.Column("audience", sa.String(255), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment),
        sa.UniqueConstraint("issue", "audience"),
        sa.CheckConstraint("state IN ('sending', 'scheduled', 'sent', 'held', 'cancelled')", name="campaign_state"),
    )
    op.create_table(
        "batch",
        sa.Column("campaign", sa.Integer, sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("no", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("recipients", sa.LargeBinary, nullable=False),
        sa.Column("claim", sa.String(32)),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("claimed_at", moment),
        sa.Column("settled_at", moment),
        sa.CheckConstraint("state IN ('pending', 'sending', 'accepted', 'rejected', 'unknown')", name="batch_state"),
    )
    op.create_table(
        "exception",
        sa.Column("campaign", sa.Integer, primary_key=True),
        sa.Column("recipient", sa.LargeBinary(16), primary_key=True),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.id"]),
        sa.CheckConstraint("outcome IN ('accepted', 'rejected', 'unknown', 'skipped')", name="exception_outcome"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.Integer, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("batch", sa.Integer),
        sa.Column("at", moment, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "suppression",
        sa.Column("recipient", sa.LargeBinary(16), primary_key=True),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("at", moment),
        sa.Column("source", sa.Text, nullable=False),
    )
