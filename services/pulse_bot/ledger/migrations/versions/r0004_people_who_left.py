"""The day on which somebody left the roster."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Additive."""
    op.add_column("member", sa.Column("left_on", sa.Date))
