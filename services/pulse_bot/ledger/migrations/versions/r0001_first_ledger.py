"""The ledger as ``create_all`` made it before there were revisions; such a ledger is stamped with this one."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Every table of the walking skeleton."""
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("planned_on", sa.Date, nullable=False),
    )
    op.create_table(
        "wave",
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("campaign_id", sa.String(63), sa.ForeignKey("campaign.id"), nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String(12), nullable=False, index=True),
        sa.Column("opens_at", sa.DateTime, nullable=False),
        sa.Column("closes_at", sa.DateTime, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("opened_event", sa.Text),
        sa.Column("opened_on", sa.Date),
        sa.Column("closing_since", sa.DateTime),
        sa.Column("closed_at", sa.DateTime),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("announced", sa.Boolean, nullable=False),
    )
    op.create_table(
        "member",
        sa.Column("workspace", sa.String(32), primary_key=True),
        sa.Column("member", sa.String(32), primary_key=True),
        sa.Column("node_id", sa.String(127), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("timezone", sa.String(64)),
    )
    op.create_table(
        "invitation",
        sa.Column("wave_id", sa.String(63), sa.ForeignKey("wave.id"), primary_key=True),
        sa.Column("workspace", sa.String(32), primary_key=True),
        sa.Column("member", sa.String(32), primary_key=True),
        sa.Column("node_id", sa.String(127), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("claim_id", sa.String(32)),
        sa.Column("channel", sa.String(32)),
        sa.Column("message_ts", sa.String(32)),
        sa.Column("invited_on", sa.Date),
        sa.Column("fault", sa.String(80)),
        sa.Column("answered", sa.Boolean),
        sa.Column("reminder_state", sa.String(8), nullable=False),
        sa.Column("reminder_claim_id", sa.String(32)),
        sa.Column("reminder_ts", sa.String(32)),
    )
    op.create_table(
        "ballot_revision",
        sa.Column("wave_id", sa.String(63), primary_key=True),
        sa.Column("ballot_id", sa.String(32), primary_key=True),
        sa.Column("node_id", sa.String(127), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unit_count",
        sa.Column("wave_id", sa.String(63), sa.ForeignKey("wave.id"), primary_key=True),
        sa.Column("node_id", sa.String(127), primary_key=True),
        sa.Column("acknowledged", sa.Integer, nullable=False),
        sa.Column("with_revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "approval",
        sa.Column("wave_id", sa.String(63), sa.ForeignKey("wave.id"), primary_key=True),
        sa.Column("member", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("approved_on", sa.Date, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("actor", sa.String(127), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(127), nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("holder", sa.String(127), nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "bot_instance",
        sa.Column("id", sa.String(127), primary_key=True),
        sa.Column("heartbeat_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "drained",
        sa.Column("wave_id", sa.String(63), sa.ForeignKey("wave.id"), primary_key=True),
        sa.Column("instance", sa.String(127), primary_key=True),
    )
