"""Several campaigns in one workspace: nobody is in two rounds at once, and each campaign gets all that is its own."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select, text

from services.contracts.campaign import Campaign
from services.pulse_bot.announcements import book, promises
from services.pulse_bot.ledger import leases, waves
from services.pulse_bot.ledger.announcing import AnnouncementState
from services.pulse_bot.ledger.models import BEGUN, InvitationRow, WaveRow, WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import PlannedCampaign
from services.pulse_bot.waves import planning, steering
from services.pulse_bot.waves.opening import open_wave
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.tick import Ticker
from services.pulse_bot.waves.workshop import LeaseLost
from tests.integration.pulse_bot.acting import Colleague, Json, words
from tests.integration.pulse_bot.house import BANK, CHAMPION, GENERAL, PEOPLE, House, eventually, member, write_campaign
from tests.integration.pulse_bot.processes import draagvlak
from tests.integration.pulse_bot.test_announcing import document, hand_in, metrics_api
from tests.postgres import Postgres


def put(ledger: Ledger, campaign: Campaign) -> None:
    """Planned and approved by a version that let campaigns overlap."""

    def operation(connection: Connection) -> None:
        wanted = planning.planned_waves(campaign, BANK)
        waves.put_campaign(connection, PlannedCampaign(campaign, planning.digest(campaign, wanted)))
        for wave in wanted:
            waves.put_planned(connection, wave)

    ledger.write_now(operation)
    ledger.write_now(planning.approve(campaign.id, CHAMPION))


def rounds_of_each(ledger: Ledger) -> Counter[int]:
    """In how many rounds that are not over a person is -> how many people are."""
    begun = select(WaveRow.id).where(WaveRow.state.in_([state.value for state in BEGUN]))
    statement = select(InvitationRow.member).where(InvitationRow.wave_id.in_(begun))
    return Counter(Counter(ledger.read_now(lambda c: c.execute(statement).scalars().all())).values())


def state_of(ledger: Ledger, wave_id: str) -> WaveState:
    return ledger.read_now(lambda connection: waves.find(connection, wave_id)).state


async def test_a_campaign_in_the_weeks_of_another_is_refused_with_what_to_do(house: House) -> None:
    house.plan()
    folder = house.folder / "second"
    folder.mkdir()
    starts_on, name = house.campaign.schedule.starts_on, f"a-{house.campaign_id}"

    def written(weeks: int) -> Path:
        day = (starts_on + timedelta(weeks=weeks)).isoformat()
        return write_campaign(folder, name, schedule={"starts_on": day, "waves": 2, "holidays": None})

    for weeks in (0, 1, 2, -1):  # the second: between two rounds; the last: its own second round comes too late
        code, said = await draagvlak(house, "waves", "plan", "--campaign", str(written(weeks)))
        told = " ".join(said.split())
        assert (code, f"at the same time as {house.campaign_id}" in told) == (1, True), said
        assert "`starts_on` and `waves` under `schedule`" in told
        assert "draagvlak waves stop WAVE --by MEMBER" in told
    assert house.ledgers[0].read_now(lambda c: waves.campaign(c, name)) is None
    code, said = await draagvlak(house, "waves", "plan", "--campaign", str(written(3)))
    assert code == 0, said
    code, said = await draagvlak(house, "waves", "plan")
    assert code == 0, said


async def test_what_is_left_of_a_stopped_campaign_is_in_nobodys_way(house: House) -> None:
    house.plan()
    ledger = house.ledgers[0]
    for number in (1, 2):
        ledger.write_now(steering.stop(house.wave_id(number), CHAMPION))
    assert len(ledger.write_now(planning.plan(house.another("next", weeks=0), BANK))) == 2


async def test_a_round_is_not_extended_into_the_first_of_the_next_campaign(house: House) -> None:
    house.plan()
    ledger, schedule = house.ledgers[0], house.campaign.schedule
    ledger.write_now(steering.stop(house.wave_id(2), CHAMPION))
    following = house.another("next", weeks=1)
    ledger.write_now(planning.plan(following, BANK))
    await house.open_and_send()
    await house.tick()
    until, now = schedule.closes_at(1) + timedelta(days=2), schedule.opens_at(1) + timedelta(days=1)
    with pytest.raises(steering.CannotSteer) as refused:
        ledger.write_now(steering.extend(house.wave_id(), CHAMPION, until, now))
    assert refused.value.reason == "next_wave"


async def test_a_round_waits_until_its_people_are_in_no_other_and_says_so(house: House) -> None:
    house.plan()
    ledger = house.ledgers[0]
    other = house.another(f"z-{house.campaign_id}", weeks=0)
    put(ledger, other)
    await house.open_and_send()
    report = await house.tick()
    assert report.opened == [house.wave_id()]
    assert len(report.faults) == 1
    assert f"it opens when {house.wave_id()} has closed, since {PEOPLE} of its people" in report.faults[0]
    assert (rounds_of_each(ledger), state_of(ledger, other.wave_id(1))) == ({1: PEOPLE}, WaveState.PLANNED)
    assert len(await house.messages(member(1))) == 1
    code, said = await draagvlak(house, "waves", "plan", "--explain", "--wave", other.wave_id(1))
    told = " ".join(said.split())
    assert (code, f"it opens when {house.wave_id()} has closed: {PEOPLE} people are in both" in told) == (0, True), said
    ledger.write_now(steering.stop(house.wave_id(), CHAMPION))
    report = await house.tick()
    assert (report.closed, report.opened, report.faults) == ([house.wave_id()], [other.wave_id(1)], [])
    assert rounds_of_each(ledger) == {1: PEOPLE}


async def test_who_waits_does_not_read_the_whole_workspace_with_every_tick(house: House) -> None:
    house.plan()
    ledger = house.ledgers[0]
    other = house.another(f"z-{house.campaign_id}", weeks=0)
    put(ledger, other)
    await house.open_and_send()
    async with house.workshop() as workshop:
        ticker = Ticker(workshop, Sending(Pace(0)))
        faults = (await ticker.tick()).faults

        def reads() -> float:
            samples = [sample for metric in workshop.telemetry.slack_calls.collect() for sample in metric.samples]
            return sum(s.value for s in samples if "users.list" in s.labels.values() and s.name.endswith("_total"))

        before = reads()
        assert before >= 2
        assert [(await ticker.tick()).faults for _ in range(3)] == [faults] * 3
        assert reads() == before
        ledger.write_now(steering.stop(house.wave_id(), CHAMPION))
        assert (await ticker.tick()).opened == [other.wave_id(1)]


@pytest.mark.needs("postgresql")
async def test_of_two_bots_that_open_two_rounds_in_one_moment_one_does(house: House, postgres: Postgres) -> None:
    house.settings = house.settings.model_copy(update={"ledger_url": postgres.new_database()})
    house.plan()
    ledger = house.ledgers[0]
    other = house.another(f"z-{house.campaign_id}", weeks=0)
    put(ledger, other)
    await house.open_and_send()
    assert house.settings.ledger_url is not None
    engine = create_engine(house.settings.ledger_url.replace("postgresql:", "postgresql+psycopg:"))
    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    try:
        with engine.begin() as first, engine.connect() as looking:
            # The first bot is in the middle of its transaction: nothing of it can be seen by others.
            assert leases.acquire("first")(first) is None
            waves.move(first, house.wave_id(), [WaveState.PLANNED], WaveState.OPENING)
            values = [
                {"wave_id": house.wave_id(), "workspace": "T1", "member": member(n), "node_id": "noord", "state": "due"}
                | {"answered": False, "reminder_state": "due"}
                for n in range(1, PEOPLE + 1)
            ]
            first.execute(InvitationRow.__table__.insert(), values)
            async with house.workshop("second") as workshop:
                wave = ledger.read_now(lambda c: waves.find(c, other.wave_id(1)))
                opening = asyncio.create_task(open_wave(workshop, wave))

                while not opening.done() and not looking.execute(blocked).scalar_one():
                    looking.rollback()
                    await asyncio.sleep(0.02)
                assert not opening.done()
                first.commit()
                with pytest.raises(LeaseLost):
                    await opening
    finally:
        engine.dispose()
    assert (rounds_of_each(ledger), state_of(ledger, other.wave_id(1))) == ({1: PEOPLE}, WaveState.PLANNED)


async def test_a_planned_campaign_takes_nothing_from_the_one_that_runs(house: House) -> None:
    house.plan()
    house.plan_next_year()
    leads_next_year = Colleague(house, member(7))
    async with house.bot():
        await house.open_and_send()
        await house.invitation(member(3))
        assert "Je vragen staan klaar" in words(await Colleague(house, member(3)).home())
        champion = Colleague(house, CHAMPION)
        menu = (await champion.command("/pulse admin"))["shown"]
        assert "*Ronde 1 is open*" in words(menu)
        # A champion of next year's campaign takes part in this year's round, and has their own campaign in hand.
        home = await leads_next_year.home()
        assert "Je vragen staan klaar" in words(home)
        assert "Voor kartrekkers" in words(home)
        assert "`/pulse admin`" in await leads_next_year.told("/pulse help")
        theirs = (await leads_next_year.command("/pulse admin"))["shown"]
        assert "*Ronde 1* gaat open" in words(theirs)
        assert f"`/pulse admin z-{house.campaign_id}`" in words(theirs)
        await leads_next_year.press("admin.do.approve", message=theirs)
        refused = await leads_next_year.command(f"/pulse admin {house.campaign_id}")
        assert "voor kartrekkers" in words(refused["shown"])
        await champion.press("admin.do.stop", message=menu)

        async def closed() -> bool:
            return (await house.wave()).state is WaveState.CLOSED

        await eventually(closed)


async def test_a_button_of_the_menu_means_the_campaign_that_the_menu_showed(house: House) -> None:
    house.plan()
    ledger = house.ledgers[0]
    ledger.write_now(planning.plan(house.another(f"z-{house.campaign_id}", weeks=52), BANK))
    async with house.bot():
        champion = Colleague(house, CHAMPION)
        menu = (await champion.command(f"/pulse admin z-{house.campaign_id}"))["shown"]
        assert f"`/pulse admin {house.campaign_id}`" in words(menu)
        await house.open_and_send()
        await house.invitation(CHAMPION)
        await champion.press("admin.do.promise", message=menu)
        assert (await champion.submit(text="Training", owner="HR", due="2099-01-01"))["outcome"] == "closed"
        ended = await champion.press("admin.do.finish", message=menu)
        assert "Het programma is beëindigd" in words(ended["shown"])
    assert [p.owner for p in ledger.read_now(lambda c: promises.of_campaign(c, f"z-{house.campaign_id}"))] == ["HR"]
    states = [state_of(ledger, house.wave_id(number)) for number in (1, 2)]
    assert states == [WaveState.OPEN, WaveState.PLANNED]
    assert state_of(ledger, f"z-{house.campaign_id}-w01") is WaveState.SKIPPED


async def test_last_results_are_told_while_the_next_campaign_runs(house: House) -> None:
    house.plan()
    ledger, schedule = house.ledgers[0], house.campaign.schedule
    following = house.another(f"z-{house.campaign_id}", weeks=3, champions=(member(7),))
    ledger.write_now(planning.plan(following, BANK))
    ledger.write_now(planning.approve(following.id, member(7)))
    (house.folder / "metrics_token").write_text("token")
    released: dict[str, Json] = {}
    async with (
        metrics_api(released) as url,
        house.bot(metrics_url=url, metrics_token_file=house.folder / "metrics_token"),
    ):
        author = await hand_in(house, member(5), title=f"Gedaan {house.campaign_id}")
        champion = Colleague(house, CHAMPION)
        draft = await champion.sees(f"Gedaan {house.campaign_id}")
        await house.open_and_send(2)
        await house.invitation(member(3), 2)
        await house.clock_to(following.schedule.opens_at(1) + timedelta(hours=1, minutes=1))

        async def opened() -> bool:
            return state_of(ledger, following.wave_id(1)) is WaveState.OPEN

        await eventually(opened)
        await champion.press("announcement.approve", message=draft)
        await champion.sees(f"Gedaan {house.campaign_id}", GENERAL)
        closed_at = schedule.closes_at(2).isoformat()
        released[house.wave_id(2)] = document(house.wave_id(2), house.campaign_id, closed_at)
        post = await champion.sees("De uitkomsten zijn er", GENERAL)
        english = await author.press("post.language", message=post)
        assert english["effect"] == "ephemeral"
        assert "The results are in" in words(english["shown"])
    found = ledger.read_now(lambda c: book.in_states(c, list(AnnouncementState)))
    assert [one.campaign_id for one in found] == [house.campaign_id]
