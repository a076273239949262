"""The audit log: who did what to which wave; append-only."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, insert

from services.pulse_bot.ledger.models import AuditRow


class AuditAction(StrEnum):
    """What can be found in the audit log."""

    PLANNED = "wave.planned"
    APPROVED = "wave.approved"
    OPENED = "wave.opened"
    CLOSE_ASKED = "wave.close_asked"
    CLOSED = "wave.closed"
    SKIPPED = "wave.skipped"
    KEY_LOST = "wave.key_lost"
    ANNOUNCEMENT_APPROVED = "announcement.approved"
    ANNOUNCEMENT_DISCARDED = "announcement.discarded"
    PROMISE_RECORDED = "promise.recorded"
    CONCERN_ANSWERED = "concern.answered"
    PHASE_CHANGED = "phase.changed"
    FORGOTTEN = "member.forgotten"
    EXPORTED = "release.exported"
    COMMENTS_RELEASED = "comments.released"
    EXTENDED = "wave.extended"
    STOPPED = "wave.stopped"
    PREVIEWED = "wave.previewed"
    ROSTER_SYNCED = "roster.synced"
    LEDGER_RESTORED = "ledger.restored"


def record(connection: Connection, actor: str, action: AuditAction, subject: str) -> None:
    """Append one line, at the wall clock's time."""
    connection.execute(insert(AuditRow).values(at=datetime.now(UTC), actor=actor, action=action.value, subject=subject))
