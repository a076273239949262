"""Who belongs where: from user groups and channels too, kept in the ledger, with what would change said beforehand."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Connection, select

from services.contracts.campaign import Campaign, RosterSource
from services.pulse_bot.ledger import contacts, preferences
from services.pulse_bot.ledger.models import ContactRow, InvitationRow, MemberRow, PreferenceRow
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.roster import sync
from services.pulse_bot.roster.faults import RosterSourceGone
from services.pulse_bot.roster.groups import read_groups
from services.pulse_bot.roster.people import Silence
from services.pulse_bot.roster.reading import read_audience
from services.pulse_bot.slack import GroupOfPeople, Identity, Outside, _outside
from tests.integration.pulse_bot.house import CHAMPION, House, Reader, build, directory, member
from tests.integration.pulse_bot.processes import draagvlak

HOME = Identity("T1", "T1", "B1", "U0BOT")


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ({}, None),
        ({"deleted": True}, Outside.DEACTIVATED),
        ({"is_bot": True}, Outside.BOT),
        ({"id": "USLACKBOT"}, Outside.BOT),
        ({"is_restricted": True}, Outside.GUEST),
        ({"is_ultra_restricted": True}, Outside.GUEST),
        ({"is_invited_user": True}, Outside.NOT_JOINED),
        ({"is_stranger": True}, Outside.OTHER_WORKSPACE),
        ({"team_id": "T2"}, Outside.OTHER_WORKSPACE),
    ],
)
def test_outsiders_are_told_apart(user: dict[str, Any], reason: Outside | None) -> None:
    assert _outside({"id": "U1", "team_id": "T1"} | user, HOME) is reason


def test_in_an_organisation_wide_installation_the_enterprise_counts_and_not_the_team() -> None:
    wide = Identity("E1", "T1", "B1", "U0BOT")
    assert _outside({"id": "U1", "team_id": "T7", "enterprise_user": {"enterprise_id": "E1"}}, wide) is None
    assert _outside({"id": "U1", "team_id": "T1", "enterprise_user": {"enterprise_id": "E2"}}, wide) is not None


class Groups:
    """Slack's user groups and channels, as a test wants them."""

    def __init__(self, groups: dict[str, tuple[str, ...]], channels: dict[str, tuple[str, ...]]) -> None:
        self._groups, self._channels = groups, channels
        self.names = dict.fromkeys(groups, "handle")

    async def usergroups(self) -> dict[str, GroupOfPeople]:
        return {name: GroupOfPeople(name, self.names[name], members) for name, members in self._groups.items()}

    async def channel(self, channel: str) -> GroupOfPeople:
        return GroupOfPeople(channel, "name", self._channels[channel])


async def test_people_of_groups_and_channels_belong_to_the_lowest_node_and_to_none_when_there_are_two(
    house: House,
) -> None:
    source = RosterSource(
        usergroups={"organisation": "S000", "noord": "S001", "zuid": "S002"}, channels={"proef": "C001"}
    )
    slack: Any = Groups(
        {"S000": ("U1", "U2", "U0BOT"), "S001": ("U1", "U4"), "S002": ("U3", "U4")}, {"C001": ("U5", "U0BOT")}
    )
    found = await read_groups(source, house.campaign.tree, slack, "U0BOT")
    assert {who: entry.node_id for who, entry in found.entries.items()} == {
        "U1": "noord",
        "U2": "organisation",
        "U3": "zuid",
        "U5": "proef",
    }
    assert found.in_two_teams == {"U4": ("noord", "zuid")}


async def test_a_renamed_user_group_changes_nothing_and_one_that_is_gone_is_said(house: House) -> None:
    source = RosterSource(usergroups={"noord": "S001"})
    slack: Any = Groups({"S001": ("U1",)}, {})
    before = await read_groups(source, house.campaign.tree, slack, "U0BOT")
    slack.names["S001"] = "team-boven"
    assert await read_groups(source, house.campaign.tree, slack, "U0BOT") == before
    with pytest.raises(RosterSourceGone, match=r"S009 of the node noord is gone.*@team-boven \(S001\)"):
        await read_groups(RosterSource(usergroups={"noord": "S009"}), house.campaign.tree, slack, "U0BOT")


