"""Killed at every single effect of opening, sending and closing: the next process finishes, once and in order."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import groupby

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection

from services.contracts.events import WaveClosed, WaveEnd, WaveOpened
from services.contracts.topics import TOPICS, TopicName
from services.pulse_bot.answers.ballot import ballot_id
from services.pulse_bot.answers.records import RecordWriter
from services.pulse_bot.ledger import ballots, closing, invitations, waves
from services.pulse_bot.ledger.keys import KeyLost
from services.pulse_bot.ledger.models import DeliveryState, WaveState
from services.pulse_bot.telemetry import Telemetry
from services.pulse_bot.waves.opening import open_wave
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.tick import Ticker
from services.pulse_bot.waves.workshop import Workshop
from tests.integration.pulse_bot.crashing import Crash, Dies, Fate, mortal
from tests.integration.pulse_bot.house import PEOPLE, House, member, write_campaign

EVERYBODY = [member(n) for n in range(1, PEOPLE + 1)]


def fresh(house: House) -> House:
    """The same workspace and broker, with a new campaign and an empty ledger."""
    name = f"t{secrets.token_hex(4)}"
    folder = house.folder / name
    folder.mkdir()
    campaign_file = write_campaign(folder, name)
    settings = house.settings.model_copy(update={"state": folder / "state", "campaign_file": campaign_file})
    again = replace(house, folder=folder, settings=settings, campaign_id=name, campaign_file=campaign_file, ledgers=[])
    again.plan()
    return again


@asynccontextmanager
async def closing_ledgers(house: House) -> AsyncIterator[House]:
    try:
        yield house
    finally:
        for ledger in house.ledgers:
            ledger.close()


async def run_until_crash(workshop: Workshop, fate: Fate) -> bool:
    """One tick of a process with that fate. Gives whether it died."""
    try:
        await Ticker(mortal(workshop, fate), Sending(Pace(0))).tick()
    except Crash:
        return True
    return False


async def invitations_of(house: House, person: str) -> int:
    wanted = f"invitation:{house.wave_id()}"
    return sum(message["blocks"][0].get("block_id") == wanted for message in await house.messages(person))


@pytest.fixture
async def records(house: House) -> AsyncIterator[RecordWriter]:
    """One connection to Kafka for all processes of a test."""
    shared = RecordWriter(house.settings, "test", Telemetry.create(CollectorRegistry()))
    await shared.wait_connected(60)
    yield shared
    await shared.close()


def moments(effects: list[str]) -> list[int]:
    """The numbers of the effects to die at: of each run of the same effect the first, the middle and the last.

    Of the many claims, posts and confirmations of a wave: those of the first, a middle and the last person.
    """
    chosen: set[int] = set()
    start = 0
    for _, run in groupby(effects):
        length = len(list(run))
        chosen |= {start + 1, start + 1 + length // 2, start + length}
        start += length
    posts = [number for number, effect in enumerate(effects, start=1) if effect == "Slack.post_once"]
    if not posts:
        return sorted(chosen)
    kept = {number + step for number in (posts[0], posts[len(posts) // 2], posts[-1]) for step in (-1, 0, 1)}
    return sorted(number for number in chosen if number < posts[0] - 1 or number > posts[-1] + 2 or number in kept)


@pytest.mark.parametrize("dies", Dies)
async def test_killed_at_any_effect_of_opening_and_sending_everybody_gets_exactly_one_message(
    house: House, records: RecordWriter, dies: Dies
) -> None:
    house.plan()
    await house.open_and_send()

    async def live_or_die(at: int) -> list[str]:
        async with closing_ledgers(fresh(house)) as own:
            async with own.workshop(records=records) as workshop:
                fate = Fate(at, dies, [])
                died = await run_until_crash(workshop, fate)
            assert died == (at <= len(fate.effects))
            while (report := await own.tick(records)).more_to_do:
                pass
            assert not report.faults
            assert (await own.wave()).state is WaveState.OPEN
            counts = await own.ledger().read(lambda c: invitations.delivery_counts(c, own.wave_id()))
            assert counts == {DeliveryState.SENT: PEOPLE}
            assert [await invitations_of(own, person) for person in EVERYBODY] == [1] * PEOPLE
            opened = [record.value for record, event in own.events(TopicName.WAVES) if isinstance(event, WaveOpened)]
            assert len(set(opened)) == 1
            return fate.effects

    effects = await live_or_die(10_000)
    assert effects.count("Slack.post_once") == PEOPLE
    assert {"WaveKeyFiles.ensure", "RecordWriter.send", "Ledger.write"} <= set(effects)
    for at in moments(effects):
        await live_or_die(at)


async def open_with_answers(house: House, records: RecordWriter) -> list[str]:
    """An open wave in which four people answered, one more has a revision that Kafka never confirmed; their ballots."""
    async with house.workshop(records=records) as workshop:
        wave = await house.wave()
        assert await open_wave(workshop, wave)
        key = workshop.keys.read(wave.id)
        found = []
        for n, person in enumerate(EVERYBODY[:5]):
            ballot = ballot_id(key, "T1", person)
            found.append(ballot)
            await workshop.ledger.write(ballots.take_revision(wave.id, "T1", person, ballot))
            if n < 4:
                await workshop.ledger.write(ballots.mark_answered(wave.id, "T1", person))
        await workshop.ledger.write(lambda c: waves.begin_closing(c, wave.id, "test"))
        return found


async def check_order(house: House, records: RecordWriter) -> None:
    """Nothing may be gone as long as the counts and markers are not safe."""
    async with house.workshop(records=records) as workshop:
        wave = await house.wave()

        def rows(connection: Connection) -> bool:
            return bool(connection.exec_driver_sql("SELECT count(*) FROM ballot_revision").scalar())

        gone = not await workshop.ledger.read(rows)
        try:
            workshop.keys.read(wave.id)
        except KeyLost:
            gone = True
        if gone:
            assert wave.counted
            assert wave.announced
            assert [event for _, event in house.events(TopicName.WAVES) if isinstance(event, WaveClosed)]


@pytest.mark.parametrize("dies", Dies)
async def test_killed_at_any_effect_of_closing_all_is_counted_marked_and_erased(
    house: House, records: RecordWriter, dies: Dies
) -> None:
    house.plan()
    await house.clock_to(house.campaign.schedule.opens_at(1))

    async def live_or_die(at: int) -> list[str]:
        async with closing_ledgers(fresh(house)) as own:
            ballots_of_people = await open_with_answers(own, records)
            async with own.workshop(records=records) as workshop:
                fate = Fate(at, dies, [])
                assert await run_until_crash(workshop, fate) == (at <= len(fate.effects))
            await check_order(own, records)
            assert not (await own.tick(records)).faults
            assert (await own.wave()).state is WaveState.CLOSED
            raw = own.raw_ledger()
            assert not [ballot for ballot in ballots_of_people if ballot.encode() in raw]
            assert not list(own.settings.ledger_folder.rglob("*.key"))
            await check_events(own)
            return fate.effects

    effects = await live_or_die(10_000)
    assert effects.count("RecordWriter.send") == 12 + 3 + 1
    assert {"Ledger.maintain", "WaveKeyFiles.destroy"} <= set(effects)
    for at in moments(effects):
        await live_or_die(at)


async def check_events(house: House) -> None:
    closed = [(record, event) for record, event in house.events(TopicName.WAVES) if isinstance(event, WaveClosed)]
    assert len({record.value for record, _ in closed}) == 1
    assert {record.key for record, _ in closed} == {f"{house.wave_id()}|closed".encode()}
    units = closed[0][1].units
    assert (sum(unit.acknowledged for unit in units), sum(unit.with_revision for unit in units)) == (4, 5)
    ledger_counts = await house.ledger().read(lambda c: closing.unit_counts(c, house.wave_id()))
    assert units == ledger_counts
    for topic in (TopicName.ANSWERS, TopicName.COMMENTS):
        marked = {record.partition for record, event in house.events(topic, read=False) if isinstance(event, WaveEnd)}
        assert marked == set(range(TOPICS[topic].partitions))
