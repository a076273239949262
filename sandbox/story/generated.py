"""Organisations of any size from 50 to 5,000 people, by parameters and a seed."""

from datetime import date
from typing import Final

import numpy as np

from sandbox.story.plan import Plan
from sandbox.story.randomness import stream
from services.contracts.base import ROOT_ID, Text
from services.contracts.campaign import Campaign, Schedule
from services.contracts.floors import MERGE_PROPOSAL
from services.contracts.survey import Block
from services.contracts.tree import Node, Phase, Tree

SMALLEST: Final = 50
LARGEST: Final = 5_000
_SMALLEST_TEAM: Final = 6
_TEAMS_A_DEPARTMENT: Final = 8
_BLOCKS: Final = (
    Block(id="job_security", items=("JS1", "JS2", "JS3")),
    Block(id="competence", items=("CO1", "CO2", "CO3")),
    Block(id="transparency", items=("TR1", "TR2", "TR3")),
    Block(id="autonomy", items=("AU1", "AU2", "AU3")),
)


def generated(
    people: int,
    seed: int,
    *,
    team_size: float = 14.0,
    pilot_share: float = 0.35,
    waves: int = 7,
    starts_on: date = date(2026, 1, 5),
) -> Plan:
    """A plan for ``people`` people in teams of about ``team_size``, some of which pilot from wave 4 on.

    Team sizes are log-normal and at least 6. Above twelve teams there are departments of eight teams. Pilots are drawn
    among teams of ten or more until they hold ``pilot_share`` of the people. Raises ValueError outside 50 to 5,000.
    """
    if not SMALLEST <= people <= LARGEST:
        raise ValueError(f"an organisation of {people} people; the story takes {SMALLEST} to {LARGEST}")
    sizes = _team_sizes(people, team_size, stream(seed, "team sizes"))
    pilots = _pilots(sizes, pilot_share * people, stream(seed, "pilots"))
    campaign = Campaign(
        id=f"org-{people}",
        title=Text(nl=f"AI in een organisatie van {people}", en=f"AI in an organisation of {people}"),
        schedule=Schedule(starts_on=starts_on, waves=waves),
        champions=("U0001", "U0002"),
        blocks=_BLOCKS,
        tree=Tree(nodes=_nodes(sizes, pilots)),
    )
    return Plan(campaign=campaign, sizes=sizes, pilots=pilots)


def _team_sizes(people: int, typical: float, chance: np.random.Generator) -> dict[str, int]:
    sizes: list[int] = []
    left = people
    while left >= 2 * _SMALLEST_TEAM:
        drawn = round(float(typical * np.exp(chance.normal(0.0, 0.45))))
        size = min(max(_SMALLEST_TEAM, drawn), left - _SMALLEST_TEAM)
        sizes.append(size)
        left -= size
    sizes.append(left)
    return {f"team-{number:03d}": size for number, size in enumerate(sizes, start=1)}


def _pilots(sizes: dict[str, int], wanted: float, chance: np.random.Generator) -> tuple[str, ...]:
    able = sorted(team for team, size in sizes.items() if size >= MERGE_PROPOSAL)
    chosen: list[str] = []
    for position in chance.permutation(len(able)):
        if sum(sizes[team] for team in chosen) >= wanted:
            break
        chosen.append(able[int(position)])
    return tuple(sorted(chosen))


def _nodes(sizes: dict[str, int], pilots: tuple[str, ...]) -> tuple[Node, ...]:
    teams = list(sizes)
    nodes = [Node(id=ROOT_ID, parent=None, name=Text(nl="Organisatie", en="Organisation"))]
    parent = dict.fromkeys(teams, ROOT_ID)
    if len(teams) > _TEAMS_A_DEPARTMENT * 3 // 2:
        for first in range(0, len(teams), _TEAMS_A_DEPARTMENT):
            number = first // _TEAMS_A_DEPARTMENT + 1
            name = Text(nl=f"Afdeling {number}", en=f"Department {number}")
            nodes.append(Node(id=f"department-{number:02d}", parent=ROOT_ID, name=name))
            parent.update(dict.fromkeys(teams[first : first + _TEAMS_A_DEPARTMENT], f"department-{number:02d}"))
    for number, team in enumerate(teams, start=1):
        phase = Phase.NOT_STARTED if sizes[team] >= MERGE_PROPOSAL else None
        nodes.append(
            Node(
                id=team,
                parent=parent[team],
                name=Text(nl=f"Team {number}", en=f"Team {number}"),
                phase=Phase.ANNOUNCED if team in pilots else phase,
            )
        )
    return tuple(nodes)
