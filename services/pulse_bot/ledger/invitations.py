"""Members and invitations: who is to get which message, and who has it."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from services.contracts.base import Language
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import DeliveryState, InvitationRow, MemberRow, MessageKind, WaveRow, WaveState
from services.pulse_bot.ledger.writer import Operation


@dataclass(frozen=True)
class Member:
    """A person who can be invited. ``node_id`` is the node of the roster; ``timezone`` an IANA name or None."""

    workspace: str
    member: str
    node_id: str
    language: Language
    timezone: str | None


@dataclass(frozen=True)
class Addressee:
    """A person who is to get a message of a wave."""

    workspace: str
    member: str
    language: Language
    timezone: str | None


@dataclass(frozen=True)
class Posted:
    """Where Slack put a message."""

    channel: str
    ts: str


_STATE = {MessageKind.INVITATION: InvitationRow.state, MessageKind.REMINDER: InvitationRow.reminder_state}
_CLAIM = {MessageKind.INVITATION: "claim_id", MessageKind.REMINDER: "reminder_claim_id"}
_TS = {MessageKind.INVITATION: "message_ts", MessageKind.REMINDER: "reminder_ts"}


def put_members(connection: Connection, members: Iterable[Member]) -> None:
    """Insert or refresh people as the roster and Slack know them now."""
    for member in members:
        values = {
            "workspace": member.workspace,
            "member": member.member,
            "node_id": member.node_id,
            "language": member.language.value,
            "timezone": member.timezone,
        }
        connection.execute(
            insert_for(connection, MemberRow)
            .values(values)
            .on_conflict_do_update(index_elements=["workspace", "member"], set_=values)
        )


def language_of(connection: Connection, workspace: str, member: str) -> Language | None:
    """The language of a person whom the ledger knows."""
    found = connection.execute(
        select(MemberRow.language).where(MemberRow.workspace == workspace, MemberRow.member == member)
    ).scalar_one_or_none()
    return None if found is None else Language(found)


def invite(connection: Connection, wave_id: str, members: Sequence[Member], units: Sequence[str]) -> None:
    """Put the people of an opening wave down as invited, each under the unit that their ballot will carry."""
    if not members:
        return
    rows = [
        {
            "wave_id": wave_id,
            "workspace": member.workspace,
            "member": member.member,
            "node_id": unit,
            "state": DeliveryState.DUE.value,
            "answered": False,
            "reminder_state": DeliveryState.DUE.value,
        }
        for member, unit in zip(members, units, strict=True)
    ]
    connection.execute(insert(InvitationRow), rows)


def addressees(connection: Connection, wave_id: str, kind: MessageKind, state: DeliveryState) -> tuple[Addressee, ...]:
    """The people whose message of this kind is in ``state``; reminders only for those invited without an answer."""
    conditions = [InvitationRow.wave_id == wave_id, _STATE[kind] == state.value]
    if kind is MessageKind.REMINDER:
        conditions += [InvitationRow.state == DeliveryState.SENT.value, InvitationRow.answered.is_(False)]
    rows = connection.execute(
        select(MemberRow.workspace, MemberRow.member, MemberRow.language, MemberRow.timezone)
        .join(
            InvitationRow, (InvitationRow.workspace == MemberRow.workspace) & (InvitationRow.member == MemberRow.member)
        )
        .where(*conditions)
        .order_by(MemberRow.member)
    )
    return tuple(Addressee(row.workspace, row.member, Language(row.language), row.timezone) for row in rows)


def claim(wave_id: str, kind: MessageKind, people: Sequence[Addressee]) -> Operation[frozenset[str]]:
    """Claim messages before they are posted. Gives the members claimed; someone else may have claimed the rest."""

    def operation(connection: Connection) -> frozenset[str]:
        open_still = select(WaveRow.id).where(WaveRow.id == wave_id, WaveRow.state == WaveState.OPEN.value)
        if connection.execute(open_still.with_for_update(read=True)).one_or_none() is None:
            return frozenset()  # stopped or closed a moment ago: final within one message
        ours = set()
        for person in people:
            result = connection.execute(
                update(InvitationRow)
                .where(_of(wave_id, person), _STATE[kind] == DeliveryState.DUE.value)
                .values({_STATE[kind].key: DeliveryState.CLAIMED.value, _CLAIM[kind]: secrets.token_hex(16)})
            )
            if result.rowcount:
                ours.add(person.member)
        return frozenset(ours)

    return operation


def sent(wave_id: str, kind: MessageKind, person: Addressee, posted: Posted, *, on: date) -> Operation[None]:
    """Slack has confirmed the message, or it was found in the DM's history."""
    values: dict[str, Any] = {
        _STATE[kind].key: DeliveryState.SENT.value,
        _TS[kind]: posted.ts,
        "channel": posted.channel,
    }
    if kind is MessageKind.INVITATION:
        values["invited_on"] = on

    def operation(connection: Connection) -> None:
        connection.execute(update(InvitationRow).where(_of(wave_id, person)).values(values))

    return operation


def failed(wave_id: str, kind: MessageKind, person: Addressee, fault: str) -> Operation[None]:
    """Slack refused the message for good; ``fault`` is its error code."""

    def operation(connection: Connection) -> None:
        connection.execute(
            update(InvitationRow)
            .where(_of(wave_id, person))
            .values({_STATE[kind].key: DeliveryState.FAILED.value, "fault": fault[:80]})
        )

    return operation


def unclaim(wave_id: str, kind: MessageKind, person: Addressee) -> Operation[None]:
    """The message was certainly not posted; it is due again."""

    def operation(connection: Connection) -> None:
        connection.execute(
            update(InvitationRow)
            .where(_of(wave_id, person), _STATE[kind] == DeliveryState.CLAIMED.value)
            .values({_STATE[kind].key: DeliveryState.DUE.value, _CLAIM[kind]: None})
        )

    return operation


def delivery_counts(connection: Connection, wave_id: str) -> dict[DeliveryState, int]:
    """How many invitations of the wave are in each state."""
    rows = connection.execute(
        select(InvitationRow.state, func.count()).where(InvitationRow.wave_id == wave_id).group_by(InvitationRow.state)
    )
    return {DeliveryState(state): count for state, count in rows}


def _of(wave_id: str, person: Addressee) -> ColumnElement[bool]:
    return (
        (InvitationRow.wave_id == wave_id)
        & (InvitationRow.workspace == person.workspace)
        & (InvitationRow.member == person.member)
    )
