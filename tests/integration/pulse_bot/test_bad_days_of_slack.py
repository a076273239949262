"""Slack on a bad day: busy, broken, slow, silent; another bot takes over meanwhile. Nobody gets two, nobody is lost."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.errors import SlackApiError
from sqlalchemy import update

from sandbox.slack.faults import RESPONSE_URL, Fault, FaultKind
from sandbox.slack.requests_seen import Direction
from services.pulse_bot import slack
from services.pulse_bot.ledger.invitations import Posted
from services.pulse_bot.ledger.models import DeliveryState, LeaseRow
from services.pulse_bot.messages.message import Message
from services.pulse_bot.slack import Slack, _fault
from services.pulse_bot.slack_faults import PersonUnreachable, SlackBusy, SlackRefuses, SlackUncertain
from services.pulse_bot.waves import sending
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.tick import Ticker
from tests.integration.pulse_bot.acting import Colleague, words
from tests.integration.pulse_bot.house import PEOPLE, House, eventually, member
from tests.integration.pulse_bot.test_sending import EVERYBODY, deliveries, sent


def on_posting(house: House, kind: FaultKind, *, times: int = 1, seconds: float = 1.0, status: int = 503) -> None:
    """What happens to the next messages."""
    house.workspace.faults.add(
        Fault(
            direction=Direction.FROM_BOT,
            what="chat.postMessage",
            kind=kind,
            times=times,
            seconds=seconds,
            status=status,
        )
    )


async def all_sent(house: House, **changes: object) -> None:
    """Tick until nothing is due, and look that everybody has one message."""
    for _ in range(40):
        report = await house.tick(**changes)
        if not report.more_to_do and not report.faults:
            break
    assert await deliveries(house) == {DeliveryState.SENT: PEOPLE}
    assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE


async def test_busy_slack_is_left_alone_for_as_long_as_it_asks_and_no_claim_is_held_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    await house.open_and_send()
    on_posting(house, FaultKind.RATE_LIMITED, times=9, seconds=1)
    waits = 0
    real = Pace.turn

    async def none_claimed() -> bool:
        return DeliveryState.CLAIMED not in {state for state, count in (await deliveries(house)).items() if count}

    async def turn(self: Pace, until: float = float("inf")) -> bool:
        nonlocal waits
        began = time.monotonic()
        came = await real(self, until)
        if time.monotonic() - began > 0.5:
            waits += 1
            await eventually(none_claimed)  # those that Slack was asked for meanwhile are being undone
        return came

    monkeypatch.setattr(Pace, "turn", turn)
    await all_sent(house)
    assert waits


@pytest.mark.parametrize("kind", [FaultKind.FATAL_ERROR, FaultKind.SERVER_ERROR])
async def test_an_error_of_slack_whether_or_not_it_did_its_work_costs_nobody_a_message(
    house: House, kind: FaultKind
) -> None:
    house.plan()
    await house.open_and_send()
    on_posting(house, kind, times=7)
    await all_sent(house)


async def test_a_post_that_is_slower_than_we_wait_is_found_when_it_has_arrived(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    await house.open_and_send()
    monkeypatch.setattr(slack, "POST_SECONDS", 0.2)
    on_posting(house, FaultKind.DELAY, times=3, seconds=0.6)
    async with house.workshop(settle_after_seconds=2.0) as workshop:
        ticker = Ticker(workshop, Sending(Pace(0)))

        async def done() -> bool:
            return not (await ticker.tick()).more_to_do

        await eventually(done)
    assert await deliveries(house) == {DeliveryState.SENT: PEOPLE}
    assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE


async def test_a_token_that_is_revoked_in_the_middle_loses_nobody(house: House) -> None:
    house.plan()
    await house.open_and_send()
    on_posting(house, FaultKind.TOKEN_REVOKED, times=100)
    report = await house.tick()
    assert "token_revoked" in report.faults[0]
    counts = await deliveries(house)
    assert counts == {DeliveryState.DUE: PEOPLE}
    house.workspace.faults.clear()
    await all_sent(house)


async def test_a_bot_whose_lease_another_took_stops_at_once_and_the_claim_of_the_first_is_left_in_peace(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a clock is set forward: the lease seems over while its holder is in the middle of a call to Slack."""
    house.plan()
    await house.clock_to(house.campaign.schedule.opens_at(1))
    await house.tick(holder="a")
    await house.open_and_send()
    real = Slack.post_once
    taken, go_on = asyncio.Event(), asyncio.Event()

    async def slow(self: Slack, person: str, message: Message) -> Posted:
        if not taken.is_set():
            await go_on.wait()
        return await real(self, person, message)

    monkeypatch.setattr(Slack, "post_once", slow)
    first = asyncio.create_task(house.tick(holder="a"))

    async def all_under_way() -> bool:
        """Each claim renews the lease: it is over only when none follows."""
        return (await deliveries(house)).get(DeliveryState.CLAIMED) == sending._AT_ONCE

    await eventually(all_under_way)
    ago = datetime.now(UTC) - timedelta(seconds=1)
    await house.ledgers[0].write(lambda c: c.execute(update(LeaseRow).values(expires_at=ago)).rowcount)
    taken.set()
    await house.tick(holder="b", settle_after_seconds=60)
    in_peace = (await deliveries(house))[DeliveryState.CLAIMED]
    assert in_peace == sending._AT_ONCE
    go_on.set()
    report = await first
    assert report.busy_elsewhere is not None
    assert [await sent(house, person) for person in EVERYBODY] == [1] * PEOPLE
    assert await deliveries(house) == {DeliveryState.SENT: PEOPLE}


