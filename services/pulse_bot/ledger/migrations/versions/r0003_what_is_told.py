"""Announcements, promises, concerns, posts in channels, buddies, phases, releases that were read, and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Additive; what must not show an order of arrival is kept without row ids, or (PostgreSQL) outside the log."""
    _announcements()
    _people()
    op.create_table(
        "promise",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("campaign_id", sa.String(63), nullable=False, index=True),
        sa.Column("text_nl", sa.Text, nullable=False),
        sa.Column("text_en", sa.Text, nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "phase_change",
        sa.Column("campaign_id", sa.String(63), primary_key=True),
        sa.Column("node_id", sa.String(127), primary_key=True),
        sa.Column("starts_on", sa.Date, primary_key=True),
        sa.Column("phase", sa.String(12), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "release",
        sa.Column("wave_id", sa.String(63), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "wave_errand",
        sa.Column("subject", sa.String(127), primary_key=True),
        sa.Column("errand", sa.String(20), primary_key=True),
    )


def _announcements() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", sa.String(127), primary_key=True),
        sa.Column("campaign_id", sa.String(63), nullable=False, index=True),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("shown_document", sa.Text),
        sa.Column("shown_revision", sa.Integer),
        sa.Column("author", sa.String(32)),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.Column("published_at", sa.DateTime),
        sa.Column("corrected_at", sa.DateTime),
        sa.Column("seed", sa.String(32)),
        sa.Column("steps", sa.JSON),
    )
    op.create_table(
        "announcement_approval",
        sa.Column("announcement_id", sa.String(127), sa.ForeignKey("announcement.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("member", sa.String(32), primary_key=True),
    )
    op.create_table(
        "channel_post",
        sa.Column("subject", sa.String(160), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("state", sa.String(9), nullable=False, index=True),
        sa.Column("ts", sa.String(32)),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("fault", sa.String(80)),
    )


def _people() -> None:
    op.create_table(
        "concern",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("campaign_id", sa.String(63), nullable=False),
        sa.Column("state", sa.String(8), nullable=False, index=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("post_at", sa.DateTime, nullable=False),
        sa.Column("question", sa.Text),
        sa.Column("answer", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "buddy",
        sa.Column("workspace", sa.String(32), primary_key=True),
        sa.Column("member", sa.String(32), primary_key=True),
        sa.Column("since", sa.Date, nullable=False),
    )
    op.create_table(
        "commented",
        sa.Column("wave_id", sa.String(63), primary_key=True),
        sa.Column("workspace", sa.String(32), primary_key=True),
        sa.Column("member", sa.String(32), primary_key=True),
        prefixes=["UNLOGGED"] if op.get_bind().dialect.name == "postgresql" else [],
        sqlite_with_rowid=False,
    )
    op.create_table("forgotten", sa.Column("fingerprint", sa.String(64), primary_key=True))
