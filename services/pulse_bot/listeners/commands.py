"""``/pulse`` and all its subcommands; what it answers is seen by the person alone."""

from dataclasses import replace
from datetime import timedelta

from babel.dates import format_date
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import Connection

from services.contracts.events import AnnouncementKind
from services.pulse_bot.announcements import people
from services.pulse_bot.ledger import preferences, stored, waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.listeners.admin.menu import AdminListener
from services.pulse_bot.listeners.announcements import AnnouncementListener
from services.pulse_bot.listeners.home import my_round
from services.pulse_bot.listeners.published import PublishedListener
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.locales import known
from services.pulse_bot.messages import commands
from services.pulse_bot.messages import concerns as concern_messages
from services.pulse_bot.messages import preferences as preference_messages
from services.pulse_bot.messages.commands import Status
from services.pulse_bot.messages.message import Json
from services.pulse_bot.payloads import SlashCommand, parse_command

_LONGEST_PAUSE = 26


class CommandListener:
    """Takes a command apart, and answers within Slack's three seconds."""

    def __init__(
        self,
        reception: Reception,
        announcements: AnnouncementListener,
        admin: AdminListener,
        published: PublishedListener,
    ) -> None:
        self._reception = reception
        self._published = published
        self._announcements = announcements
        self._admin = admin

    async def pulse(self, ack: AsyncAck, body: Json) -> None:
        """``/pulse …``."""
        command = parse_command(body)
        visitor = await self._reception.visitor(command.person)
        verb, _, rest = command.text.strip().partition(" ")
        match verb.lower():
            case "" | "help" | "hulp":
                answer = commands.help_text(visitor.language, champion=bool(visitor.leads))
            case "status":
                answer = commands.status(await self._status(visitor), visitor.language)
            case "language" | "taal":
                answer = await self._language(visitor, rest.strip().lower())
            case "pause" | "pauze":
                answer = await self._pause(visitor, rest.strip().lower())
            case "buddy":
                answer = await self._buddy(visitor, rest.strip().lower())
            case "results" | "uitkomsten":
                known = await self._published.asked(visitor, command.trigger_id, rest)
                answer = "" if known else commands.no_such_team(rest.strip(), visitor.language)
            case "concern" | "zorg":
                view = concern_messages.concern_modal(visitor.language)
                await self._reception.slack.open_view(command.trigger_id, view)
                answer = ""
            case "success" | "succes":
                answer = await self._success(visitor, command)
            case "admin":
                await self._admin.command(ack, await self._reception.champion(command.person, rest.strip()))
                return
            case unknown:
                answer = commands.unknown(unknown, visitor.language)
        if answer:
            await ack(text=answer, response_type="ephemeral")
        else:
            await ack()

    async def _success(self, visitor: Visitor, command: SlashCommand) -> str:
        if visitor.campaign is None:
            return commands.not_known(visitor.language)
        await self._announcements.open_new(visitor, command.trigger_id, AnnouncementKind.SUCCESS)
        return ""

    async def _status(self, visitor: Visitor) -> Status:
        person, campaign = visitor.person, visitor.campaign

        def read(connection: Connection) -> tuple[list[waves.Wave], bool]:
            planned = waves.in_states(connection, [WaveState.PLANNED])
            mine = [wave for wave in planned if campaign is not None and wave.campaign_id == campaign.id]
            return mine, stored.is_forgotten(connection, person.workspace, person.member)

        planned, forgotten = await self._reception.ledger.read(read)
        today = (await self._reception.now()).date()
        until = visitor.chosen.on(today).paused_until
        return Status(
            my_round=await my_round(self._reception, visitor, today),
            next_opens_at=self._reception.local(campaign, planned[0].opens_at) if campaign and planned else None,
            paused=format_date(until, "d MMMM y", locale=visitor.language) if until else None,
            forgotten=forgotten,
        )

    async def _language(self, visitor: Visitor, wanted: str) -> str:
        language = known(wanted)
        if language is None:
            return preference_messages.language_unknown(visitor.language)
        chosen = replace(visitor.chosen, language=language)
        await self._reception.ledger.write(preferences.put(visitor.person.workspace, visitor.person.member, chosen))
        return preference_messages.language_set(language)

    async def _pause(self, visitor: Visitor, wanted: str) -> str:
        weeks = {"": 4, "off": 0, "uit": 0}.get(wanted)
        if weeks is None:
            if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 2 and 1 <= int(wanted) <= _LONGEST_PAUSE):
                return preference_messages.pause_unknown(visitor.language)
            weeks = int(wanted)
        today = (await self._reception.now()).date()
        until = today + timedelta(weeks=weeks) if weeks else None
        chosen = replace(visitor.chosen, paused_until=until)
        await self._reception.ledger.write(preferences.put(visitor.person.workspace, visitor.person.member, chosen))
        if until is None:
            return preference_messages.not_paused(visitor.language)
        return preference_messages.paused(until, visitor.language)

    async def _buddy(self, visitor: Visitor, wanted: str) -> str:
        workspace, member = visitor.person.workspace, visitor.person.member
        signed_up = wanted not in ("off", "uit")
        today = (await self._reception.now()).date()
        change = people.sign_up(workspace, member, today) if signed_up else people.sign_off(workspace, member)
        await self._reception.ledger.write(change)
        return commands.buddy(visitor.language, signed_up=signed_up)


def register(app: AsyncApp, listener: CommandListener) -> None:
    """Listen to the command."""
    app.command(commands.COMMAND)(listener.pulse)
