"""Members and invitations: who is to get which message, and who has it."""

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from services.contracts.base import Language
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.ledger import contacts, leases, preferences
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import BEGUN, DeliveryState, InvitationRow, MemberRow, WaveRow, WaveState
from services.pulse_bot.ledger.preferences import NONE, Preferences
from services.pulse_bot.ledger.writer import Operation
from services.pulse_bot.locales import known, spoken


@dataclass(frozen=True)
class Member:
    """A person who can be invited. ``node_id`` is the node of the roster; ``timezone`` an IANA name or None.

    ``leave_from`` and ``leave_until`` are the first and last day of leave; ``language`` is what Slack's locale says.
    """

    workspace: str
    member: str
    node_id: str
    language: Language
    timezone: str | None
    leave_from: date | None = None
    leave_until: date | None = None


@dataclass(frozen=True)
class Addressee:
    """A person who is to get a message of a wave, in the language that they chose or Slack says.

    The claim ids tell one attempt at a message from another; None before there was any.
    """

    workspace: str
    member: str
    language: Language
    timezone: str | None
    chosen: Preferences = NONE
    leave_from: date | None = None
    leave_until: date | None = None
    claim_id: str | None = None
    reminder_claim_id: str | None = None

    def claim(self, kind: MessageKind) -> str | None:
        """The id of the last attempt at the message of this kind."""
        return self.reminder_claim_id if kind is MessageKind.REMINDER else self.claim_id


class Claim(StrEnum):
    """What came of the attempt to claim a message; only OURS may be posted."""

    OURS = "ours"
    TAKEN = "taken"
    OVER_BUDGET = "over_budget"
    WAVE_NOT_OPEN = "wave_not_open"
    LEASE_LOST = "lease_lost"


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
            "language": str(member.language),
            "timezone": member.timezone,
            "leave_from": member.leave_from,
            "leave_until": member.leave_until,
            "left_on": None,
        }
        connection.execute(
            insert_for(connection, MemberRow)
            .values(values)
            .on_conflict_do_update(index_elements=["workspace", "member"], set_=values)
        )


def language_of(connection: Connection, workspace: str, member: str) -> Language | None:
    """The language of a person whom the ledger knows: what they chose, else what Slack says."""
    chosen = preferences.of(connection, workspace, member).language
    if chosen is not None:
        return chosen
    found = connection.execute(
        select(MemberRow.language).where(MemberRow.workspace == workspace, MemberRow.member == member)
    ).scalar_one_or_none()
    return known(found)


def has_answered(connection: Connection, wave_id: str, workspace: str, member: str) -> bool | None:
    """Whether the person has answered in an open wave; None for someone who is not invited to it."""
    row = connection.execute(
        select(InvitationRow.answered).where(
            InvitationRow.wave_id == wave_id, InvitationRow.workspace == workspace, InvitationRow.member == member
        )
    ).one_or_none()
    return None if row is None else bool(row.answered)


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


def elsewhere(connection: Connection, wave_id: str, members: Iterable[Member]) -> dict[str, int]:
    """The other waves that have begun and are not over -> how many of ``members`` are in them; only those with some."""
    rows = connection.execute(
        select(InvitationRow.wave_id, InvitationRow.workspace, InvitationRow.member)
        .join(WaveRow, WaveRow.id == InvitationRow.wave_id)
        .where(WaveRow.id != wave_id, WaveRow.state.in_([state.value for state in BEGUN]))
    )
    wanted = {(member.workspace, member.member) for member in members}
    return dict(Counter(row.wave_id for row in rows if (row.workspace, row.member) in wanted))


