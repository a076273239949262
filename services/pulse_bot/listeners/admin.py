"""``/pulse admin``: a champion's menu, its buttons and its modals."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import Connection

from services.contracts.base import ROOT_ID, Language, Text
from services.contracts.campaign import Campaign
from services.contracts.events import AnnouncementKind, PromiseState
from services.contracts.files import FileFaults, load_campaign, load_items
from services.contracts.tree import Phase, TreeError
from services.pulse_bot.announcements import book, exporting, people, phases, promises, releases, set_up
from services.pulse_bot.announcements.phases import PhaseChange, PhaseRefused
from services.pulse_bot.ledger import audit, waves
from services.pulse_bot.ledger.announcing import AnnouncementState
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import NoSuchWave, PlannedCampaign, Wave
from services.pulse_bot.listeners.announcements import AnnouncementListener
from services.pulse_bot.listeners.comment_review import CommentReviewListener
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages import admin, commands
from services.pulse_bot.messages.admin import Desk, Done, DryRun, Shown
from services.pulse_bot.messages.ids import (
    ADMIN_PATTERN,
    ActionId,
    AdminVerb,
    CallbackId,
    Field,
    MalformedButton,
    parse_admin,
)
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import (
    BlockActions,
    Malformed,
    ViewSubmission,
    parse_click,
    parse_submission,
)
from services.pulse_bot.roster.groups import RosterSourceGone
from services.pulse_bot.slack import SlackFault
from services.pulse_bot.waves import planning, steering
from services.pulse_bot.waves.outlook import Outlook, outlook
from services.pulse_bot.waves.planning import CampaignFrozen, NotAChampion
from services.runtime.settings import SettingsFault

_log = structlog.get_logger(__name__)
_ROSTER_FAULTS = (FileFaults, RosterSourceGone, SettingsFault, TreeError, OSError)
_BEGUN = (WaveState.OPENING, WaveState.OPEN, WaveState.CLOSING)
Heard = Callable[[Visitor, BlockActions], Awaitable[Message | None]]


class AdminListener:
    """Everything here is for champions; who is none is told so, whatever they press."""

    def __init__(
        self, reception: Reception, announcements: AnnouncementListener, review: CommentReviewListener
    ) -> None:
        self._reception = reception
        self._announcements = announcements
        self._review = review
        self._verbs: dict[AdminVerb, Heard] = {
            AdminVerb.PREVIEW: self._preview,
            AdminVerb.DRY_RUN: self._dry_run,
            AdminVerb.APPROVE: self._approve,
            AdminVerb.EXTEND: self._extend,
            AdminVerb.STOP: self._stop,
            AdminVerb.VISIBILITY: self._visibility,
            AdminVerb.ANNOUNCE: self._announce,
            AdminVerb.TRAINING: self._training,
            AdminVerb.DRAFTS: self._drafts,
            AdminVerb.CORRECT: self._correct,
            AdminVerb.PROMISE: self._promise,
            AdminVerb.SETTLE: self._settle,
            AdminVerb.PHASE: self._phase,
            AdminVerb.BUDDIES: self._buddies,
            AdminVerb.REVIEW: review.open,
            AdminVerb.FINISH: self._finish,
        }

    async def command(self, ack: AsyncAck, visitor: Visitor) -> None:
        """``/pulse admin``."""
        message = await self.menu(visitor)
        await ack(text=message.text, blocks=list(message.blocks), response_type="ephemeral")

    async def menu(self, visitor: Visitor) -> Message:
        """The menu, the first run where nothing is planned, or a kind refusal."""
        if visitor.campaign is None:
            return await self._first_run(visitor)
        if not visitor.is_champion:
            return admin.line(commands.champions_only(visitor.language))
        return admin.menu(await self._desk(visitor, visitor.campaign))

    async def from_home(self, ack: AsyncAck, body: Json) -> None:
        """ "For champions" in App Home: the menu comes as a message."""
        click = parse_click(body)
        visitor = await self._reception.visitor(click.person)
        await self._reception.slack.post(click.person.member, await self.menu(visitor))
        await ack()

    async def pressed(self, ack: AsyncAck, body: Json) -> None:
        """A button of the menu."""
        click = parse_click(body)
        try:
            verb = parse_admin(click.actions[0].action_id)
        except MalformedButton:
            raise Malformed("admin") from None
        visitor = await self._reception.visitor(click.person)
        told = await self._do(visitor, verb, click)
        if told is not None:
            self._reception.beside(click.response_url, told)
        await ack()

    async def _do(self, visitor: Visitor, verb: AdminVerb, click: BlockActions) -> Message | None:
        if verb in (AdminVerb.PLAN, AdminVerb.SET_UP):
            return await self._begin(visitor, verb, click)
        if not visitor.is_champion:
            return admin.line(commands.champions_only(visitor.language))
        try:
            return await self._verbs[verb](visitor, click)
        except NoSuchWave:
            refused = Done.NO_ROUND
        except NotAChampion:
            refused = Done.NOT_A_CHAMPION
        except steering.CannotSteer as fault:
            refused = Done(fault.reason)
        except _ROSTER_FAULTS as fault:
            _log.warning("the roster cannot be read", fault=str(fault))
            refused = Done.ROSTER_GONE
        return admin.done(refused, visitor.language)

    # -- the first run

    async def _first_run(self, visitor: Visitor) -> Message:
        campaign = await self._from_file()
        file = self._reception.settings.campaign_file
        if not await self._may_begin(visitor, campaign):
            return admin.line(commands.champions_only(visitor.language))
        return admin.first_run(visitor.language, file=file.name if file and campaign else None)

    async def _begin(self, visitor: Visitor, verb: AdminVerb, click: BlockActions) -> Message | None:
        campaign = await self._from_file()
        if visitor.campaign is not None or not await self._may_begin(visitor, campaign):
            return admin.line(commands.champions_only(visitor.language))
        if verb is AdminVerb.PLAN:
            if campaign is None:
                return admin.done(Done.CANNOT_READ, visitor.language)
            return await self._plan(campaign, visitor.language)
        groups = await self._reception.slack.usergroups()
        offered = sorted(((group_id, found.name) for group_id, found in groups.items()), key=lambda one: one[1])
        if not offered:
            return admin.done(Done.NO_GROUPS, visitor.language)
        starts_on = set_up.first_monday((await self._reception.now()).date())
        view = admin.set_up_modal(offered, starts_on, click.person.member, visitor.language)
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
            await ack(response_action="errors", errors={Field.DATE.value: admin.later_day(visitor.language)})
            return
        groups = await self._reception.slack.usergroups()
        wanted = {group: groups[group].name for group in submission.choices(Field.GROUPS) if group in groups}
        champions = submission.users(Field.CHAMPIONS) or (submission.person.member,)
        campaign = set_up.campaign(
            submission.text(Field.NAME), Language(submission.choice(Field.LANGUAGE)), starts_on, champions, wanted
        )
        await ack()
        told = await self._plan(campaign, visitor.language)
        await self._reception.slack.post(submission.person.member, told)

    async def _plan(self, campaign: Campaign, language: Language) -> Message:
        bank = await asyncio.to_thread(load_items, self._reception.settings.items_file)
        try:
            planned = await self._reception.ledger.write(planning.plan(campaign, bank))
        except CampaignFrozen:
            return admin.done(Done.FROZEN, language)
        return admin.planned(len(planned), language)

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

    # -- rounds

    async def _preview(self, visitor: Visitor, click: BlockActions) -> Message:
        wave_id = click.actions[0].value
        await steering.preview(self._reception.ledger, self._reception.slack, wave_id, click.person.member)
        return admin.done(Done.PREVIEWED, visitor.language)

    async def _dry_run(self, visitor: Visitor, click: BlockActions) -> Message:
        seen = await self._outlook(click)
        zone = _zone(visitor)
        told = DryRun(
            seen.invited,
            seen.first.astimezone(zone) if seen.first else None,
            seen.done_by.astimezone(zone) if seen.done_by else None,
            {reason.value: count for reason, count in seen.silences.items()},
            [
                node.name.in_language(visitor.language)
                for node in seen.merged.tree.nodes
                if node.id not in seen.tree.by_id
            ],
        )
        return admin.dry_run(told, visitor.language)

    async def _visibility(self, visitor: Visitor, click: BlockActions) -> Message:
        seen = await self._outlook(click)
        teams = [
            (node.name.in_language(visitor.language), Shown(seen.visible[node.id].value))
            for node in seen.merged.tree.nodes
        ]
        return admin.visibility(teams, visitor.language)

    async def _outlook(self, click: BlockActions) -> Outlook:
        return await outlook(
            self._reception.ledger, self._reception.slack, self._reception.settings, click.actions[0].value
        )

    async def _approve(self, visitor: Visitor, click: BlockActions) -> Message:
        given = await self._reception.ledger.write(steering.approve(click.actions[0].value, click.person.member))
        self._reception.wake()
        return admin.done(Done.APPROVED if given.complete else Done.APPROVED_HALF, visitor.language)

    async def _stop(self, visitor: Visitor, click: BlockActions) -> Message:
        await self._reception.ledger.write(steering.stop(click.actions[0].value, click.person.member))
        self._reception.wake()
        return admin.done(Done.STOPPED, visitor.language)

    async def _extend(self, visitor: Visitor, click: BlockActions) -> Message | None:
        wave_id = click.actions[0].value
        wave = await self._reception.ledger.read(lambda c: waves.find(c, wave_id))
        view = admin.extend_modal(wave.id, wave.closes_at.astimezone(_zone(visitor)), visitor.language)
        await self._reception.slack.open_view(click.trigger_id, view)
        return None

    async def extended(self, ack: AsyncAck, body: Json) -> None:
        """How much longer was sent."""
        submission = parse_submission(body)
        visitor = await self._reception.visitor(submission.person)
        days = submission.choice(Field.DAYS)
        if not days.isdigit() or not 1 <= int(days) <= admin.LONGEST_EXTENSION:
            raise Malformed("days")
        now = await self._reception.now()

        def operation(connection: Connection) -> Wave:
            wave = waves.find(connection, submission.about)
            until = wave.closes_at + timedelta(days=int(days))
            return steering.extend(wave.id, submission.person.member, until, now)(connection)

        try:
            await self._reception.ledger.write(operation)
        except steering.CannotSteer as fault:
            words = admin.done(Done(fault.reason), visitor.language).text
            await ack(response_action="errors", errors={Field.DAYS.value: words})
            return
        except (NoSuchWave, NotAChampion):
            words = admin.done(Done.NOT_A_CHAMPION, visitor.language).text
            await ack(response_action="errors", errors={Field.DAYS.value: words})
            return
        await ack()
        await self._tell(submission, Done.EXTENDED, visitor.language)

    # -- telling

    async def _announce(self, visitor: Visitor, click: BlockActions) -> Message | None:
        await self._announcements.open_new(visitor, click.trigger_id, AnnouncementKind.SUCCESS)
        return None

    async def _training(self, visitor: Visitor, click: BlockActions) -> Message | None:
        await self._announcements.open_new(visitor, click.trigger_id, AnnouncementKind.TRAINING)
        return None

    async def _drafts(self, visitor: Visitor, click: BlockActions) -> Message | None:  # noqa: ARG002
        found = await self._reception.ledger.read(_waiting)
        if not found:
            return admin.done(Done.NOTHING_WAITS, visitor.language)
        await self._announcements.show_drafts(visitor, found)
        return None

    async def _correct(self, visitor: Visitor, click: BlockActions) -> Message | None:
        published = await self._reception.ledger.read(lambda c: book.in_states(c, [AnnouncementState.PUBLISHED]))
        if not published:
            return admin.done(Done.NOTHING_TOLD, visitor.language)
        await self._reception.slack.open_view(click.trigger_id, admin.correct_modal(published, visitor.language))
        return None

    async def correcting(self, ack: AsyncAck, body: Json) -> None:
        """Which announcement was sent: its words come up in the same modal."""
        submission = parse_submission(body)
        visitor = await self._reception.visitor(submission.person)
        wanted = submission.choice(Field.TEXT)
        found = await self._reception.ledger.read(lambda c: book.find(c, wanted))
        if found is None or not visitor.is_champion or visitor.campaign is None:
            await ack()
            return
        await ack(response_action="update", view=self._announcements.view_of(visitor, found))

    async def _buddies(self, visitor: Visitor, click: BlockActions) -> Message:
        workspace = click.person.workspace
        members = await self._reception.ledger.read(lambda c: people.buddies(c, workspace))
        return admin.buddies(members, visitor.language)

    # -- promises and phases

    async def _promise(self, visitor: Visitor, click: BlockActions) -> Message | None:
        today = (await self._reception.now()).date()
        await self._reception.slack.open_view(click.trigger_id, admin.promise_modal(today, visitor.language))
        return None

    async def promised(self, ack: AsyncAck, body: Json) -> None:
        """A promise was sent."""
        submission = parse_submission(body)
        visitor = await self._champion(submission)
        due, text = submission.day(Field.DUE), submission.text(Field.TEXT)
        if visitor is None or visitor.campaign is None:
            await ack()
            return
        now = await self._reception.now()
        if due is None or due < now.date():
            await ack(response_action="errors", errors={Field.DUE.value: admin.later_day(visitor.language)})
            return
        said = submission.text(Field.SAID)
        promise = promises.Promise(
            promises.new_id(),
            visitor.campaign.id,
            _both(text, submission.text(Field.OTHER_TEXT), visitor.language),
            submission.text(Field.OWNER),
            due,
            said=_both(said, submission.text(Field.OTHER_SAID), visitor.language) if said else None,
        )
        await self._reception.ledger.write(promises.put(promise, submission.person.member, now))
        await ack()
        self._reception.wake()
        await self._tell(submission, Done.PROMISED, visitor.language)

    async def _settle(self, visitor: Visitor, click: BlockActions) -> Message | None:
        found = await self._promises(visitor)
        open_ones = [promise for promise in found if promise.state is PromiseState.OPEN]
        if not open_ones:
            return admin.done(Done.NO_PROMISES, visitor.language)
        await self._reception.slack.open_view(click.trigger_id, admin.settle_modal(open_ones, visitor.language))
        return None

    async def settled(self, ack: AsyncAck, body: Json) -> None:
        """What became of a promise was sent."""
        submission = parse_submission(body)
        visitor = await self._champion(submission)
        if visitor is not None:
            now = await self._reception.now()
            state = PromiseState(submission.choice(Field.STATE))
            for promise in await self._promises(visitor):
                if promise.id == submission.choice(Field.TEXT):
                    changed = promises.settled(promise, state)
                    await self._reception.ledger.write(promises.put(changed, submission.person.member, now))
        await ack()
        if visitor is not None:
            self._reception.wake()
            await self._tell(submission, Done.PROMISED, visitor.language)

    async def _phase(self, visitor: Visitor, click: BlockActions) -> Message | None:
        if visitor.campaign is None:
            return None
        teams = [node for node in visitor.campaign.tree.nodes if node.id != ROOT_ID]
        today = (await self._reception.now()).date()
        await self._reception.slack.open_view(click.trigger_id, admin.phase_modal(teams, today, visitor.language))
        return None

    async def phased(self, ack: AsyncAck, body: Json) -> None:
        """A phase was sent: refused for teams under ten, and for days that an opened round has passed."""
        submission = parse_submission(body)
        visitor = await self._champion(submission)
        starts_on, node = submission.day(Field.DATE), submission.choice(Field.NODE)
        if visitor is None or visitor.campaign is None or starts_on is None:
            await ack()
            return
        campaign = visitor.campaign
        try:
            invited, last = await self._people_of(campaign, node)
            phases.check(invited, starts_on, last)
        except PhaseRefused as refused:
            field = Field.NODE if str(refused) == Done.TOO_SMALL else Field.DATE
            words = admin.done(Done(str(refused)), visitor.language).text
            await ack(response_action="errors", errors={field.value: words})
            return
        except (*_ROSTER_FAULTS, SlackFault):
            words = admin.done(Done.ROSTER_GONE, visitor.language).text
            await ack(response_action="errors", errors={Field.NODE.value: words})
            return
        change = PhaseChange(node, Phase(submission.choice(Field.PHASE)), starts_on)
        await self._reception.ledger.write(phases.put(campaign.id, change, submission.person.member))
        await ack()
        await self._tell(submission, Done.PHASED, visitor.language)

    async def _people_of(self, campaign: Campaign, node: str) -> tuple[int, date | None]:
        """How many people of today's roster belong to a node, and the day on which the last wave opened."""
        found = await set_up.people_of(campaign, node, self._reception.slack, self._reception.settings.roster_file)
        known = await self._reception.ledger.read(lambda c: waves.of_campaign(c, campaign.id))
        zone = ZoneInfo(campaign.schedule.timezone)
        opened = [wave.opens_at.astimezone(zone).date() for wave in known if wave.opened is not None]
        return found, max(opened, default=None)

    # -- the end

    async def _finish(self, visitor: Visitor, click: BlockActions) -> Message:
        """No further round, an open one closes, and everything released comes as a file."""
        if visitor.campaign is None:
            return admin.done(Done.NO_ROUND, visitor.language)
        campaign, member = visitor.campaign, click.person.member
        known = await self._reception.ledger.read(lambda c: waves.of_campaign(c, campaign.id))
        for wave in known:
            if wave.state in (WaveState.PLANNED, WaveState.OPEN):
                await self._reception.ledger.write(steering.stop(wave.id, member))
        self._reception.wake()
        released = await self._reception.ledger.read(lambda c: releases.of_campaign(c, campaign.id))
        if not released:
            return admin.done(Done.NOTHING_RELEASED, visitor.language)
        channel = await self._reception.slack.direct_channel(member)
        content = exporting.released_cells(released)
        await self._reception.slack.upload(f"{campaign.id}.csv", content, channel=channel)
        await self._reception.ledger.write(lambda c: audit.record(c, member, audit.AuditAction.EXPORTED, campaign.id))
        return admin.done(Done.FINISHED, visitor.language)

    # -- what they share

    async def _desk(self, visitor: Visitor, campaign: Campaign) -> Desk:
        def read(connection: Connection) -> tuple[Wave | None, int, int]:
            known = waves.of_campaign(connection, campaign.id)
            current = next((w for w in known if w.state in _BEGUN), None)
            wave = current or next((w for w in known if w.state is WaveState.PLANNED), None)
            planned: PlannedCampaign | None = waves.campaign(connection, campaign.id)
            given = waves.approvals(connection, wave.id, planned) if wave and planned else 0
            return wave, given, len(_waiting(connection))

        wave, given, drafts = await self._reception.ledger.read(read)
        zone = _zone(visitor)
        return Desk(
            visitor.language,
            campaign.title.in_language(visitor.language),
            wave,
            wave.opens_at.astimezone(zone) if wave else None,
            wave.closes_at.astimezone(zone) if wave else None,
            given,
            campaign.approvals,
            drafts,
            review=await self._review.offered(visitor),
        )

    async def _champion(self, submission: ViewSubmission) -> Visitor | None:
        visitor = await self._reception.visitor(submission.person)
        return visitor if visitor.is_champion else None

    async def _promises(self, visitor: Visitor) -> tuple[promises.Promise, ...]:
        if visitor.campaign is None:
            return ()
        campaign_id = visitor.campaign.id
        return await self._reception.ledger.read(lambda c: promises.of_campaign(c, campaign_id))

    async def _tell(self, submission: ViewSubmission, what: Done, language: Language) -> None:
        await self._reception.slack.post(submission.person.member, admin.done(what, language))


def _waiting(connection: Connection) -> tuple[book.Announcement, ...]:
    states = [AnnouncementState.DRAFT, AnnouncementState.PUBLISHED]
    return tuple(found for found in book.in_states(connection, states) if found.waits_for_approval)


def _zone(visitor: Visitor) -> ZoneInfo:
    return ZoneInfo(visitor.campaign.schedule.timezone if visitor.campaign else "UTC")


def _both(words: str, translated: str, language: Language) -> Text:
    other = translated or words
    return Text(nl=words, en=other) if language is Language.NL else Text(nl=other, en=words)


def register(app: AsyncApp, listener: AdminListener) -> None:
    """Listen to the menu's buttons and modals."""
    app.action(ADMIN_PATTERN)(listener.pressed)
    app.action(ActionId.ADMIN.value)(listener.from_home)
    for callback, heard in (
        (CallbackId.SET_UP, listener.set_up),
        (CallbackId.EXTEND, listener.extended),
        (CallbackId.PROMISE, listener.promised),
        (CallbackId.SETTLE, listener.settled),
        (CallbackId.PHASE, listener.phased),
        (CallbackId.CORRECT, listener.correcting),
    ):
        app.view(callback.value)(heard)
