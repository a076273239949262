"""What people prefer and when they are away, the messages that count in a week, and on PostgreSQL the wave keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Additive; on PostgreSQL what could connect people with ballots leaves the write-ahead log."""
    if not sa.inspect(op.get_bind()).has_table("preference"):  # create_all made it for a while
        op.create_table(
            "preference",
            sa.Column("workspace", sa.String(32), primary_key=True),
            sa.Column("member", sa.String(32), primary_key=True),
            sa.Column("language", sa.String(2)),
            sa.Column("hour", sa.String(5)),
            sa.Column("days_off", sa.String(5), nullable=False),
            sa.Column("paused_until", sa.Date),
        )
    op.add_column("member", sa.Column("leave_from", sa.Date))
    op.add_column("member", sa.Column("leave_until", sa.Date))
    op.create_table(
        "contact",
        sa.Column("workspace", sa.String(32), primary_key=True),
        sa.Column("member", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(127), primary_key=True),
        sa.Column("on_day", sa.Date, nullable=False, index=True),
    )
    op.create_table(
        "wave_key",
        sa.Column("wave_id", sa.String(63), primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        prefixes=["UNLOGGED"] if op.get_bind().dialect.name == "postgresql" else [],
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE ballot_revision SET UNLOGGED")
