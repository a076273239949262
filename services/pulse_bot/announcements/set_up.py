"""A first campaign from a few choices: teams from user groups, the usual cadence and the usual blocks of items."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from unicodedata import normalize

from services.contracts.base import ROOT_ID, Language, Text
from services.contracts.campaign import Campaign, RosterSource, Schedule
from services.contracts.survey import Block
from services.contracts.tree import Node, Tree
from services.pulse_bot.roster.reading import read_audience
from services.pulse_bot.slack import Slack

_WAVES = 8
_BLOCKS = (
    Block(id="job_security", items=("JS1", "JS2", "JS3")),
    Block(id="competence", items=("CO1", "CO2", "CO3")),
    Block(id="transparency", items=("TR1", "TR2", "TR3")),
    Block(id="autonomy", items=("AU1", "AU2", "AU3")),
)


def first_monday(today: date) -> date:
    """A Monday at least a week ahead: time to look, to try and to tell people."""
    day = today + timedelta(days=7)
    return day + timedelta(days=(7 - day.weekday()) % 7)


def campaign(
    name: str, language: Language, starts_on: date, champions: Sequence[str], groups: Mapping[str, str]
) -> Campaign:
    """Eight fortnightly rounds for these user groups (id -> name), each a team."""
    nodes = [Node(id=ROOT_ID, parent=None, name=Text(nl=name, en=name))]
    source: dict[str, str] = {}
    for group, title in groups.items():
        node_id = _identifier(title, {node.id for node in nodes})
        nodes.append(Node(id=node_id, parent=ROOT_ID, name=Text(nl=title, en=title)))
        source[node_id] = group
    return Campaign(
        id=f"{_identifier(name, set()).lower().replace('_', '-').replace('.', '-').strip('-')[:40]}-{starts_on:%y%m%d}",
        title=Text(nl=f"AI bij {name}", en=f"AI at {name}"),
        language=language,
        schedule=Schedule(starts_on=starts_on, waves=_WAVES),
        champions=tuple(dict.fromkeys(champions)),
        blocks=_BLOCKS,
        tree=Tree(nodes=tuple(nodes)),
        roster=RosterSource(usergroups=source),
    )


async def people_of(known: Campaign, node: str, slack: Slack, roster_file: Path | None) -> int:
    """How many people of today's roster belong to a node or below it. Raises as ``read_audience``."""
    found = await read_audience(known, roster_file, slack)
    below = known.tree.subtree(node)
    return sum(count for where, count in found.per_node.items() if where in below)


def _identifier(title: str, taken: set[str]) -> str:
    """An id that reads like the title, and is nobody else's."""
    plain = normalize("NFKD", title).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:60] or "team"
    number, found = 1, slug
    while found in taken:
        number += 1
        found = f"{slug}-{number}"
    return found
