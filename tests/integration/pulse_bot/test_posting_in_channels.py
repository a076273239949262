"""Posts in channels while Slack is busy or slow, and two bots tick: each stands there once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from sandbox.slack.faults import FaultKind
from services.contracts.base import Text
from services.contracts.events import AnnouncementKind
from services.pulse_bot.announcements import book, posts
from services.pulse_bot.announcements.desk import Desk
from services.pulse_bot.announcements.draft import Draft
from services.pulse_bot.ledger.announcing import PostState
from services.pulse_bot.ledger.invitations import Posted
from services.pulse_bot.ledger.models import LeaseRow
from services.pulse_bot.messages.message import Message
from services.pulse_bot.slack import Slack
from services.pulse_bot.waves.workshop import LeaseLost
from tests.integration.pulse_bot.acting import Colleague, words
from tests.integration.pulse_bot.house import CHAMPION, GENERAL, House, eventually
from tests.integration.pulse_bot.test_bad_days_of_slack import on_posting

TITLE = "Het verslag schrijft zich half zelf"
_ID = "ann-1"


async def approved(house: House) -> None:
    """A success that is due in the channel of everybody."""
    house.plan()
    now = house.campaign.schedule.opens_at(1)
    await house.clock_to(now)
    title, story = Text(nl=TITLE, en=TITLE), Text(nl="Twee uur per week", en="Two hours a week")
    draft = Draft(kind=AnnouncementKind.SUCCESS, title=title, story=story, audience=("organisation",))
    ledger = house.ledgers[0]
    await ledger.write(book.put_draft(house.campaign_id, _ID, draft, None))
    await ledger.write(book.approve(_ID, 1, CHAMPION, house.campaign, now))


async def state(house: House) -> PostState:
    """How far the post is."""
    (post,) = await house.ledgers[0].read(lambda c: posts.of_subject(c, book.subject(_ID)))
    return post.state


async def in_channel(house: House) -> int:
    """How often it stands in the channel."""
    return sum(TITLE in words(message) for message in await Colleague(house, CHAMPION).messages(GENERAL))


async def asked(house: House) -> bool:
    """Whether the champion was asked to look."""
    return any("Slack zei niet" in words(message) for message in await Colleague(house, CHAMPION).messages())


async def test_a_post_that_slack_is_too_busy_for_is_left_to_a_later_tick_of_any_bot(house: House) -> None:
    await approved(house)
    async with house.workshop("a") as first, house.workshop("b") as second:
        desks = Desk(first, None), Desk(second, None)
        on_posting(house, FaultKind.RATE_LIMITED, times=1, seconds=60)
        for _ in range(2):  # asked once, and then left alone for as long as it said
            await desks[0].tick()
            assert (await state(house), await in_channel(house)) == (PostState.DUE, 0)
        await lease_is_over(house)
        await desks[1].tick()
    assert (await state(house), await in_channel(house), await asked(house)) == (PostState.SENT, 1, False)


async def lease_is_over(house: House) -> None:
    """As when its holder fell silent, or a clock was set forward."""
    ago = datetime.now(UTC) - timedelta(seconds=1)
    await house.ledgers[0].write(lambda c: c.execute(update(LeaseRow).values(expires_at=ago)).rowcount)


@pytest.mark.parametrize(("settle_after", "meanwhile"), [(60.0, PostState.CLAIMED), (0.0, PostState.UNCERTAIN)])
async def test_a_post_that_another_bot_is_making_now_is_not_made_twice(
    house: House, monkeypatch: pytest.MonkeyPatch, settle_after: float, meanwhile: PostState
) -> None:
    """The other bot takes the lease meanwhile; even where it asks the champions, what Slack confirms counts."""
    await approved(house)
    real = Slack.post_once
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def slow(self: Slack, place: str, message: Message) -> Posted:
        under_way.set()
        await go_on.wait()
        return await real(self, place, message)

    async with house.workshop("a") as first, house.workshop("b", settle_after_seconds=settle_after) as second:
        with monkeypatch.context() as patch:
            patch.setattr(Slack, "post_once", slow)
            posting = asyncio.create_task(Desk(first, None).tick())
            await eventually(lambda: asyncio.sleep(0, under_way.is_set()))
            await lease_is_over(house)
            other = Desk(second, None)
            await other.tick()
            assert await state(house) is meanwhile
            assert await asked(house) is (meanwhile is PostState.UNCERTAIN)
            go_on.set()
            with pytest.raises(LeaseLost):
                await posting
        await house.ledgers[0].write(posts.post_again(book.subject(_ID), GENERAL))
        await other.tick()
    assert (await state(house), await in_channel(house)) == (PostState.SENT, 1)


async def test_a_bot_that_lost_the_lease_claims_no_post(house: House) -> None:
    await approved(house)
    async with house.workshop("a") as first, house.workshop("b") as second:
        await first.keep_lease()
        with pytest.raises(LeaseLost):
            await Desk(second, None).tick()
        (post,) = await house.ledgers[0].read(lambda c: posts.of_subject(c, book.subject(_ID)))
        await second.ledger.write(posts.claim(post, second.holder))
    assert await state(house) is PostState.DUE