def on_replying(house: House, kind: FaultKind, *, times: int = 1) -> None:
    """What happens to the next answers through a ``response_url``."""
    house.workspace.faults.add(
        Fault(direction=Direction.FROM_BOT, what=RESPONSE_URL, kind=kind, times=times, seconds=0.1, status=503)
    )


@pytest.mark.parametrize(
    ("kind", "shown"),
    [(FaultKind.FATAL_ERROR, 1), (FaultKind.SERVER_ERROR, 0), (FaultKind.RATE_LIMITED, 1)],
)
async def test_a_notice_beside_a_message_is_never_shown_twice_and_a_question_always_comes(
    house: House, kind: FaultKind, shown: int
) -> None:
    house.plan()
    person = Colleague(house, member(1))
    async with house.bot():
        await house.open_and_send()
        invitation = await house.invitation(member(1))
        on_replying(house, kind)
        report = await house.click(member(1), invitation, "pulse.answer.3")
        assert (report["effect"], report["shown"]["blocks"] == invitation["blocks"]) == ("message", False)
        on_replying(house, kind)
        old = {"action_id": "old.button", "block_id": "old", "value": "x"}
        await person.press("old.button", message=invitation, remembered=old, wait_seconds=1)
    said = [words(message) for message in await person.messages()]  # the bot has ended: nothing is under way
    assert sum("hoort niet bij deze ronde" in text for text in said) == shown


class Response:
    """An answer of Slack as the SDK hands it over with an error."""

    def __init__(self, status: int, error: str | None, **headers: str) -> None:
        self.status_code, self.headers = status, headers
        self.data = {"ok": False, "error": error} if error else ""


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (200, "channel_not_found", PersonUnreachable),
        (200, "user_disabled", PersonUnreachable),
        (200, "user_not_found", PersonUnreachable),
        (200, "is_archived", PersonUnreachable),
        (200, "invalid_blocks", SlackRefuses),
        (200, "token_revoked", SlackRefuses),
        (200, "account_inactive", SlackRefuses),
        (200, "missing_scope", SlackRefuses),
        (200, "messages_tab_disabled", SlackRefuses),
        (200, "internal_error", SlackUncertain),
        (500, "fatal_error", SlackUncertain),
        (503, None, SlackUncertain),
        (429, None, SlackBusy),
        (429, "ratelimited", SlackBusy),
    ],
)
def test_each_refusal_of_slack_has_one_meaning(status: int, error: str | None, kind: type[Exception]) -> None:
    answer = Response(status, error, **{"Retry-After": "7"})
    found = _fault("chat.postMessage", SlackApiError("", answer))  # type: ignore[arg-type]
    assert type(found) is kind
    if isinstance(found, SlackBusy):
        assert found.retry_after == 7
    assert member(1) not in str(found)
