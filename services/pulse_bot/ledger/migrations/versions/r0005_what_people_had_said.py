"""What people had said, beside the promise that answers it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Additive."""
    op.add_column("promise", sa.Column("said_nl", sa.Text))
    op.add_column("promise", sa.Column("said_en", sa.Text))
