"""What operators are told of the bot: calls to Slack, messages and waves that wait, who ticks; never about whom."""

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from sandbox.slack.faults import Fault, FaultKind
from sandbox.slack.requests_seen import Direction
from services.pulse_bot.answers.book import WaveBook
from services.pulse_bot.answers.in_flight import InFlight
from services.pulse_bot.drain import Watch
from services.pulse_bot.ledger import leases
from services.pulse_bot.ledger.writer import LedgerClosed
from services.pulse_bot.telemetry import Telemetry
from services.pulse_bot.waves.overdue import Overdue
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.tick import Ticker
from services.pulse_bot.waves.workshop import Workshop
from services.runtime.clock import campaign_clock
from tests.integration.pulse_bot.house import PEOPLE, House, member
from tests.integration.pulse_bot.test_bad_days_of_slack import on_posting


def value(workshop: Workshop, metric: str, **labels: str) -> float:
    """The value that Prometheus would read; 0 of what was never counted."""
    for family in vars(workshop.telemetry)[metric].collect():
        for sample in family.samples:
            if sample.labels == labels and not sample.name.endswith("_created"):
                return sample.value
    return 0.0


def calls(workshop: Workshop, method: str, outcome: str) -> float:
    return value(workshop, "slack_calls", method=method, outcome=outcome)


async def test_calls_to_slack_and_its_429s_are_counted_whoever_waits_for_them(house: House) -> None:
    house.plan()
    await house.open_and_send()
    on_posting(house, FaultKind.RATE_LIMITED, times=2, seconds=1)
    house.workspace.faults.add(
        Fault(direction=Direction.FROM_BOT, what="auth.test", kind=FaultKind.RATE_LIMITED, times=2, seconds=1)
    )
    async with house.workshop() as workshop:
        ticker = Ticker(workshop, Sending(Pace(0)))
        while (await ticker.tick()).more_to_do:
            pass
        assert (calls(workshop, "auth.test", "rate_limited"), calls(workshop, "auth.test", "ok")) == (2, 1)
        assert calls(workshop, "chat.postMessage", "rate_limited") == 2
        assert calls(workshop, "chat.postMessage", "ok") == PEOPLE
        assert value(workshop, "sends", outcome="sent") == PEOPLE
        assert value(workshop, "messages_waiting") == 0
        assert value(workshop, "lease_held") == 1
        assert value(workshop, "last_tick") > 0


async def test_messages_that_slack_refuses_are_seen_to_wait(house: House) -> None:
    house.plan()
    await house.open_and_send()
    on_posting(house, FaultKind.TOKEN_REVOKED, times=100)
    async with house.workshop() as workshop:
        ticker = Ticker(workshop, Sending(Pace(0)))
        await ticker.tick()
        assert calls(workshop, "chat.postMessage", "refused") > 0
        assert value(workshop, "messages_waiting") == PEOPLE
        await workshop.ledger.write(leases.release("test"))
        await workshop.ledger.write(leases.acquire("another"))
        await ticker.tick()
        assert value(workshop, "messages_waiting") == 0, "the other bot knows how many wait, this one no more"
        assert value(workshop, "lease_held") == 0


async def overdue(workshop: Workshop) -> dict[str, float]:
    await Overdue(workshop.ledger, campaign_clock(workshop.settings), workshop.telemetry).look()
    steps = ("approve", "open", "close")
    return {step: found for step in steps if (found := value(workshop, "waves_overdue", step=step))}


async def test_a_wave_that_should_have_moved_is_told_by_what_it_waits_for(house: House) -> None:
    house.plan(approve=False)
    async with house.workshop() as workshop:
        assert await overdue(workshop) == {}
        await house.open_and_send()
        assert await overdue(workshop) == {"approve": 1}
        house.plan()
        assert await overdue(workshop) == {"open": 1}
        await house.tick()
        assert await overdue(workshop) == {}
        await house.clock_to(house.campaign.schedule.closes_at(1) - timedelta(minutes=1))
        assert await overdue(workshop) == {}
        await house.clock_to(house.campaign.schedule.closes_at(1))
        assert await overdue(workshop) == {"close": 1}
        while house.wave_id() not in (await house.tick()).closed:
            pass
        assert await overdue(workshop) == {}


async def test_a_ledger_that_takes_no_sign_of_life_is_counted(house: House) -> None:
    async with house.workshop() as workshop:
        watch = Watch(
            "b1",
            ledger=workshop.ledger,
            book=WaveBook(workshop.ledger, workshop.keys),
            in_flight=InFlight(),
            records=workshop.records,
            telemetry=workshop.telemetry,
        )
        await watch.heartbeat()
        assert value(workshop, "ledger_failures") == 0
        workshop.ledger.close()
        with pytest.raises(LedgerClosed):
            await watch.heartbeat()
        assert value(workshop, "ledger_failures") == 1


async def test_no_series_of_a_bot_names_anybody_or_anything_that_was_asked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = CollectorRegistry()
    real = Telemetry.create
    monkeypatch.setattr(Telemetry, "create", lambda _registry: real(registry))
    house.plan()
    async with house.bot():
        await house.open_and_send()
        await house.answer_all(member(1), [1, 2, None, 4, 5])
    told = generate_latest(registry).decode()
    assert 'draagvlak_bot_clicks_total{outcome="stored"} 5.0' in told
    assert "draagvlak_bot_kafka_connected 1.0" in told
    words = [house.wave_id(), house.campaign_id, "noord", "A1", "T1", *(member(n) for n in range(1, PEOPLE + 1))]
    assert [line for line in told.splitlines() if any(f'"{word}"' in line for word in words)] == []
