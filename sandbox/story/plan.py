"""What is asked for: the campaign, how many people sit where, which teams pilot, who tries out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from services.contracts.base import ROOT_ID
from services.contracts.campaign import Campaign
from services.contracts.files import load_campaign, load_items
from services.contracts.floors import MERGE_PROPOSAL
from services.contracts.survey import ItemBank
from services.contracts.tree import Phase

SURVEYS: Final = Path(__file__).resolve().parents[2] / "surveys"
ZORG_FILE: Final = SURVEYS / "zorg.yaml"


@dataclass(frozen=True)
class Plan:
    """An organisation as it is asked for; :func:`sandbox.story.organisation.build` fills it with people.

    ``sizes`` are the people attached directly to each node. ``tryout`` is a node of a few people, the first of them a
    sceptic, who try AI out from ``tryout_from`` on; ``pilots`` are the teams in phase ``pilot`` from ``pilot_from`` on
    (wave numbers, from 1). Raises ValueError for a node that is not in the tree, or a pilot too small to carry a phase.
    """

    campaign: Campaign
    sizes: Mapping[str, int]
    pilots: tuple[str, ...]
    pilot_from: int = 4
    tryout: str | None = None
    tryout_from: int = 2
    workspace: str = field(default="T0ZORG")

    def __post_init__(self) -> None:
        tree = self.campaign.tree
        named = (*self.sizes, *self.pilots, *((self.tryout,) if self.tryout else ()))
        if unknown := sorted(set(named) - set(tree.by_id)):
            raise ValueError(f"the node {unknown[0]} is not in the tree of the campaign {self.campaign.id}")
        for pilot in self.pilots:
            if self.invited_below(pilot) < MERGE_PROPOSAL:
                raise ValueError(f"the pilot {pilot} has fewer than {MERGE_PROPOSAL} people and can carry no phase")

    @property
    def people(self) -> int:
        """How many people work there."""
        return sum(self.sizes.values())

    def invited_below(self, node: str) -> int:
        """The people of a node and everything below it."""
        return sum(self.sizes.get(below, 0) for below in self.campaign.tree.subtree(node))

    def with_more_waves(self, number: int) -> "Plan":
        """The same plan with ``number`` waves after its last one."""
        schedule = self.campaign.schedule
        longer = schedule.model_copy(update={"waves": schedule.waves + number})
        return replace(self, campaign=self.campaign.model_copy(update={"schedule": longer}))

    def pilot_nodes(self) -> frozenset[str]:
        """The pilot teams and everything below them."""
        tree = self.campaign.tree
        return frozenset(below for pilot in self.pilots for below in tree.subtree(pilot))

    def campaign_in(self, number: int) -> Campaign:
        """The campaign with the phases of wave ``number``: pilots are announced first, and run from ``pilot_from``."""
        phase = Phase.PILOT if number >= self.pilot_from else Phase.ANNOUNCED
        nodes = tuple(
            node.model_copy(update={"phase": phase}) if node.id in self.pilots else node
            for node in self.campaign.tree.nodes
        )
        tree = self.campaign.tree.model_copy(update={"nodes": nodes})
        return self.campaign.model_copy(update={"tree": type(tree).model_validate(tree.model_dump())})


def load_bank() -> ItemBank:
    """The product's item bank."""
    return load_items(SURVEYS / "items.yaml")


ZORG_SIZES: Final[Mapping[str, int]] = {
    ROOT_ID: 0,
    "thuiszorg": 26,
    "administratie": 18,
    "proeftuin": 4,
    "verpleging": 20,
    "klantenservice": 14,
    "wijkteam": 12,
    "behandeling": 11,
    "staf": 9,
    "facilitair": 6,
}


def zorg() -> Plan:
    """The story of the demo: a care organisation of 120 people in 8 teams, with the campaign of surveys/zorg.yaml."""
    return Plan(
        campaign=load_campaign(ZORG_FILE, load_bank()),
        sizes=ZORG_SIZES,
        pilots=("administratie", "klantenservice", "wijkteam"),
        tryout="proeftuin",
    )