async def test_the_workspaces_own_groups_and_channels_are_a_roster(
    tmp_path: Path, topics_there: str, reader: Reader
) -> None:
    content = directory()
    content["usergroups"] = [
        {"id": "S001", "handle": "noord", "users": [member(n) for n in range(1, 6)]},
        {"id": "S002", "handle": "zuid", "users": [member(n) for n in range(6, 9)]},
    ]
    content["channels"] = [{"id": "C001", "name": "zuiderlingen", "members": [member(n) for n in range(8, 13)]}]
    async with build(tmp_path, topics_there, reader, "grouped", directory_content=content) as house:
        planned = yaml.safe_load(house.campaign_file.read_text())
        planned["roster"] = {"usergroups": {"noord": "S001", "zuid": "S002"}, "channels": {"zuid": "C001"}}
        async with house.workshop() as workshop:
            found = await read_audience(Campaign.model_validate(planned), None, workshop.slack)
            assert found.per_node == {"noord": 5, "zuid": 7}
            assert found.left_out == ()
            planned["roster"]["channels"] = {"zuid": "C999"}
            with pytest.raises(RosterSourceGone, match="C999 of the node zuid cannot be seen"):
                await read_audience(Campaign.model_validate(planned), None, workshop.slack)


def everybody(connection: Connection) -> dict[str, tuple[str, date | None]]:
    rows = connection.execute(select(MemberRow.member, MemberRow.node_id, MemberRow.left_on))
    return {row.member: (row.node_id, row.left_on) for row in rows}


async def test_a_sync_says_what_changes_before_it_does_and_changes_nothing_the_second_time(house: House) -> None:
    code, said = await draagvlak(house, "roster", "sync", "--dry-run")
    assert code == 0, said
    assert "+ U01 in noord" in said
    assert "12 joined, 0 moved, 0 left; 12 people can be invited" in said
    assert "1 not invited: a guest" in said
    assert "noord has 5 people, fewer than 10: it is shown together with proef (2)" in said
    assert "proef has 2 people and counts as noord+proef" in said
    ledger = house.ledger()
    assert ledger.read_now(everybody) == {}
    assert (await draagvlak(house, "roster", "sync"))[0] == 0
    assert len(ledger.read_now(everybody)) == 12
    roster = house.folder / "roster.csv"
    roster.write_text(roster.read_text().replace("U01,noord", "U01,zuid").replace("U02,noord\n", ""))
    code, said = await draagvlak(house, "roster", "sync")
    assert "~ U01 from noord to zuid" in said
    assert "- U02 from noord" in said
    people = ledger.read_now(everybody)
    assert people["U01"] == ("zuid", None)
    assert people["U02"][1] is not None
    assert "nothing was changed" in (await draagvlak(house, "roster", "sync"))[1]


async def test_visibility_says_which_nodes_will_ever_be_shown(house: House) -> None:
    code, said = await draagvlak(house, "roster", "visibility")
    assert code == 0, said
    rows = {line.split("│")[1].strip(): line for line in said.splitlines() if line.startswith("│")}
    assert "never" in rows["zuid"]  # five people, of whom the lot leaves out one
    assert "never" in rows["noord+proef"]  # beside them the five of zuid would be known
    assert "once in 3 rounds" in rows["organisation"]


async def test_a_broken_roster_is_told_by_line_and_the_ledger_keeps_its_people(house: House) -> None:
    assert (await draagvlak(house, "roster", "sync"))[0] == 0
    roster = house.folder / "roster.csv"
    roster.write_text(roster.read_text() + "U55,maan\n")
    code, said = await draagvlak(house, "roster", "sync")
    assert code == 2
    assert "roster.csv:17: node: the tree has no node maan" in said
    assert len(house.ledger().read_now(everybody)) == 12


async def test_who_left_is_forgotten_after_thirty_days_with_all_that_the_ledger_has(house: House) -> None:
    house.plan()
    await house.open_and_send()
    await house.tick()
    ledger = house.ledgers[0]
    async with house.workshop() as workshop:
        found = await read_audience(house.campaign, house.settings.roster_file, workshop.slack)
    gone = found.without(lambda m: Silence.DEACTIVATED if m.member == member(3) else None)
    closes = house.campaign.schedule.closes_at(1)
    left = closes.date() - timedelta(days=29)
    ledger.write_now(sync.sync(house.campaign, gone, "T1", left, CHAMPION))
    ledger.write_now(preferences.put("T1", member(3), Preferences(days_off=(1,))))
    ledger.write_now(lambda c: contacts.count(c, "T1", [member(3)], "a:1", closes.date()))
    assert ledger.write_now(lambda c: sync.forget_who_left(c, date(9999, 1, 1))) == 0  # part of an open round

    def rows(connection: Connection) -> int:
        tables = (MemberRow, InvitationRow, PreferenceRow, ContactRow)
        return sum(
            len(connection.execute(select(table.member).where(table.member == member(3))).all()) for table in tables
        )

    await house.clock_to(closes)
    assert (await house.tick()).closed == [house.wave_id()]
    assert ledger.read_now(rows) == 5
    await house.clock_to(closes + timedelta(days=1))
    await house.tick()
    assert ledger.read_now(rows) == 0
