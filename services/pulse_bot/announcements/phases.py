"""Phases of teams, changed by champions from a date on. A wave keeps the phases with which it opened."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from services.contracts.floors import MERGE_PROPOSAL
from services.contracts.tree import Phase, Tree
from services.pulse_bot.ledger import audit
from services.pulse_bot.ledger.announcing import PhaseChangeRow
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.writer import Operation


class PhaseRefused(ValueError):
    """The team is too small for a phase of its own, or the day lies in a round that has opened."""


@dataclass(frozen=True)
class PhaseChange:
    """From ``starts_on`` on the node has this phase."""

    node_id: str
    phase: Phase
    starts_on: date


def put(campaign_id: str, change: PhaseChange, member: str) -> Operation[None]:
    """Write a change down; the same node and day again replaces it."""
    values = {
        "campaign_id": campaign_id,
        "node_id": change.node_id,
        "starts_on": change.starts_on,
        "phase": change.phase.value,
    }

    def operation(connection: Connection) -> None:
        connection.execute(
            insert_for(connection, PhaseChangeRow)
            .values(values)
            .on_conflict_do_update(index_elements=["campaign_id", "node_id", "starts_on"], set_=values)
        )
        audit.record(connection, member, audit.AuditAction.PHASE_CHANGED, change.node_id)

    return operation


def of_campaign(connection: Connection, campaign_id: str) -> tuple[PhaseChange, ...]:
    """All changes of a campaign, the earliest first."""
    rows = connection.execute(
        select(PhaseChangeRow.__table__)
        .where(PhaseChangeRow.campaign_id == campaign_id)
        .order_by(PhaseChangeRow.starts_on, PhaseChangeRow.node_id)
    )
    return tuple(PhaseChange(row.node_id, Phase(row.phase), row.starts_on) for row in rows)


def tree_on(tree: Tree, changes: tuple[PhaseChange, ...], day: date) -> Tree:
    """The tree with the phases that hold on ``day``; changes of nodes that it does not have are passed over."""
    latest = {change.node_id: change.phase for change in changes if change.starts_on <= day}
    if not latest:
        return tree
    return Tree(nodes=tuple(n.model_copy(update={"phase": latest.get(n.id, n.phase)}) for n in tree.nodes))


def check(invited: int, starts_on: date, last_opened: date | None) -> None:
    """Raises PhaseRefused: fewer than MERGE_PROPOSAL people in the team, or a day that an opened wave has passed."""
    if invited < MERGE_PROPOSAL:
        raise PhaseRefused("too_small")
    if last_opened is not None and starts_on <= last_opened:
        raise PhaseRefused("passed")
