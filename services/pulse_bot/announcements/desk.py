"""The part of a tick that tells people things: drafts to champions, posts in channels, corrections, results, digests.

Every step is claimed or written down before it is made, so that a crash never makes it twice. A post is claimed for as
long as one call to Slack, as the messages of a wave are: see waves.sending.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from services.contracts.base import ROOT_ID
from services.contracts.campaign import Campaign
from services.contracts.events import ReactionsCounted
from services.contracts.floors import DISTRIBUTION_FLOOR
from services.contracts.topics import TopicName
from services.contracts.units import team_keys
from services.pulse_bot.announcements import book, calendar, concerns, errands, outbox, posts, releases, whose
from services.pulse_bot.announcements.book import Announcement
from services.pulse_bot.announcements.champions import Champions
from services.pulse_bot.announcements.picture import alt_text, trend_picture
from services.pulse_bot.announcements.posts import ChannelPost
from services.pulse_bot.announcements.releases import MetricsApi, MetricsAway, Released
from services.pulse_bot.announcements.words import Words
from services.pulse_bot.faults import place_of
from services.pulse_bot.ledger import campaigns, live_share, waves
from services.pulse_bot.ledger.announcing import AnnouncementState, PostState
from services.pulse_bot.ledger.invitations import Claim, Posted
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.ledger.writer import Operation
from services.pulse_bot.locales import languages, spoken
from services.pulse_bot.messages import announcements as announcement_messages
from services.pulse_bot.messages.message import Message
from services.pulse_bot.slack_faults import PersonUnreachable, SlackBusy, SlackFault, SlackRefuses, SlackUncertain
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.workshop import CLAIM_SECONDS, EXPECTED_FAULTS, LeaseLost, Workshop

_log = structlog.get_logger(__name__)
_OfCampaign = Callable[[Campaign, datetime], Awaitable[None]]
_MISSING = frozenset({"message_not_found", "channel_not_found", "cant_update_message", "edit_window_closed"})


class Desk:
    """Runs for one process, under the tick's lease. ``metrics`` None: no results are posted."""

    def __init__(self, workshop: Workshop, metrics: MetricsApi | None) -> None:
        self._workshop = workshop
        self._metrics = metrics
        self._champions = Champions(workshop)
        self._pace = Pace(0)
        self._seen: dict[tuple[str, str], float] = {}
        self._told: dict[str, str] = {}

    async def tick(self) -> None:
        """Do whatever is due, for every campaign. Faults of the surroundings are logged, and tried again next time.

        Raises LeaseLost, and ClockUnavailable.
        """
        now = await asyncio.to_thread(self._workshop.clock.now)

        def read(connection: Connection) -> tuple[tuple[Campaign, ...], tuple[Campaign, ...]]:
            planned = tuple(one.campaign for one in waves.campaigns(connection))
            return planned, campaigns.at_work(connection, now, (errands.RESULTS, errands.REACTIONS))

        planned, busy = await self._workshop.ledger.read(read)
        if not planned:
            return
        await self._guarded("outbox", self._outbox)
        await self._guarded("drafts", lambda: self._champions.tell_of_drafts(now))
        await self._guarded("settle", lambda: self._settle(now))
        await self._each("concerns", planned, self._concerns, now)
        for name, step in (("share", self._share), ("results", self._results), ("digest", self._digest)):
            await self._each(name, busy, step, now)
        await self._guarded("posts", lambda: self._post_due(now))
        await self._guarded("publish", lambda: self._publish(now))
        await self._guarded("corrections", self._correct)
        await self._each("reactions", busy, self._count_reactions, now)
        await self._guarded("events", self._outbox)

    async def _each(self, name: str, of: Iterable[Campaign], step: _OfCampaign, now: datetime) -> None:
        """A step for each campaign; where one fails the others go on."""
        for campaign in of:
            await self._guarded(f"{name} {campaign.id}", partial(step, campaign, now))

    async def _guarded(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._workshop.keep_lease()
            await step()
        except LeaseLost:
            raise
        except (*EXPECTED_FAULTS, MetricsAway) as fault:
            self._fault(name, str(fault))
        except Exception as error:  # its text may hold anything, so only its class and place are told
            self._fault(name, f"{type(error).__name__} at {place_of(error)}")
        else:
            self._told.pop(name, None)

    def _fault(self, name: str, text: str) -> None:
        if self._told.get(name) != text:  # once, not with every tick until it is mended
            _log.warning("a step of telling people failed and is tried again with every tick", step=name, fault=text)
            self._told[name] = text

    async def _outbox(self) -> None:
        await outbox.deliver(self._workshop.ledger, self._workshop.records)

    async def _settle(self, now: datetime) -> None:
        """Posts whose claim has stood for longer than a call to Slack lasts: nobody knows whether they stand there.

        Age is what this process has seen itself: the bot that claimed them may still be posting.
        """
        claimed = {(post.subject, post.channel): post for post in await self._workshop.ledger.read(posts.claimed)}
        self._seen = {place: self._seen.get(place, time.monotonic()) for place in claimed}
        for place, post in claimed.items():
            if time.monotonic() - self._seen[place] >= self._workshop.settings.settle_after_seconds:
                await self._workshop.keep_lease()
                await self._champions.ask_about(post, now)

    async def _concerns(self, campaign: Campaign, now: datetime) -> None:
        if campaign.channels.listeners is not None:
            await self._workshop.ledger.write(concerns.plan_due(campaign.id, campaign.channels.listeners, now))

    async def _share(self, campaign: Campaign, now: datetime) -> None:
        """The rounded share of an open round, once a day at the hour of posts."""
        local = now.astimezone(ZoneInfo(campaign.schedule.timezone))
        if local.time() < campaign.channels.posts_at:
            return
        for wave in await self._workshop.ledger.read(lambda c: waves.in_states(c, [WaveState.OPEN])):
            if wave.campaign_id == campaign.id and wave.opened is not None:
                invited = sum(node.invited for node in wave.opened.nodes)
                await self._workshop.ledger.write(live_share.take(wave.id, invited, local.date()))

    async def _results(self, campaign: Campaign, now: datetime) -> None:
        """Results are kept, drawn and planned once for each wave; a wave that took too long is left alone."""
        if self._metrics is None:
            return
        for wave, _ in await self._closed_lately(campaign, now, errands.RESULTS):
            released = await self._metrics.released(wave.id)
            if released is not None:
                await self._plan_results(campaign, wave, released, now)

    async def _plan_results(self, campaign: Campaign, wave: Wave, released: Released, now: datetime) -> None:
        before = await self._workshop.ledger.read(lambda c: releases.of_campaign(c, campaign.id))
        earlier = [r for r in before if r.wave != released.wave and r.closed_at < released.closed_at]
        drawn = releases.series([*earlier, released])
        pictures = {}
        if any(len(points) for points in drawn.values()):
            for language in languages():
                content = await asyncio.to_thread(trend_picture, drawn, language)
                pictures[language] = await self._workshop.slack.upload(
                    f"{wave.id}-{language}.png", content, alt_text=alt_text(drawn, language)
                )
        kept = released.model_copy(update={"pictures": pictures})
        places = {channel: node for node, channel in reversed(campaign.channels.nodes.items())}

        def operation(connection: Connection) -> None:
            if not errands.note(connection, wave.id, errands.RESULTS):
                return
            releases.put(kept)(connection)
            for channel, node in places.items():
                posts.plan(connection, f"results:{wave.id}:{node}", [(channel, now)])

        await self._workshop.ledger.write(operation)
        _log.info("results planned", wave=wave.id, channels=len(places))

    async def _digest(self, campaign: Campaign, now: datetime) -> None:
        day = calendar.digest_day(campaign, now)
        channel = campaign.channel_of(ROOT_ID)
        if day is None or channel is None or now < calendar.post_day(campaign, day):
            return
        subject = f"digest:{campaign.id}:{day.isoformat()}"
        if await self._is_done(subject, errands.DIGEST):
            return
        empty = (await self._words(campaign).digest(subject)).empty

        def operation(connection: Connection) -> None:
            if errands.note(connection, subject, errands.DIGEST) and not empty:
                posts.plan(connection, subject, [(channel, now)])

        await self._workshop.ledger.write(operation)

    async def _post_due(self, now: datetime) -> None:
        for post in await self._workshop.ledger.read(lambda c: posts.due(c, now)):
            if not await self._pace.turn(until=time.monotonic()):
                return  # Slack has asked to be left alone
            campaign = await self._workshop.ledger.read(partial(whose.of_subject, subject=post.subject))
            if campaign is None:
                continue
            found = await self._words(campaign).of(post.subject, spoken(campaign.language))
            if found is not None:
                await self._post(post, found)

    async def _post(self, post: ChannelPost, message: Message) -> None:
        """One post: claimed, made, confirmed; an uncertain one stays claimed, to be settled.

        Raises LeaseLost; SlackBusy and SlackRefuses, the claim undone.
        """
        ledger = self._workshop.ledger
        began = time.monotonic()
        claim = await ledger.write(posts.claim(post, self._workshop.holder))
        if claim is Claim.LEASE_LOST:
            raise LeaseLost("another process ticks now")
        if claim is not Claim.OURS or time.monotonic() - began > CLAIM_SECONDS:
            return
        try:
            posted = await self._workshop.slack.post_once(post.channel, message)
        except PersonUnreachable as fault:  # this channel: gone, archived, or without the bot
            await ledger.write(posts.failed(post, fault.code))
            _log.warning("a channel takes no posts", subject=post.subject, fault=fault.code)
        except SlackUncertain as fault:
            _log.warning("Slack did not say whether a post arrived", subject=post.subject, fault=fault.code)
        except SlackBusy as busy:
            self._pace.hold(busy.retry_after)
            await ledger.write(posts.unclaim(post))
            raise
        except SlackRefuses:
            await ledger.write(posts.unclaim(post))
            raise
        else:
            await ledger.write(posts.sent(post, posted.ts, post.revision))

    async def _publish(self, now: datetime) -> None:
        approved = await self._workshop.ledger.read(lambda c: book.in_states(c, [AnnouncementState.APPROVED]))
        for announcement in approved:
            made = await self._posts_of(announcement)
            if any(post.state is PostState.SENT for post in made):
                await self._workshop.ledger.write(book.count_as_published(announcement.id, now))

    async def _correct(self) -> None:
        """Posts that show older words than those that were approved; each is changed in its place."""
        published = await self._workshop.ledger.read(lambda c: book.in_states(c, [AnnouncementState.PUBLISHED]))
        for announcement in published:
            if announcement.corrected_at is None or announcement.shown_revision is None:
                continue
            campaign = await self._workshop.ledger.read(partial(whose.of_id, campaign_id=announcement.campaign_id))
            if campaign is None:
                continue
            message = announcement_messages.post(announcement, spoken(campaign.language))
            for post in await self._posts_of(announcement):
                if post.state is PostState.SENT and post.ts and post.revision != announcement.shown_revision:
                    await self._workshop.keep_lease()
                    await self._show(post, Posted(post.channel, post.ts), message, announcement.shown_revision)

    async def _show(self, post: ChannelPost, posted: Posted, message: Message, revision: int) -> None:
        try:
            await self._workshop.slack.update(posted, message)
        except SlackFault as fault:
            if fault.code not in _MISSING:
                raise
            _log.warning("a post that was to be corrected is gone", subject=post.subject, fault=fault.code)
        await self._workshop.ledger.write(posts.shows(post, revision))

    async def _count_reactions(self, campaign: Campaign, now: datetime) -> None:
        """At each wave's close one snapshot of each announcement's reactions, over its audience of ten or more."""
        for wave, closed_at in await self._closed_lately(campaign, now, errands.REACTIONS):
            published = await self._workshop.ledger.read(lambda c: book.in_states(c, [AnnouncementState.PUBLISHED]))
            counted = [
                await self._reactions_of(announcement, now)
                for announcement in published
                if announcement.is_of(campaign)
                and announcement.published_at is not None
                and announcement.published_at <= closed_at
                and audience_size(announcement, wave, campaign) >= DISTRIBUTION_FLOOR
            ]

            await self._workshop.ledger.write(_counted(wave.id, counted))

    async def _reactions_of(self, announcement: Announcement, now: datetime) -> ReactionsCounted:
        total: dict[str, int] = {}
        for post in await self._posts_of(announcement):
            if post.ts is None:
                continue
            try:
                found = await self._workshop.slack.reactions(Posted(post.channel, post.ts))
            except SlackFault as fault:
                if fault.code not in _MISSING:
                    raise
                continue
            for name, count in found.items():
                total[name] = total.get(name, 0) + count
        return ReactionsCounted(announcement_id=announcement.id, as_of=now, reactions=total)

    async def _closed_lately(self, campaign: Campaign, now: datetime, errand: str) -> list[tuple[Wave, datetime]]:
        """The waves for which an errand is still to do, with the moment of their close."""

        def read(connection: Connection) -> list[tuple[Wave, datetime]]:
            return [
                (wave, wave.closed_at)
                for wave in waves.of_campaign(connection, campaign.id)
                if wave.state is WaveState.CLOSED
                and wave.closed_at is not None
                and now - wave.closed_at <= campaigns.LOOK_BACK
                and not errands.is_done(connection, wave.id, errand)
            ]

        return await self._workshop.ledger.read(read)

    async def _is_done(self, subject: str, errand: str) -> bool:
        return await self._workshop.ledger.read(lambda c: errands.is_done(c, subject, errand))

    async def _posts_of(self, announcement: Announcement) -> tuple[ChannelPost, ...]:
        subject = book.subject(announcement.id)
        return await self._workshop.ledger.read(lambda c: posts.of_subject(c, subject))

    def _words(self, campaign: Campaign) -> Words:
        return Words(self._workshop.ledger, campaign)


def _counted(wave_id: str, counted: Sequence[ReactionsCounted]) -> Operation[None]:
    def operation(connection: Connection) -> None:
        if errands.note(connection, wave_id, errands.REACTIONS):
            for event in counted:  # a key of its own: the topic keeps the newest of each, and this replaces no words
                outbox.put(connection, TopicName.ANNOUNCEMENTS, f"{event.announcement_id}|reactions", event)

    return operation


def audience_size(announcement: Announcement, wave: Wave, campaign: Campaign) -> int:
    """How many people of a wave belong to an announcement's audience."""
    if wave.opened is None:
        return 0
    said = announcement.shown or announcement.draft
    reached = {below for node in said.audience if node in campaign.tree.by_id for below in campaign.tree.subtree(node)}
    keys = {key for node in reached for key in team_keys(node) or ()}
    # Merged units count where all that they hold is reached.
    units = ((node.invited, team_keys(node.id)) for node in wave.opened.nodes)
    return sum(invited for invited, teams in units if teams and teams <= keys)
