"""The organisation as files: the workspace's directory, the bot's roster and campaign, and survey files to import."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sandbox.slack.directory import Channel, Directory, Team, User, Usergroup
from sandbox.story.behaviour import Sheet
from sandbox.story.organisation import Organisation
from sandbox.story.simulation import SimulatedWave
from services.contracts import yaml_text
from services.contracts.base import ROOT_ID
from services.contracts.campaign import Campaign

GENERAL_CHANNEL: Final = "algemeen"
LISTENERS_CHANNEL: Final = "luisteraars"
GUEST: Final = User(id="U9001", name="stagiair", real_name="Gast Stagiair", is_restricted=True)
LEFT: Final = User(id="U9002", name="vertrokken", real_name="Vertrokken Collega", deleted=True)
_OTHER_BOT: Final = User(id="U9003", name="roosterbot", real_name="Roosterbot", is_bot=True)


def directory(organisation: Organisation) -> Directory:
    """The workspace: everybody, and a guest, someone who left and another bot, whom the bot must not ask anything.

    A user group and a channel for each team, a group of champions, ``#algemeen`` for all, and ``#luisteraars`` for the
    champions, who answer concerns.
    """
    plan = organisation.plan
    tree = plan.campaign.tree
    staff = tuple(
        User(id=p.member, name=p.name, real_name=p.real_name, tz=p.tz, locale=p.locale) for p in organisation.people
    )
    teams = {
        node.id: tuple(p.member for p in organisation.people if p.node in tree.subtree(node.id))
        for node in tree.nodes
        if node.parent is not None and node.id != plan.tryout
    }
    others = (GUEST, LEFT, _OTHER_BOT)
    groups = [
        Usergroup(id=f"S{n:04d}", handle=f"team-{node}", name=tree.by_id[node].name.nl, users=members)
        for n, (node, members) in enumerate(teams.items(), start=1)
    ]
    champions = Usergroup(id="S9001", handle="champions", name="Kartrekkers (champions)", users=plan.campaign.champions)
    channels = [
        Channel(id=f"C{n:04d}", name=node, members=members) for n, (node, members) in enumerate(teams.items(), start=1)
    ]
    everyone = tuple(user.id for user in (*staff, *others) if not user.deleted)
    return Directory(
        team=Team(id=plan.workspace, name=tree.by_id[ROOT_ID].name.nl, domain=plan.campaign.id),
        users=(*staff, *others),
        usergroups=(*groups, champions),
        channels=(
            Channel(id="C9001", name=GENERAL_CHANNEL, members=everyone),
            Channel(id="C9002", name=LISTENERS_CHANNEL, members=plan.campaign.champions, is_private=True),
            *channels,
        ),
    )


def write_directory(organisation: Organisation, path: Path) -> None:
    """The workspace as the YAML file that ``sandbox.slack`` reads."""
    content = directory(organisation).model_dump(mode="json", exclude_defaults=True)
    path.write_text(yaml_text.dump(content), encoding="utf-8")


def write_roster(organisation: Organisation, path: Path) -> None:
    """The bot's roster: ``member,node``, as the organisation knows it; the bot merges what is too small.

    The guest and the colleague who left still stand in it, as they do in real ones; the bot must skip them.
    """
    placed = [(person.member, person.node) for person in organisation.people]
    _write(path, ("member", "node"), [*placed, *((user.id, placed[0][1]) for user in (GUEST, LEFT))])


def write_campaign(campaign: Campaign, path: Path) -> None:
    """The campaign as YAML."""
    content = campaign.model_dump(mode="json")
    path.write_text(yaml_text.dump(content), encoding="utf-8")


def write_import_roster(organisation: Organisation, path: Path) -> None:
    """The roster that ``draagvlak import`` takes: ``team,parent,name,invited``, a row for each node after merging.

    Groups too small to carry a label are merged already: a file with the answers of four people is never made.
    """
    merged = organisation.merged
    rows = (
        (node.id, node.parent or "", node.name.nl, str(merged.invited.get(node.id, 0))) for node in merged.tree.nodes
    )
    _write(path, ("team", "parent", "name", "invited"), rows)


def write_import_survey(wave: SimulatedWave, path: Path) -> None:
    """The survey that ``draagvlak import`` takes: the items of the wave."""
    title = wave.organisation.plan.campaign.title_of(wave.number)
    content = {"title": title.model_dump(), "items": [item.model_dump(mode="json") for item in wave.items]}
    path.write_text(yaml_text.dump(content), encoding="utf-8")


def write_import_answers(wave: SimulatedWave, path: Path) -> None:
    """The answers of a wave for ``draagvlak import``: ``team``, then the items; a row a person.

    Blank where a question was not reached, ``-`` for "rather not say".

    In the order of their answers, not of the people: a file of answers says nothing of who sits where in it.
    """
    items = [item.id for item in wave.items]
    units = wave.organisation.units
    rows = sorted((units[sheet.person], *(_cell(sheet, item) for item in items)) for sheet in wave.sheets)
    _write(path, ("team", *items), rows)


def _cell(sheet: Sheet, item: str) -> str:
    if item not in sheet.final:
        return ""
    value = sheet.final[item]
    return "-" if value is None else str(value)


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
