"""What an announcement says, and how it is brought out; a value."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from services.contracts.base import Identifier, Text, Value
from services.contracts.campaign import Campaign
from services.contracts.events import AnnouncementKind, Figure

TITLE_LIMIT: Final = 140
STORY_LIMIT: Final = 2_000


class Draft(Value):
    """The words and the audience (nodes of the tree). ``staggered``: in random team order, a team each wave."""

    kind: AnnouncementKind
    title: Text
    story: Text
    audience: tuple[Identifier, ...] = Field(min_length=1)
    figure: Figure | None = None
    staggered: bool = False


@dataclass(frozen=True)
class Step:
    """A channel, the nodes that it reaches, and when it is posted there."""

    channel: str
    nodes: tuple[str, ...]
    at: datetime


class NoChannel(LookupError):
    """No channel reaches a node of the audience; the text names the node."""

    def __init__(self, node_id: str) -> None:
        super().__init__(f"no channel reaches {node_id}: name one under `channels: nodes` in the campaign")
        self.node_id = node_id


def steps(draft: Draft, campaign: Campaign, now: datetime, seed: int) -> tuple[Step, ...]:
    """Where and when an announcement is posted, each channel once. Raises NoChannel.

    Staggered: the teams below the audience in an order drawn with ``seed``, the first now, each next one as much later
    as one wave follows another, so that the teams that it has not reached yet can be compared with those it has.
    """
    if not draft.staggered:
        return _by_channel(campaign, [(node, now) for node in draft.audience])
    teams = list(dict.fromkeys(leaf for node in draft.audience for leaf in _leaves(campaign, node)))
    random.Random(seed).shuffle(teams)  # noqa: S311 -- a drawn order that can be drawn again, no secret
    pause = timedelta(weeks=campaign.schedule.cadence_weeks)
    own = [team for team in teams if team in campaign.channels.nodes]
    if len(own) < len(teams):
        raise NoChannel(next(team for team in teams if team not in campaign.channels.nodes))
    return _by_channel(campaign, [(team, now + number * pause) for number, team in enumerate(own)])


def _leaves(campaign: Campaign, node: str) -> Sequence[str]:
    return [found for found in campaign.tree.subtree(node) if campaign.tree.is_leaf(found)]


def _by_channel(campaign: Campaign, wanted: Sequence[tuple[str, datetime]]) -> tuple[Step, ...]:
    found: dict[str, tuple[list[str], datetime]] = {}
    for node, at in wanted:
        channel = campaign.channel_of(node) if node in campaign.tree.by_id else None
        if channel is None:
            raise NoChannel(node)
        nodes, first = found.setdefault(channel, ([], at))
        nodes.append(node)
        found[channel] = (nodes, min(first, at))
    return tuple(Step(channel, tuple(nodes), at) for channel, (nodes, at) in found.items())
