"""The first run in Slack: from an empty workspace to a plan. Nothing is sent by it."""

import asyncio
from pathlib import Path

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from services.contracts.base import Language
from services.contracts.campaign import Campaign
from services.contracts.faults import FileFaults
from services.contracts.files import load_campaign, load_items
from services.pulse_bot.announcements import set_up
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages import commands
from services.pulse_bot.messages.admin import first_run, menu
from services.pulse_bot.messages.admin import promises as promise_messages
from services.pulse_bot.messages.admin.done import Done, done
from services.pulse_bot.messages.blanks import blanks
from services.pulse_bot.messages.ids import (
    AdminVerb,
    Field,
)
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import (
    BlockActions,
    language_in,
    parse_submission,
)
from services.pulse_bot.waves import planning
from services.pulse_bot.waves.planning import CampaignFrozen, CampaignsOverlap

_log = structlog.get_logger(__name__)


class FirstRun:
    """For a champion of the campaign's file or, where there is none, an administrator of the workspace."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def welcome(self, visitor: Visitor) -> Message:
        campaign = await self._from_file()
        file = self._reception.settings.campaign_file
        if not await self._may_begin(visitor, campaign):
            return menu.line(commands.champions_only(visitor.language))
        return first_run.first_run(visitor.language, file=file.name if file and campaign else None)

    async def begin(self, visitor: Visitor, verb: AdminVerb, click: BlockActions) -> Message | None:
        campaign = await self._from_file()
        if visitor.campaign is not None or not await self._may_begin(visitor, campaign):
            return menu.line(commands.champions_only(visitor.language))
        if verb is AdminVerb.PLAN:
            if campaign is None:
                return done(Done.CANNOT_READ, visitor.language)
            return await self._plan(campaign, visitor.language)
        groups = await self._reception.slack.usergroups()
        offered = sorted(((group_id, found.name) for group_id, found in groups.items()), key=lambda one: one[1])
        if not offered:
            return done(Done.NO_GROUPS, visitor.language)
        starts_on = set_up.first_monday((await self._reception.now()).date())
        view = first_run.set_up_modal(offered, starts_on, click.person.member, visitor.language)
        await self._reception.slack.open_view(click.trigger_id, view)
        return None

    async def set_up(self, ack: AsyncAck, body: Json) -> None:
        """The first set-up was sent: planned, and nothing else."""
        submission = parse_submission(body)
        visitor = await self._reception.visitor(submission.person)
        starts_on = submission.day(Field.DATE)
        today = (await self._reception.now()).date()
        if visitor.campaign is not None or not await self._may_begin(visitor, None):
            await ack()
            return
        if starts_on is None or starts_on <= today:
            await ack(response_action="errors", errors={Field.DATE.value: promise_messages.later_day(visitor.language)})
            return
        errors = blanks({Field.NAME: submission.text(Field.NAME)}, visitor.language)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        groups = await self._reception.slack.usergroups()
        wanted = {group: groups[group].name for group in submission.choices(Field.GROUPS) if group in groups}
        champions = submission.users(Field.CHAMPIONS) or (submission.person.member,)
        campaign = set_up.campaign(submission.text(Field.NAME), language_in(submission), starts_on, champions, wanted)
        await ack()
        told = await self._plan(campaign, visitor.language)
        self._reception.afterwards.say(submission.person.member, told)

    async def _plan(self, campaign: Campaign, language: Language) -> Message:
        bank = await asyncio.to_thread(load_items, self._reception.settings.items_file)
        try:
            planned = await self._reception.ledger.write(planning.plan(campaign, bank))
        except CampaignFrozen:
            return done(Done.FROZEN, language)
        except CampaignsOverlap:
            return done(Done.OVERLAPS, language)
        return first_run.planned(len(planned), language)

    async def _from_file(self) -> Campaign | None:
        """The campaign in the file that the settings name; None where there is none that can be read."""
        settings = self._reception.settings
        if settings.campaign_file is None:
            return None

        def read(file: Path) -> Campaign:
            return load_campaign(file, load_items(settings.items_file))

        try:
            return await asyncio.to_thread(read, settings.campaign_file)
        except FileFaults as faults:
            _log.warning("the campaign cannot be read", fault=str(faults))
            return None

    async def _may_begin(self, visitor: Visitor, campaign: Campaign | None) -> bool:
        """A champion of the file, or an administrator of the workspace."""
        member = visitor.person.member
        if campaign is not None and member in campaign.champions:
            return True
        return await self._reception.slack.is_admin(member)
