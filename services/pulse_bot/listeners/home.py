"""App Home: shown when it is opened, and its buttons."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import Connection

from services.contracts.base import ROOT_ID
from services.contracts.campaign import Campaign
from services.pulse_bot.announcements import people, promises
from services.pulse_bot.answers.records import KafkaAway
from services.pulse_bot.answers.values import Person
from services.pulse_bot.forgetting import Forgetting
from services.pulse_bot.ledger import invitations, live_share, preferences, stored, waves
from services.pulse_bot.ledger.live_share import LiveShare
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages import concerns as concern_messages
from services.pulse_bot.messages import home
from services.pulse_bot.messages import preferences as preference_messages
from services.pulse_bot.messages.home import MyRound, Page, RoundState
from services.pulse_bot.messages.ids import ActionId
from services.pulse_bot.messages.message import Json
from services.pulse_bot.messages.results import due_order
from services.pulse_bot.payloads import Malformed, parse_click

_FORGET_SECONDS = 2.0


@dataclass(frozen=True)
class _Stored:
    """What one read of the ledger gives for a page."""

    rows: tuple[stored.StoredRow, ...]
    forgotten: bool
    buddy: bool
    promises: tuple[promises.Promise, ...]


class HomeListener:
    """Shows App Home in the person's language, and does what its buttons say."""

    def __init__(self, reception: Reception, forgetting: Forgetting) -> None:
        self._reception = reception
        self._forgetting = forgetting

    async def opened(self, ack: AsyncAck, event: Json) -> None:
        """The person looks at the app; harmless when Slack tells it twice."""
        member = event.get("user")
        if not isinstance(member, str):
            raise Malformed("event.user")
        if event.get("tab") == "home":
            workspace = (await self._reception.slack.identity()).workspace
            await self.show(Person(workspace, member))
        await ack()

    async def show(self, person: Person) -> None:
        """Publish the person's App Home as everything stands now."""
        view = home.home(await self.page(await self._reception.visitor(person)))
        await self._reception.slack.publish_home(person.member, view)

    async def page(self, visitor: Visitor) -> Page:
        """What the person's App Home shows now."""
        campaign, person = visitor.campaign, visitor.person
        now = await self._reception.now()
        chosen = visitor.chosen.on(now.date())
        if campaign is None:
            rows = await self._reception.ledger.read(lambda c: stored.about(c, person.workspace, person.member))
            return Page(visitor.language, chosen=chosen, rows=rows)

        def read(connection: Connection) -> _Stored:
            return _Stored(
                stored.about(connection, person.workspace, person.member),
                stored.is_forgotten(connection, person.workspace, person.member),
                person.member in people.buddies(connection, person.workspace),
                promises.of_campaign(connection, campaign.id),
            )

        kept = await self._reception.ledger.read(read)
        return Page(
            language=visitor.language,
            my_round=await my_round(self._reception, visitor, now.date()),
            results=await self._reception.words(campaign).results("", ROOT_ID, visitor.language),
            promises=due_order(kept.promises, now.date()),
            chosen=chosen,
            campaign_hour=campaign.schedule.send_at,
            rows=kept.rows,
            forgotten=kept.forgotten,
            buddy=kept.buddy,
            champion=bool(visitor.leads),
        )

    async def preferences(self, ack: AsyncAck, body: Json) -> None:
        """ "Change my preferences"."""
        click = parse_click(body)
        visitor = await self._reception.visitor(click.person)
        hour = visitor.campaign.schedule.send_at if visitor.campaign else time(10)
        chosen = visitor.chosen.on((await self._reception.now()).date())
        view = preference_messages.preferences_modal(chosen, hour, visitor.language)
        await self._reception.slack.open_view(click.trigger_id, view)
        await ack()

    async def end_pause(self, ack: AsyncAck, body: Json) -> None:
        """ "End the pause"."""
        click = parse_click(body)
        visitor = await self._reception.visitor(click.person)
        chosen = replace(visitor.chosen, paused_until=None)
        await self._reception.ledger.write(preferences.put(click.person.workspace, click.person.member, chosen))
        await self.show(click.person)
        await ack()

    async def stored(self, ack: AsyncAck, body: Json) -> None:
        """ "Show all rows"."""
        click = parse_click(body)
        visitor, person = await self._reception.visitor(click.person), click.person
        rows = await self._reception.ledger.read(lambda c: stored.about(c, person.workspace, person.member))
        await self._reception.slack.open_view(click.trigger_id, home.stored_modal(rows, visitor.language))
        await ack()

    async def forget(self, ack: AsyncAck, body: Json) -> None:
        """ "Forget me": withdrawn and removed before the person is told so."""
        click = parse_click(body)
        visitor = await self._reception.visitor(click.person)
        try:
            await self._forgetting.forget(click.person, seconds=_FORGET_SECONDS)
        except KafkaAway:
            told = home.not_forgotten_yet(visitor.language)
        else:
            told = home.forgotten_notice(visitor.language)
        self._reception.afterwards.say(click.person.member, told)
        await self.show(click.person)
        await ack()

    async def come_back(self, ack: AsyncAck, body: Json) -> None:
        """ "Take part again"."""
        click = parse_click(body)
        visitor = await self._reception.visitor(click.person)
        if await self._reception.ledger.write(stored.take_back(click.person.workspace, click.person.member)):
            self._reception.afterwards.say(click.person.member, home.back_again(visitor.language))
        await self.show(click.person)
        await ack()

    async def concern(self, ack: AsyncAck, body: Json) -> None:
        """ "Share a concern"."""
        click = parse_click(body)
        visitor = await self._reception.visitor(click.person)
        await self._reception.slack.open_view(click.trigger_id, concern_messages.concern_modal(visitor.language))
        await ack()

    async def buddy(self, ack: AsyncAck, body: Json) -> None:
        """ "Become an AI buddy", or no longer."""
        click = parse_click(body)
        workspace, member = click.person.workspace, click.person.member
        signed_up = await self._reception.ledger.read(lambda c: member in people.buddies(c, workspace))
        today = (await self._reception.now()).date()
        change = people.sign_off(workspace, member) if signed_up else people.sign_up(workspace, member, today)
        await self._reception.ledger.write(change)
        await self.show(click.person)
        await ack()


