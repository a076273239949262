"""Bringing the ledger's people up to date with the roster, and what would change."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from services.contracts.campaign import Campaign
from services.contracts.tree import MergeProposal, TreeError, merge_proposals, too_small_for_a_phase
from services.pulse_bot.ledger import audit, invitations, stored
from services.pulse_bot.ledger.models import InvitationRow, MemberRow, WaveRow, WaveState
from services.pulse_bot.ledger.writer import Operation
from services.pulse_bot.roster.people import Audience, Silence

FORGOTTEN_AFTER: Final = timedelta(days=30)
"""How long the ledger remembers somebody who left."""


@dataclass(frozen=True)
class Move:
    """Somebody who belongs to another node than before."""

    member: str
    source: str
    target: str


@dataclass(frozen=True)
class Difference:
    """What a sync changes. People count where Slack can reach them."""

    joined: Mapping[str, str]
    moved: tuple[Move, ...]
    left: Mapping[str, str]
    left_out: Mapping[Silence, int]
    per_node: Mapping[str, int]
    proposals: tuple[MergeProposal, ...]
    merged: Mapping[str, str]
    without_phase: tuple[str, ...]
    impossible: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody joined, moved or left."""
        return not (self.joined or self.moved or self.left)


def difference(connection: Connection, campaign: Campaign, found: Audience, workspace: str) -> Difference:
    """The roster as it was found, against the ledger."""
    rows = connection.execute(
        select(MemberRow.member, MemberRow.node_id).where(MemberRow.workspace == workspace, MemberRow.left_on.is_(None))
    )
    before = {row.member: row.node_id for row in rows}
    now = {member.member: member.node_id for member in found.members}
    per_node = Counter(now.values())
    merged, impossible = _merged(campaign, per_node)
    return Difference(
        joined={member: node for member, node in now.items() if member not in before},
        moved=tuple(Move(m, before[m], now[m]) for m in sorted(now) if m in before and before[m] != now[m]),
        left={member: node for member, node in before.items() if member not in now},
        left_out=found.reasons,
        per_node=per_node,
        proposals=tuple(
            proposal
            for proposal in merge_proposals(campaign.tree, per_node)
            if proposal.team not in campaign.keep_apart
        ),
        merged=merged,
        without_phase=too_small_for_a_phase(campaign.tree, per_node),
        impossible=impossible,
    )


def sync(campaign: Campaign, found: Audience, workspace: str, on: date, actor: str) -> Operation[Difference]:
    """Write the roster into the ledger; ``on`` is the campaign's day. The same roster again changes nothing."""

    def operation(connection: Connection) -> Difference:
        changes = difference(connection, campaign, found, workspace)
        put(connection, found, workspace, on)
        if not changes.is_empty:
            audit.record(connection, actor, audit.AuditAction.ROSTER_SYNCED, campaign.id)
        return changes

    return operation


def put(connection: Connection, found: Audience, workspace: str, on: date) -> None:
    """People as the roster and Slack know them now; those whom it has no more have left on the day ``on``."""
    invitations.put_members(connection, found.members)
    now = {member.member for member in found.members}
    known = connection.execute(
        select(MemberRow.member).where(MemberRow.workspace == workspace, MemberRow.left_on.is_(None))
    ).scalars()
    for member in [member for member in known if member not in now]:
        connection.execute(
            update(MemberRow).where(MemberRow.workspace == workspace, MemberRow.member == member).values(left_on=on)
        )


def forget_who_left(connection: Connection, on: date) -> int:
    """Remove people 30 days after they left, with all that the ledger has of them. Gives how many.

    Nobody is removed who is part of a round that has not closed.
    """
    in_a_wave = (
        select(InvitationRow.wave_id)
        .join(WaveRow, WaveRow.id == InvitationRow.wave_id)
        .where(
            InvitationRow.workspace == MemberRow.workspace,
            InvitationRow.member == MemberRow.member,
            WaveRow.state.in_([WaveState.OPENING.value, WaveState.OPEN.value, WaveState.CLOSING.value]),
        )
        .exists()
    )
    gone = connection.execute(
        select(MemberRow.workspace, MemberRow.member).where(MemberRow.left_on <= on - FORGOTTEN_AFTER, ~in_a_wave)
    ).all()
    for row in gone:
        stored.remove(connection, row.workspace, row.member)
    return len(gone)


def _merged(campaign: Campaign, per_node: Mapping[str, int]) -> tuple[Mapping[str, str], str | None]:
    try:
        merged = campaign.merged(per_node)
    except TreeError as fault:
        return {}, str(fault)
    return {old: new for old, new in merged.unit_of.items() if old != new and per_node.get(old)}, None
