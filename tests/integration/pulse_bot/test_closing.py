"""Closing through the front door: nobody is cut off, all is marked and counted, and the link is gone for good."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from services.contracts.events import AnswerGiven, WaveClosed, WaveEnd
from services.contracts.topics import TOPICS, TopicName, record_timestamp_ms
from services.pulse_bot.answers.records import RecordWriter
from services.pulse_bot.ledger import closing, leases, waves
from services.pulse_bot.ledger.models import BotInstanceRow, LeaseRow, WaveState
from tests.integration.pulse_bot.house import DAY_MS, House, eventually, member


async def closed(house: House) -> bool:
    return (await house.wave()).state is WaveState.CLOSED


def close_asked(house: House) -> Any:
    return house.ledgers[0].write(lambda c: waves.begin_closing(c, house.wave_id(), "test"))


async def test_at_its_time_a_wave_is_counted_marked_in_every_partition_and_erased_to_the_last_byte(
    house: House,
) -> None:
    house.plan()
    first_day = record_timestamp_ms(datetime.now(UTC).date())
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(1), [1, 2, 3, 4, 5])
        await house.answer_all(member(7), [5, None, 3, 3, 3])
        given = [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
        ballots = {answer.ballot_id.encode() for answer in given}
        (key_file,) = house.settings.ledger_folder.rglob("*.key")
        key = key_file.read_bytes()
        before = house.raw_ledger()
        assert key in before
        assert all(ballot in before for ballot in ballots)
        message = await house.invitation(member(1))
        assert message["ts"].encode() in before

        await house.clock_to(house.campaign.schedule.closes_at(1))
        await eventually(lambda: closed(house))

        after = house.raw_ledger()
        assert key not in after
        assert not any(ballot in after for ballot in ballots)
        assert message["ts"].encode() not in after
        assert member(1).encode() in after
        for topic in (TopicName.ANSWERS, TopicName.COMMENTS):
            ends = [record for record, event in house.events(topic) if isinstance(event, WaveEnd)]
            assert sorted(record.partition for record in ends) == list(range(TOPICS[topic].partitions))
            (stamp,) = {record.timestamp for record in ends}
            assert stamp in (first_day, first_day + DAY_MS), "midnight of the day on which the wave was opened"
        last = {r.partition: event for r, event in house.events(TopicName.ANSWERS)}
        assert all(isinstance(event, WaveEnd) for event in last.values())
        ((record, event),) = [(r, e) for r, e in house.events(TopicName.WAVES) if isinstance(e, WaveClosed)]
        assert record.key == f"{house.wave_id()}|closed".encode()
        assert sum(unit.acknowledged for unit in event.units) == sum(unit.with_revision for unit in event.units) == 2
        assert all(unit.with_revision == 0 or unit.node_id in {a.node_id for a in given} for unit in event.units)


async def ticks(house: House, number: int) -> None:
    """Wait until the bot has ticked so often: each tick renews the lease."""
    seen: set[datetime] = set()

    async def enough() -> bool:
        seen.add(await house.ledgers[0].read(lambda c: c.execute(select(LeaseRow.expires_at)).scalar_one()))
        return len(seen) > number

    await eventually(enough)


async def test_a_click_in_flight_when_the_wave_closes_is_still_stored_before_the_markers(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    real = RecordWriter.send
    gate = asyncio.Event()

    async def slow(self: RecordWriter, record: Any) -> None:
        await gate.wait()
        await real(self, record)

    def send(self: RecordWriter, record: Any) -> asyncio.Future[None]:
        if record.topic is TopicName.ANSWERS and record.partition is None:
            return asyncio.ensure_future(slow(self, record))
        return real(self, record)

    async with house.bot():
        await house.open_and_send()
        invitation, others = await house.invitation(member(1)), await house.invitation(member(7))
        monkeypatch.setattr(RecordWriter, "send", send)
        click = asyncio.create_task(house.click(member(1), invitation, "pulse.answer.4"))

        async def revised() -> bool:
            statement = "SELECT count(*) FROM ballot_revision"
            count = await house.ledgers[0].read(lambda c: c.exec_driver_sql(statement).scalar_one())
            return bool(count)

        await eventually(revised)
        await close_asked(house)
        late = await house.click(member(7), others, "pulse.answer.1")
        assert "Deze ronde is gesloten" in str(late["shown"])
        await ticks(house, 4)
        assert (await house.wave()).counted is False
        gate.set()
        assert (await click)["status"] == 200
        await eventually(lambda: closed(house))
    records = house.events(TopicName.ANSWERS)
    (given,) = [(record, event) for record, event in records if isinstance(event, AnswerGiven)]
    (end,) = [r for r, e in records if isinstance(e, WaveEnd) and r.partition == given[0].partition]
    assert given[1].value == 4
    assert given[0].offset < end.offset


async def test_the_close_waits_for_a_live_bot_but_not_for_one_that_is_silent_for_too_long(house: House) -> None:
    house.plan()
    await house.clock_to(house.campaign.schedule.opens_at(1))
    await house.tick()
    ledger = house.ledgers[0]
    await ledger.write(leases.heartbeat("other-bot"))
    await close_asked(house)
    waiting = await house.tick()
    assert (waiting.closed, waiting.more_to_do, waiting.faults) == ([], True, [])
    assert house.events(TopicName.ANSWERS) == []
    await ledger.write(closing.mark_drained(house.wave_id(), "other-bot"))
    assert (await house.tick()).closed == [house.wave_id()]


async def test_a_bot_that_died_long_ago_holds_up_no_close_and_one_that_hangs_only_for_a_while(house: House) -> None:
    house.plan()
    await house.clock_to(house.campaign.schedule.opens_at(1))
    await house.tick()
    ledger = house.ledgers[0]
    old = datetime.now(UTC) - timedelta(seconds=61)
    await ledger.write(lambda c: c.execute(insert(BotInstanceRow).values(id="dead", heartbeat_at=old)).rowcount)
    await ledger.write(leases.heartbeat("hanging"))
    await close_asked(house)
    assert (await house.tick()).closed == []
    assert (await house.tick(drain_seconds=0.001)).closed == [house.wave_id()]


async def test_a_wave_whose_key_is_lost_closes_at_once_and_its_counts_are_kept(house: House) -> None:
    house.plan()
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(1), [1, 2, 3, 4, 5])
        (key_file,) = house.settings.ledger_folder.rglob("*.key")
        key_file.unlink()
        await eventually(lambda: closed(house))
        ((_, event),) = [(r, e) for r, e in house.events(TopicName.WAVES) if isinstance(e, WaveClosed)]
        assert sum(unit.acknowledged for unit in event.units) == 1


async def test_while_kafka_is_away_nothing_is_erased_and_the_close_goes_on_when_it_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.pulse_bot.waves.closing.KAFKA_SECONDS", 1.0)
    house.plan()
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(1), [1, 2, 3, 4, 5])
    await close_asked(house)
    away = await house.tick(kafka_bootstrap="127.0.0.1:9", drain_seconds=0.001)
    assert "Kafka" in away.faults[0]
    monkeypatch.undo()
    assert list(house.settings.ledger_folder.rglob("*.key"))
    wave = await house.wave()
    assert (wave.counted, wave.announced, wave.state) == (True, False, WaveState.CLOSING)
    assert (await house.tick()).closed == [house.wave_id()]
