"""The delivery time of a scheduled campaign, and the provider's name for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; they are empty for a campaign that is delivered at once."""
    op.add_column("campaign", sa.Column("send_at", sa.DateTime(timezone=True)))
    op.add_column("campaign", sa.Column("schedule", sa.String(255)))
