"""Plans are frozen by their first wave; a roster's faults are told by line, without a name."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from services.contracts.base import Language
from services.contracts.campaign import Campaign
from services.contracts.faults import FileFaults
from services.contracts.files import load_campaign, load_items
from services.contracts.survey import ItemBank
from services.pulse_bot.ledger import waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.roster.csv_file import load_roster
from services.pulse_bot.roster.people import Entry, LeftOut, Roster, Silence, audience
from services.pulse_bot.slack import Outside, SlackPerson
from services.pulse_bot.waves.planning import CampaignFrozen, NotAChampion, approve, plan
from services.pulse_bot.waves.schedule import Leave

BANK = load_items(Path("surveys/items.yaml"))
CAMPAIGN = load_campaign(Path("surveys/zorg.yaml"), BANK)
FIRST = CAMPAIGN.wave_id(1)


def changed(**schedule: object) -> Campaign:
    return CAMPAIGN.model_copy(update={"schedule": CAMPAIGN.schedule.model_copy(update=schedule)})


@pytest.fixture
def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield opened
    opened.close()


def begin(ledger: Ledger, wave_id: str = FIRST) -> None:
    assert ledger.write_now(lambda c: waves.move(c, wave_id, [WaveState.PLANNED], WaveState.OPENING))


def approvals(ledger: Ledger, wave_id: str = FIRST) -> int:
    def count(connection: object) -> int:
        planned = waves.campaign(connection, CAMPAIGN.id)
        assert planned is not None
        return waves.approvals(connection, wave_id, planned)

    return ledger.read_now(count)


def test_planning_twice_changes_nothing(ledger: Ledger) -> None:
    first = ledger.write_now(plan(CAMPAIGN, BANK))
    assert len(first) == CAMPAIGN.schedule.waves
    begin(ledger)
    assert [w.id for w in ledger.write_now(plan(CAMPAIGN, BANK))] == [w.id for w in first]


def test_a_campaign_can_change_until_its_first_wave_and_not_after(ledger: Ledger) -> None:
    ledger.write_now(plan(CAMPAIGN, BANK))
    shorter = ledger.write_now(plan(changed(waves=3), BANK))
    assert [wave.number for wave in shorter] == [1, 2, 3]
    begin(ledger)
    with pytest.raises(CampaignFrozen, match=FIRST):
        ledger.write_now(plan(CAMPAIGN, BANK))
    assert len(ledger.read_now(lambda c: waves.of_campaign(c, CAMPAIGN.id))) == 3


def test_other_words_of_an_item_are_another_campaign(ledger: Ledger) -> None:
    ledger.write_now(plan(CAMPAIGN, BANK))
    begin(ledger)
    first = BANK.items[0]
    reworded = first.model_copy(update={"text": first.text.model_copy(update={"nl": "Iets anders?"})})
    with pytest.raises(CampaignFrozen):
        ledger.write_now(plan(CAMPAIGN, ItemBank(items=(reworded, *BANK.items[1:]))))


def test_only_champions_approve_and_a_changed_plan_needs_a_new_approval(ledger: Ledger) -> None:
    ledger.write_now(plan(CAMPAIGN, BANK))
    with pytest.raises(NotAChampion):
        ledger.write_now(approve(CAMPAIGN.id, "U0001"))
    for _ in range(2):
        ledger.write_now(approve(CAMPAIGN.id, CAMPAIGN.champions[0]))
    assert approvals(ledger) == 1
    ledger.write_now(approve(CAMPAIGN.id, CAMPAIGN.champions[1]))
    assert approvals(ledger) == 2
    ledger.write_now(plan(changed(open_days=6), BANK))
    assert approvals(ledger) == 0


def test_a_roster_is_read_with_blank_lines_and_spaces(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("member,node\nU1, thuiszorg \n\nU2,staf\n", encoding="utf-8-sig")
    assert load_roster(path, CAMPAIGN.tree) == Roster({"U1": Entry("thuiszorg"), "U2": Entry("staf")})


def test_a_roster_may_say_when_people_are_on_leave(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(
        "member,node,leave_from,leave_until\nU1,staf,2026-07-01,2026-07-20\nU2,staf,,\nU3,staf,,2026-02-01\n"
    )
    assert load_roster(path, CAMPAIGN.tree).entries == {
        "U1": Entry("staf", Leave(date(2026, 7, 1), date(2026, 7, 20))),
        "U2": Entry("staf"),
        "U3": Entry("staf", Leave(None, date(2026, 2, 1))),
    }
    path.write_text("member,node,leave_from,leave_until\nU1,staf,1 juli,\nU2,staf,2026-07-20,2026-07-01\nU3,staf\n")
    with pytest.raises(FileFaults) as caught:
        load_roster(path, CAMPAIGN.tree)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 4]


def test_every_fault_of_a_roster_is_told_by_its_line_and_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("member,node\nU1,thuiszorg\nU2\nU3,maan\nU1,staf\n,staf\n")
    with pytest.raises(FileFaults) as caught:
        load_roster(path, CAMPAIGN.tree)
    assert [fault.line for fault in caught.value.faults] == [3, 4, 5, 6]
    assert not any(name in str(caught.value) for name in ("U1", "U2", "U3"))


@pytest.mark.parametrize("content", [b"", b"naam,team\nU1,staf\n", b"\xff\xfe", b'member,node\n"U1'])
def test_what_is_no_roster_is_said_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(FileFaults) as caught:
        load_roster(path, CAMPAIGN.tree)
    assert len(caught.value.faults) == 1


async def test_only_people_whom_slack_can_reach_are_invited() -> None:
    async def people() -> AsyncIterator[SlackPerson]:
        yield SlackPerson("U2", "en-GB", "Europe/London")
        yield SlackPerson("U1", "fr-FR", None)
        yield SlackPerson("U3", "nl-NL", None, Outside.GUEST)
        yield SlackPerson("U9", "nl-NL", None)

    roster = Roster({f"U{n}": Entry("staf") for n in range(1, 5)})
    found = await audience(roster, people(), "T1", Language.NL)
    assert [(m.member, m.language, m.timezone) for m in found.members] == [
        ("U1", Language.NL, None),
        ("U2", Language.EN, "Europe/London"),
    ]
    assert found.left_out == (
        LeftOut("U3", "staf", Silence.GUEST),
        LeftOut("U4", "staf", Silence.NOT_IN_SLACK),
    )
    assert found.per_node == {"staf": 2}