async def my_round(reception: Reception, visitor: Visitor, today: date) -> MyRound | None:
    """The open round of the person's campaign, and where they stand in it."""
    campaign, person = visitor.campaign, visitor.person
    if campaign is None:
        return None

    def read(connection: Connection) -> tuple[waves.Wave, RoundState, LiveShare | None] | None:
        opened = [w for w in waves.in_states(connection, [WaveState.OPEN]) if w.campaign_id == campaign.id]
        if not opened:
            return None
        wave = opened[0]
        state = _standing(connection, wave.id, person, away=visitor.chosen.paused_on(today))
        return wave, state, live_share.find(connection, wave.id)

    found = await reception.ledger.read(read)
    if found is None:
        return None
    wave, state, share = found
    return MyRound(state, _zoned(campaign, wave.closes_at), share)


def _standing(connection: Connection, wave_id: str, person: Person, *, away: bool) -> RoundState:
    answered = invitations.has_answered(connection, wave_id, person.workspace, person.member)
    if answered is not None:
        return RoundState.ANSWERED if answered else RoundState.WAITING
    if away or stored.is_forgotten(connection, person.workspace, person.member):
        return RoundState.AWAY
    return RoundState.NOT_INVITED


def _zoned(campaign: Campaign, at: datetime) -> datetime:
    return Reception.local(campaign, at)


def register(app: AsyncApp, listener: HomeListener) -> None:
    """Listen to the opening of App Home and to its buttons."""
    app.event("app_home_opened")(listener.opened)
    for action, heard in (
        (ActionId.PREFERENCES, listener.preferences),
        (ActionId.PAUSE, listener.end_pause),
        (ActionId.STORED, listener.stored),
        (ActionId.FORGET, listener.forget),
        (ActionId.RETURN, listener.come_back),
        (ActionId.CONCERN, listener.concern),
        (ActionId.BUDDY, listener.buddy),
    ):
        app.action(action.value)(heard)
