"""Plans are frozen by their first wave; a roster's faults are told by line, without a name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.contracts.base import Language
from services.contracts.campaign import Campaign
from services.contracts.files import FileFaults, load_campaign, load_items
from services.contracts.survey import ItemBank
from services.pulse_bot.ledger import waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.slack import SlackPerson
from services.pulse_bot.waves.planning import CampaignFrozen, NotAChampion, approve, plan
from services.pulse_bot.waves.roster import audience, load_roster

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
    assert load_roster(path, CAMPAIGN.tree) == {"U1": "thuiszorg", "U2": "staf"}


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
        yield SlackPerson("U2", "en-GB", "Europe/London", invitable=True)
        yield SlackPerson("U1", "fr-FR", None, invitable=True)
        yield SlackPerson("U3", "nl-NL", None, invitable=False)
        yield SlackPerson("U9", "nl-NL", None, invitable=True)

    roster = {"U1": "staf", "U2": "staf", "U3": "staf", "U4": "staf"}
    found = await audience(roster, people(), "T1", Language.NL)
    assert [(m.member, m.language, m.timezone) for m in found.members] == [
        ("U1", Language.NL, None),
        ("U2", Language.EN, "Europe/London"),
    ]
    assert (found.not_in_slack, found.not_invitable) == (1, 1)
    assert found.per_node == {"staf": 2}
