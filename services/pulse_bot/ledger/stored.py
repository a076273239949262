"""Every row of the ledger that names one person: shown to them literally, and removed when they ask."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, column, delete, select, table, update

from services.pulse_bot.ledger import audit
from services.pulse_bot.ledger.announcing import AnnouncementApprovalRow, AnnouncementRow, ForgottenRow
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import ApprovalRow, AuditRow, Base
from services.pulse_bot.ledger.writer import Operation

FORGOTTEN: Final = "forgotten"
"""Who did something, where that person asked to be forgotten: the audit log keeps its lines, without the name."""


@dataclass(frozen=True)
class StoredRow:
    """One row as it stands in the ledger: its table, and all its columns as JSON."""

    table: str
    content: str


def about(connection: Connection, workspace: str, member: str) -> tuple[StoredRow, ...]:
    """All rows that name the person, column by column as the database holds them."""
    found = []
    for kept in _tables():
        # Without the types of the models: nothing is turned into something nicer on its way to the person.
        raw = table(kept.name, *(column(one.name) for one in kept.columns))
        rows = connection.execute(select(raw).where(raw.c.workspace == workspace, raw.c.member == member))
        found += [StoredRow(kept.name, _json(dict(row))) for row in rows.mappings()]
    return tuple(found)


def remove(connection: Connection, workspace: str, member: str) -> int:
    """Remove every row of the person from the tables whose rows name people. Gives how many."""
    gone = 0
    for kept in _tables():
        gone += connection.execute(delete(kept).where(kept.c.workspace == workspace, kept.c.member == member)).rowcount
    return gone


def forget(workspace: str, member: str) -> Operation[int]:
    """Remove every row that names the person, and remember a fingerprint, so that no roster brings them back.

    Gives how many rows are gone. What they did as a champion stays in the audit log, without their name.
    """

    def operation(connection: Connection) -> int:
        gone = remove(connection, workspace, member)
        for approval in (ApprovalRow, AnnouncementApprovalRow):
            gone += connection.execute(delete(approval).where(approval.member == member)).rowcount
        gone += connection.execute(
            update(AnnouncementRow).where(AnnouncementRow.author == member).values(author=None)
        ).rowcount
        gone += connection.execute(update(AuditRow).where(AuditRow.actor == member).values(actor=FORGOTTEN)).rowcount
        connection.execute(
            insert_for(connection, ForgottenRow)
            .values(fingerprint=fingerprint(workspace, member))
            .on_conflict_do_nothing()
        )
        audit.record(connection, FORGOTTEN, audit.AuditAction.FORGOTTEN, "a member")
        return gone

    return operation


def is_forgotten(connection: Connection, workspace: str, member: str) -> bool:
    """Whether the person asked to be forgotten, and has not come back."""
    print_ = fingerprint(workspace, member)
    return connection.execute(select(ForgottenRow).where(ForgottenRow.fingerprint == print_)).first() is not None


def forgotten(connection: Connection) -> frozenset[str]:
    """The fingerprints of all who asked to be forgotten."""
    return frozenset(connection.execute(select(ForgottenRow.fingerprint)).scalars())


def take_back(workspace: str, member: str) -> Operation[bool]:
    """The person wants to take part again, from the next wave on. Gives whether they were forgotten."""

    def operation(connection: Connection) -> bool:
        result = connection.execute(
            delete(ForgottenRow).where(ForgottenRow.fingerprint == fingerprint(workspace, member))
        )
        return bool(result.rowcount)

    return operation


def fingerprint(workspace: str, member: str) -> str:
    """What stands for a forgotten person: SHA-256, in hex. Only who has the list of members can tell who it is."""
    return sha256(f"draagvlak forgotten|{workspace}|{member}".encode()).hexdigest()


def _tables() -> list[Table]:
    """The tables whose rows name a person of a workspace; a new one is found by its columns."""
    return [kept for kept in Base.metadata.sorted_tables if {"workspace", "member"} <= set(kept.columns.keys())]


def _json(row: dict[str, Any]) -> str:
    return orjson.dumps(row, default=str).decode()
