"""Which campaign is meant where the ledger holds several: told by rounds and people, whatever the ids are."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from services.contracts.base import Language, Text
from services.contracts.campaign import Campaign
from services.contracts.events import AnnouncementKind
from services.contracts.files import load_campaign, load_items
from services.pulse_bot.announcements import book, errands
from services.pulse_bot.announcements.draft import Draft
from services.pulse_bot.announcements.words import Words
from services.pulse_bot.ledger import campaigns, invitations, waves
from services.pulse_bot.ledger.announcing import AnnouncementRow, AnnouncementState
from services.pulse_bot.ledger.invitations import Member
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.waves.planning import plan

BANK = load_items(Path("surveys/items.yaml"))
ZORG = load_campaign(Path("surveys/zorg.yaml"), BANK)
ONE, TWO, THREE = (
    ZORG.model_copy(
        update={
            "id": campaign_id,
            "champions": (f"U{campaign_id.upper()}",),
            "schedule": ZORG.schedule.model_copy(
                update={"starts_on": ZORG.schedule.starts_on + timedelta(weeks=weeks), "waves": 2}
            ),
        }
    )
    for campaign_id, weeks in (("m", 0), ("a", 10), ("z", 20))  # neither first nor last by its id is the one that runs
)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ERRANDS = (errands.RESULTS, errands.REACTIONS)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    for campaign in (ONE, TWO, THREE):
        opened.write_now(plan(campaign, BANK))
    yield opened
    opened.close()


def turn(ledger: Ledger, campaign: Campaign, number: int, state: WaveState) -> None:
    closed = {"closed_at": NOW - timedelta(days=1)} if state is WaveState.CLOSED else {}
    ledger.write_now(lambda c: waves.move(c, campaign.wave_id(number), list(WaveState), state, **closed))


def end(ledger: Ledger, campaign: Campaign) -> None:
    for number in (1, 2):
        turn(ledger, campaign, number, WaveState.CLOSED)
        for errand in ERRANDS:
            ledger.write_now(errands.done(campaign.wave_id(number), errand))


def leading(ledger: Ledger) -> str:
    found = ledger.read_now(campaigns.leading)
    assert found is not None
    return found.id


def seen_by(ledger: Ledger, member: str) -> str:
    found = ledger.read_now(lambda c: campaigns.of_visitor(c, "T", member))
    assert found is not None
    return found.id


def at_work(ledger: Ledger) -> list[str]:
    return [one.id for one in ledger.read_now(lambda c: campaigns.at_work(c, NOW, ERRANDS))]


def person(member: str, node_id: str = "staf") -> Member:
    return Member("T", member, node_id, Language.NL, None)


def test_the_campaign_that_runs_leads_then_the_next_then_the_last(ledger: Ledger) -> None:
    assert leading(ledger) == "m"
    turn(ledger, ONE, 1, WaveState.CLOSED)
    assert leading(ledger) == "m"
    end(ledger, ONE)
    assert leading(ledger) == "a"
    end(ledger, TWO)
    assert leading(ledger) == "z"
    end(ledger, THREE)
    assert leading(ledger) == "z"


def test_people_see_the_newest_that_has_begun_until_the_next_begins(ledger: Ledger) -> None:
    assert seen_by(ledger, "U1") == "m"
    end(ledger, ONE)
    assert seen_by(ledger, "U1") == "m", "its results, while the next is only planned"
    turn(ledger, TWO, 1, WaveState.OPEN)
    assert seen_by(ledger, "U1") == "a"


def test_an_invitation_comes_before_a_team_and_a_team_before_a_champions_own(ledger: Ledger) -> None:
    champion = THREE.champions[0]
    assert seen_by(ledger, champion) == "z"
    end(ledger, ONE)
    turn(ledger, TWO, 1, WaveState.OPEN)
    assert seen_by(ledger, champion) == "z"
    ledger.write_now(lambda c: invitations.put_members(c, [person(champion), person("U1"), person("U2", "elsewhere")]))
    assert [seen_by(ledger, who) for who in (champion, "U1", "U2")] == ["a", "a", "a"]
    ledger.write_now(lambda c: invitations.invite(c, THREE.wave_id(1), [person("U1")], ["staf"]))
    turn(ledger, THREE, 1, WaveState.CLOSING)
    assert [seen_by(ledger, who) for who in (champion, "U1")] == ["a", "z"]
    turn(ledger, THREE, 1, WaveState.CLOSED)
    turn(ledger, TWO, 1, WaveState.CLOSED)
    assert seen_by(ledger, TWO.champions[0]) == "a"


def test_champions_have_what_runs_in_hand_before_what_comes(ledger: Ledger) -> None:
    def of(member: str) -> list[str]:
        return [one.id for one in ledger.read_now(lambda c: campaigns.of_champion(c, member))]

    for campaign in (ONE, TWO, THREE):
        both = campaign.model_copy(update={"champions": ("U1", *campaign.champions)})
        ledger.write_now(plan(both, BANK))
    assert [of("U1"), of("UM"), of("U2")] == [["m", "a", "z"], ["m"], []]
    turn(ledger, THREE, 1, WaveState.OPEN)
    end(ledger, ONE)
    assert of("U1") == ["z", "a", "m"]
    for number in (1, 2):
        turn(ledger, TWO, number, WaveState.SKIPPED)
    assert of("U1") == ["z", "m", "a"]


def test_there_is_work_while_a_round_is_to_come_or_its_results_are(ledger: Ledger) -> None:
    for number in (1, 2):
        turn(ledger, TWO, number, WaveState.SKIPPED)
        turn(ledger, THREE, number, WaveState.SKIPPED)
        turn(ledger, ONE, number, WaveState.CLOSED)
    assert at_work(ledger) == ["m"]
    turn(ledger, THREE, 2, WaveState.PLANNED)
    assert at_work(ledger) == ["z", "m"]
    for number in (1, 2):
        ledger.write_now(errands.done(ONE.wave_id(number), errands.RESULTS))
    assert at_work(ledger) == ["z", "m"]
    end(ledger, ONE)
    assert at_work(ledger) == ["z"]
    turn(ledger, THREE, 2, WaveState.SKIPPED)
    assert at_work(ledger) == ["m"], "what was promised is told on"


def test_a_draft_belongs_to_the_campaign_that_knows_its_teams(ledger: Ledger) -> None:
    def reaching(connection: Connection, audience: tuple[str, ...]) -> str | None:
        found = campaigns.reaching(connection, audience)
        return found.id if found else None

    nodes = tuple(node for node in THREE.tree.nodes if THREE.tree.is_leaf(node.id))[:1]
    renamed = nodes[0].model_copy(update={"id": "nieuw"})
    tree = THREE.tree.model_copy(update={"nodes": (*THREE.tree.nodes, renamed)})
    ledger.write_now(plan(THREE.model_copy(update={"tree": tree}), BANK))
    assert ledger.read_now(lambda c: reaching(c, ("nieuw",))) == "z"
    assert ledger.read_now(lambda c: reaching(c, (nodes[0].id,))) == "m"
    assert ledger.read_now(lambda c: reaching(c, ("nowhere",))) == "m"


def test_the_first_digest_of_a_campaign_tells_nothing_of_the_one_before(ledger: Ledger) -> None:
    title = Text(nl="Sneller", en="Faster")
    draft = Draft(kind=AnnouncementKind.SUCCESS, title=title, story=title, audience=("staf",))
    for campaign_id in ("m", "a", ""):
        ledger.write_now(book.put_draft(campaign_id, f"of-{campaign_id}", draft, None))
    published = {"state": AnnouncementState.PUBLISHED.value, "published_at": NOW}
    ledger.write_now(lambda c: c.execute(update(AnnouncementRow).values(published)).rowcount)
    subject = f"digest:{TWO.id}:{NOW.date().isoformat()}"
    told = asyncio.run(Words(ledger, TWO).digest(subject))
    assert [announcement.id for announcement in told.announcements] == ["of-", "of-a"]
