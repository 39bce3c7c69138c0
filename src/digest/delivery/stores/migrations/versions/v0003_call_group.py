"""Groups of calls that a provider holds back until all of them are accepted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATES = "state IN ('pending', 'sending', 'prepared', 'accepted', 'rejected', 'unknown')"


def upgrade() -> None:
    """Add the table, and the state of a batch that is accepted and held back."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "call_group",
        sa.Column("campaign", sa.Integer, sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("no", sa.Integer, primary_key=True),
        sa.Column("schedule", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("claim", sa.String(32), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("send_at", moment, nullable=False),
        sa.CheckConstraint(
            "state IN ('preparing', 'prepared', 'committing', 'committed', 'abandoned', 'cancelled', 'expired')",
            name="call_group_state",
        ),
    )
    with op.batch_alter_table("batch") as batch:
        batch.add_column(sa.Column("group_no", sa.Integer))
        if op.get_bind().dialect.name != "sqlite":  # SQLite's table is created anew, without the old constraint
            batch.drop_constraint("batch_state", type_="check")
        batch.create_check_constraint("batch_state", _STATES)
