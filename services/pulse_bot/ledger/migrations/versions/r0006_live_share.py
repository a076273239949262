"""The rounded share of answers of an open wave, as it was told on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Additive."""
    op.create_table(
        "live_share",
        sa.Column("wave_id", sa.String(63), sa.ForeignKey("wave.id"), primary_key=True),
        sa.Column("on_day", sa.Date, nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
    )
