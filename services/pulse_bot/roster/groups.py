"""The roster as Slack has it: the members of user groups and channels, each belonging to a node of the tree."""

from collections import defaultdict
from collections.abc import Iterable

from services.contracts.campaign import RosterSource
from services.contracts.tree import Tree
from services.pulse_bot.roster.faults import RosterSourceGone
from services.pulse_bot.roster.people import Entry, Roster
from services.pulse_bot.slack import Slack
from services.pulse_bot.slack_faults import PersonUnreachable


async def read_groups(source: RosterSource, tree: Tree, slack: Slack, bot_user: str) -> Roster:
    """The people of the source's groups and channels. Raises RosterSourceGone and the faults of Slack.

    Groups are known by their ids, so a new name of one changes nothing. Somebody in a node and in one below it belongs
    to the lower one; somebody in two teams of which none holds the other belongs to neither.
    """
    nodes_of: dict[str, set[str]] = defaultdict(set)
    if source.usergroups:
        known = await slack.usergroups()
        for node, group in source.usergroups.items():
            if group not in known:
                names = ", ".join(sorted(f"@{found.name} ({found.id})" for found in known.values())) or "none"
                raise RosterSourceGone(
                    f"the user group {group} of the node {node} is gone or disabled; there are: {names}"
                )
            _add(nodes_of, known[group].members, node)
    for node, channel in source.channels.items():
        try:
            found = await slack.channel(channel)
        except PersonUnreachable as fault:
            raise RosterSourceGone(
                f"the channel {channel} of the node {node} cannot be seen ({fault.code}); invite the bot to it"
            ) from None
        _add(nodes_of, found.members, node)
    nodes_of.pop(bot_user, None)
    entries: dict[str, Entry] = {}
    in_two_teams: dict[str, tuple[str, ...]] = {}
    for member, nodes in nodes_of.items():
        lowest = [node for node in nodes if not any(other != node and other in tree.subtree(node) for other in nodes)]
        if len(lowest) == 1:
            entries[member] = Entry(lowest[0])
        else:
            in_two_teams[member] = tuple(sorted(lowest))
    return Roster(entries, in_two_teams)


def _add(nodes_of: dict[str, set[str]], members: Iterable[str], node: str) -> None:
    for member in members:
        nodes_of[member].add(node)
