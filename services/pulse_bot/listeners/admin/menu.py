"""``/pulse admin``: the menu, and which part of the house does what its buttons say."""

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from sqlalchemy import Connection

from services.contracts.campaign import Campaign
from services.pulse_bot.ledger import waves
from services.pulse_bot.ledger.models import BEGUN, WaveState
from services.pulse_bot.ledger.waves import NoSuchWave, PlannedCampaign, Wave
from services.pulse_bot.listeners.admin.champions import ROSTER_FAULTS, Heard, zone_of
from services.pulse_bot.listeners.admin.first_run import FirstRun
from services.pulse_bot.listeners.admin.promises import Promising
from services.pulse_bot.listeners.admin.rounds import Rounds
from services.pulse_bot.listeners.admin.teams import Teams
from services.pulse_bot.listeners.admin.telling import Telling, waiting
from services.pulse_bot.listeners.announcements import AnnouncementListener
from services.pulse_bot.listeners.comment_review import CommentReviewListener
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages import commands
from services.pulse_bot.messages.admin import menu
from services.pulse_bot.messages.admin.done import Done, done
from services.pulse_bot.messages.admin.menu import Desk
from services.pulse_bot.messages.ids import (
    ADMIN_PATTERN,
    ActionId,
    AdminVerb,
    CallbackId,
    MalformedButton,
    parse_admin,
)
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import (
    BlockActions,
    Malformed,
    parse_click,
)
from services.pulse_bot.waves import steering
from services.pulse_bot.waves.planning import NotAChampion

_log = structlog.get_logger(__name__)


class AdminListener:
    """Knows which part of the house does what a button of the menu says."""

    def __init__(
        self, reception: Reception, announcements: AnnouncementListener, review: CommentReviewListener
    ) -> None:
        self._reception = reception
        self._review = review
        self.first_run = FirstRun(reception)
        self.rounds = Rounds(reception)
        self.telling = Telling(reception, announcements)
        self.promising = Promising(reception)
        self.teams = Teams(reception)
        self._verbs: dict[AdminVerb, Heard] = {
            AdminVerb.PREVIEW: self.rounds.preview,
            AdminVerb.DRY_RUN: self.rounds.dry_run,
            AdminVerb.APPROVE: self.rounds.approve,
            AdminVerb.EXTEND: self.rounds.extend,
            AdminVerb.STOP: self.rounds.stop,
            AdminVerb.VISIBILITY: self.rounds.visibility,
            AdminVerb.ANNOUNCE: self.telling.announce,
            AdminVerb.TRAINING: self.telling.training,
            AdminVerb.DRAFTS: self.telling.drafts,
            AdminVerb.CORRECT: self.telling.correct,
            AdminVerb.PROMISE: self.promising.promise,
            AdminVerb.SETTLE: self.promising.settle,
            AdminVerb.PHASE: self.teams.phase,
            AdminVerb.BUDDIES: self.teams.buddies,
            AdminVerb.REVIEW: review.open,
            AdminVerb.FINISH: self.rounds.finish,
        }

    async def command(self, ack: AsyncAck, visitor: Visitor) -> None:
        """``/pulse admin``."""
        message = await self.menu(visitor)
        await ack(text=message.text, blocks=list(message.blocks), response_type="ephemeral")

    async def menu(self, visitor: Visitor) -> Message:
        """The menu, the first run where nothing is planned, or a kind refusal."""
        if visitor.campaign is None:
            return await self.first_run.welcome(visitor)
        if not visitor.is_champion:
            return menu.line(commands.champions_only(visitor.language))
        return menu.menu(await self._desk(visitor, visitor.campaign))

    async def from_home(self, ack: AsyncAck, body: Json) -> None:
        """ "For champions" in App Home: the menu comes as a message."""
        click = parse_click(body)
        visitor = await self._reception.champion(click.person)
        self._reception.afterwards.say(click.person.member, await self.menu(visitor))
        await ack()

    async def pressed(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """A button of the menu. What takes long (all of a large roster) is told when it is done."""
        click = parse_click(body)
        try:
            verb = parse_admin(click.actions[0].action_id)
        except MalformedButton:
            raise Malformed("admin") from None
        visitor = await self._reception.champion(click.person, click.actions[0].value)
        await self._reception.afterwards.patiently(self._tell_of(visitor, verb, click), context, click.response_url)
        await ack()

    async def _tell_of(self, visitor: Visitor, verb: AdminVerb, click: BlockActions) -> None:
        told = await self._do(visitor, verb, click)
        if told is not None:
            self._reception.beside(click.response_url, told)

    async def _do(self, visitor: Visitor, verb: AdminVerb, click: BlockActions) -> Message | None:
        if verb in (AdminVerb.PLAN, AdminVerb.SET_UP):
            return await self.first_run.begin(visitor, verb, click)
        if not visitor.is_champion:
            return menu.line(commands.champions_only(visitor.language))
        try:
            return await self._verbs[verb](visitor, click)
        except NoSuchWave:
            refused = Done.NO_ROUND
        except NotAChampion:
            refused = Done.NOT_A_CHAMPION
        except steering.CannotSteer as fault:
            refused = Done(fault.reason)
        except ROSTER_FAULTS as fault:
            _log.warning("the roster cannot be read", fault=str(fault))
            refused = Done.ROSTER_GONE
        return done(refused, visitor.language)

    async def _desk(self, visitor: Visitor, campaign: Campaign) -> Desk:
        def read(connection: Connection) -> tuple[Wave | None, int, int]:
            known = waves.of_campaign(connection, campaign.id)
            current = next((w for w in known if w.state in BEGUN), None)
            wave = current or next((w for w in known if w.state is WaveState.PLANNED), None)
            planned: PlannedCampaign | None = waves.campaign(connection, campaign.id)
            given = waves.approvals(connection, wave.id, planned) if wave and planned else 0
            return wave, given, len(waiting(connection, campaign))

        wave, given, drafts = await self._reception.ledger.read(read)
        others = [(one.title.in_language(visitor.language), one.id) for one in visitor.leads if one.id != campaign.id]
        zone = zone_of(visitor)
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
            campaign_id=campaign.id,
            others=others,
        )


def register(app: AsyncApp, listener: AdminListener) -> None:
    """Listen to the menu's buttons and modals."""
    app.action(ADMIN_PATTERN)(listener.pressed)
    app.action(ActionId.ADMIN.value)(listener.from_home)
    for callback, heard in (
        (CallbackId.SET_UP, listener.first_run.set_up),
        (CallbackId.EXTEND, listener.rounds.extended),
        (CallbackId.PROMISE, listener.promising.promised),
        (CallbackId.SETTLE, listener.promising.settled),
        (CallbackId.PHASE, listener.teams.phased),
        (CallbackId.CORRECT, listener.telling.correcting),
    ):
        app.view(callback.value)(heard)
