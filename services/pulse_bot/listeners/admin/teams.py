"""Phases of teams from a day on, and who signed up as AI buddy."""

from datetime import date
from zoneinfo import ZoneInfo

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from services.contracts.base import ROOT_ID
from services.contracts.campaign import Campaign
from services.contracts.tree import Phase
from services.pulse_bot.announcements import people, phases, set_up
from services.pulse_bot.announcements.phases import PhaseChange, PhaseRefused
from services.pulse_bot.ledger import waves
from services.pulse_bot.listeners.admin.champions import ROSTER_FAULTS, champion_of
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages.admin import teams
from services.pulse_bot.messages.admin.done import Done, done
from services.pulse_bot.messages.ids import (
    Field,
)
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import (
    BlockActions,
    Malformed,
    one_of,
    parse_submission,
)
from services.pulse_bot.slack_faults import SlackFault

_log = structlog.get_logger(__name__)


class Teams:
    """Phases are never changed for rounds that have opened."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def buddies(self, visitor: Visitor, click: BlockActions) -> Message:
        workspace = click.person.workspace
        members = await self._reception.ledger.read(lambda c: people.buddies(c, workspace))
        return teams.buddies(members, visitor.language)

    async def phase(self, visitor: Visitor, click: BlockActions) -> Message | None:
        if visitor.campaign is None:
            return None
        nodes = [node for node in visitor.campaign.tree.nodes if node.id != ROOT_ID]
        today = (await self._reception.now()).date()
        view = teams.phase_modal(nodes, today, visitor.language, visitor.campaign.id)
        await self._reception.slack.open_view(click.trigger_id, view)
        return None

    async def phased(self, ack: AsyncAck, body: Json) -> None:
        """A phase was sent: refused for teams under ten, and for days that an opened round has passed."""
        submission = parse_submission(body)
        visitor = await champion_of(self._reception, submission)
        starts_on, node = submission.day(Field.DATE), submission.choice(Field.NODE)
        if visitor is None or visitor.campaign is None or starts_on is None:
            await ack()
            return
        campaign, phase = visitor.campaign, one_of(Phase, submission, Field.PHASE)
        if node not in campaign.tree.by_id:
            raise Malformed("node")
        try:
            invited, last = await self._people_of(campaign, node)
            phases.check(invited, starts_on, last)
        except PhaseRefused as refused:
            field = Field.NODE if str(refused) == Done.TOO_SMALL else Field.DATE
            words = done(Done(str(refused)), visitor.language).text
            await ack(response_action="errors", errors={field.value: words})
            return
        except (*ROSTER_FAULTS, SlackFault):
            words = done(Done.ROSTER_GONE, visitor.language).text
            await ack(response_action="errors", errors={Field.NODE.value: words})
            return
        change = PhaseChange(node, phase, starts_on)
        await self._reception.ledger.write(phases.put(campaign.id, change, submission.person.member))
        await ack()
        self._reception.afterwards.say(submission.person.member, done(Done.PHASED, visitor.language))

    async def _people_of(self, campaign: Campaign, node: str) -> tuple[int, date | None]:
        """How many people of today's roster belong to a node, and the day on which the last wave opened."""
        found = await set_up.people_of(campaign, node, self._reception.slack, self._reception.settings.roster_file)
        known = await self._reception.ledger.read(lambda c: waves.of_campaign(c, campaign.id))
        zone = ZoneInfo(campaign.schedule.timezone)
        opened = [wave.opens_at.astimezone(zone).date() for wave in known if wave.opened is not None]
        return found, max(opened, default=None)
