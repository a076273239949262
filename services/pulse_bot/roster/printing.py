"""The roster at a terminal: what a sync changes, and which nodes will ever be shown."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from services.contracts.floors import MERGE_PROPOSAL, SCORE_FLOOR, SMALL_NODE, WINDOW_WAVES
from services.contracts.tree import Merged
from services.contracts.visibility import Visibility, people_behind
from services.pulse_bot.roster.people import REASONS, Silence
from services.pulse_bot.roster.sync import Difference

_SHOWN = {
    Visibility.WAVE: "every round",
    Visibility.WINDOW: f"once in {WINDOW_WAVES} rounds, together (under {SMALL_NODE} invited)",
    Visibility.NEVER: "never: too few people in it, or beside it",
}


def difference_lines(changes: Difference) -> Iterator[str]:
    """One line a change; people by their id in Slack, as the operator's roster has them."""
    for member, node in sorted(changes.joined.items()):
        yield f"+ {member} in {node}"
    for move in changes.moved:
        yield f"~ {move.member} from {move.source} to {move.target}"
    for member, node in sorted(changes.left.items()):
        yield f"- {member} from {node}"
    yield (
        f"{len(changes.joined)} joined, {len(changes.moved)} moved, {len(changes.left)} left; "
        f"{sum(changes.per_node.values())} people can be invited"
    )
    yield from silence_lines(changes.left_out)
    for old, new in sorted(changes.merged.items()):
        yield f"{old} has {changes.per_node[old]} people and counts as {new}"
    for proposal in changes.proposals:
        yield (
            f"{proposal.team} has {proposal.people} people, fewer than {MERGE_PROPOSAL}: it is shown together with "
            f"{proposal.sibling} ({proposal.sibling_people}). To decline, put it under keep_apart in the campaign"
            + ("." if proposal.people >= SCORE_FLOOR else f"; under {SCORE_FLOOR} it merges all the same.")
        )
    for node in changes.without_phase:
        yield f"{node} has fewer than {MERGE_PROPOSAL} people and can have no phase; the campaign's is passed over"
    if changes.impossible:
        yield f"no round can open: {changes.impossible}"


def silence_lines(silences: Mapping[Silence, int]) -> Iterator[str]:
    """Why people get nothing, a line for each reason."""
    for reason, count in sorted(silences.items()):
        yield f"{count} not invited: {REASONS[reason]}"


def visibility_table(merged: Merged, seen: Mapping[str, Visibility], title: str) -> Table:
    """Every node of the merged tree with the people behind it, and how often it can be shown."""
    table = Table(title=title)
    for column in ("node", "name", "invited", "shown"):
        table.add_column(column)
    behind = people_behind(merged.tree, merged.invited)
    depth: dict[str, int] = {}
    for node in merged.tree.nodes:
        depth[node.id] = depth[node.parent] + 1 if node.parent is not None else 0
        table.add_row("  " * depth[node.id] + node.id, node.name.nl, str(behind[node.id]), _SHOWN[seen[node.id]])
    return table