@dataclass(frozen=True)
class Delivery:
    """How far the messages of a wave to one person are; ``unit`` is the label that their ballot carries.

    ``invited_on`` is the campaign's day on which the invitation went, None before.
    """

    person: Addressee
    unit: str
    invitation: DeliveryState
    reminder: DeliveryState
    answered: bool | None
    fault: str | None
    invited_on: date | None

    def state(self, kind: MessageKind) -> DeliveryState:
        """The state of the message of this kind."""
        return self.reminder if kind is MessageKind.REMINDER else self.invitation

    def wants(self, kind: MessageKind) -> bool:
        """Whether the message is still to be sent: reminders only for those invited without an answer."""
        if self.state(kind) is not DeliveryState.DUE:
            return False
        return kind is not MessageKind.REMINDER or (self.invitation is DeliveryState.SENT and self.answered is False)


def deliveries_of(connection: Connection, wave_id: str, *, uninvited_only: bool = False) -> tuple[Delivery, ...]:
    """Everybody whom the wave invites, or only those whose invitation is not confirmed yet; by member id."""
    conditions = [InvitationRow.wave_id == wave_id]
    if uninvited_only:
        conditions.append(InvitationRow.state.in_([DeliveryState.DUE.value, DeliveryState.CLAIMED.value]))
    rows = connection.execute(
        select(
            MemberRow.__table__,
            InvitationRow.node_id.label("unit"),
            InvitationRow.state,
            InvitationRow.reminder_state,
            InvitationRow.claim_id,
            InvitationRow.reminder_claim_id,
            InvitationRow.answered,
            InvitationRow.fault,
            InvitationRow.invited_on,
        )
        .join(
            InvitationRow, (InvitationRow.workspace == MemberRow.workspace) & (InvitationRow.member == MemberRow.member)
        )
        .where(*conditions)
        .order_by(MemberRow.member)
    ).all()
    chosen = {workspace: preferences.everybody(connection, workspace) for workspace in {row.workspace for row in rows}}
    return tuple(
        Delivery(
            Addressee(
                workspace=row.workspace,
                member=row.member,
                language=(mine := chosen[row.workspace].get(row.member, NONE)).language or spoken(row.language),
                timezone=row.timezone,
                chosen=mine,
                leave_from=row.leave_from,
                leave_until=row.leave_until,
                claim_id=row.claim_id,
                reminder_claim_id=row.reminder_claim_id,
            ),
            unit=row.unit,
            invitation=DeliveryState(row.state),
            reminder=DeliveryState(row.reminder_state),
            answered=row.answered,
            fault=row.fault,
            invited_on=row.invited_on,
        )
        for row in rows
    )


def claim(
    wave_id: str, kind: MessageKind, person: Addressee, *, holder: str, on: date, budget: int
) -> Operation[Claim]:
    """Claim a message just before it is posted, under the lease of ``holder``, which is renewed by it.

    ``on`` is the campaign's day, ``budget`` how many messages a person gets in seven days: an invitation counts and
    always goes, a reminder that is one too many does not.
    """

    def operation(connection: Connection) -> Claim:
        open_still = select(WaveRow.id).where(WaveRow.id == wave_id, WaveRow.state == WaveState.OPEN.value)
        if connection.execute(open_still.with_for_update(read=True)).one_or_none() is None:
            return Claim.WAVE_NOT_OPEN  # stopped or closed a moment ago: final within one message
        if leases.acquire(holder)(connection) is not None:
            return Claim.LEASE_LOST
        subject = contacts.subject(kind.value, wave_id)
        if kind is MessageKind.REMINDER:
            if contacts.spent(connection, person.workspace, person.member, on, besides=subject) >= budget:
                return Claim.OVER_BUDGET
        else:
            contacts.count(connection, person.workspace, [person.member], subject, on)
        result = connection.execute(
            update(InvitationRow)
            .where(_of(wave_id, person), _STATE[kind] == DeliveryState.DUE.value, *_still_wanted(kind))
            .values({_STATE[kind].key: DeliveryState.CLAIMED.value, _CLAIM[kind]: secrets.token_hex(16)})
        )
        return Claim.OURS if result.rowcount else Claim.TAKEN

    return operation


def _still_wanted(kind: MessageKind) -> list[ColumnElement[bool]]:
    """Who has answered a moment ago needs no reminder any more."""
    return [InvitationRow.answered.is_(False)] if kind is MessageKind.REMINDER else []


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
