"""Sending a wave's messages: claimed in the ledger, then posted, then confirmed; nobody ever gets two."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog

from services.contracts.base import Language
from services.contracts.campaign import Campaign
from services.pulse_bot.ledger import invitations
from services.pulse_bot.ledger.invitations import Addressee, Posted
from services.pulse_bot.ledger.models import DeliveryState, MessageKind
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.messages import pulse
from services.pulse_bot.messages.ids import message_block
from services.pulse_bot.messages.message import Message
from services.pulse_bot.slack import PersonUnreachable, SlackRefuses, SlackUncertain
from services.pulse_bot.telemetry import SendOutcome
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.schedule import invitation_due, reminder_due
from services.pulse_bot.waves.workshop import Workshop

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_BUDGET_SECONDS = 15.0


@dataclass
class Sending:
    """Sends what is due. One per process: it remembers when it last left a message uncertain, and the pace."""

    pace: Pace
    _uncertain_since: float = field(default=float("-inf"), init=False)

    async def send_due(self, workshop: Workshop, wave: Wave, campaign: Campaign, now: datetime) -> bool:
        """Send invitations and reminders that are due. Gives whether more is left for the next tick.

        Raises SlackRefuses when Slack takes no message at all, and LeaseLost.
        """
        ends = time.monotonic() + _BUDGET_SECONDS
        more = False
        for kind in MessageKind:
            await self._settle(workshop, wave, kind, campaign)
            due = await self._due(workshop, wave, kind, campaign, now)
            more |= await self._send(workshop, wave, kind, campaign, due, ends=ends)
        return more

    async def _due(
        self, workshop: Workshop, wave: Wave, kind: MessageKind, campaign: Campaign, now: datetime
    ) -> list[Addressee]:
        people = await workshop.ledger.read(
            lambda connection: invitations.addressees(connection, wave.id, kind, DeliveryState.DUE)
        )
        moment = invitation_due if kind is MessageKind.INVITATION else reminder_due
        due = []
        for person in people:
            at = moment(campaign.schedule, person.timezone, wave.opens_at, wave.closes_at)
            if at is not None and at <= now:
                due.append(person)
        return due

    async def _send(
        self,
        workshop: Workshop,
        wave: Wave,
        kind: MessageKind,
        campaign: Campaign,
        due: Sequence[Addressee],
        *,
        ends: float,
    ) -> bool:
        messages = _messages(wave, kind, campaign)
        results: Counter[SendOutcome] = Counter()
        done = 0
        while done < len(due) and time.monotonic() < ends:
            await workshop.keep_lease()
            batch = due[done : done + _AT_ONCE]
            done += len(batch)
            ours = await workshop.ledger.write(invitations.claim(wave.id, kind, batch))
            claimed = [person for person in batch if person.member in ours]
            posts = [self._post(workshop, wave, kind, person, messages[person.language]) for person in claimed]
            outcomes = await asyncio.gather(*posts, return_exceptions=True)
            results.update(outcome for outcome in outcomes if isinstance(outcome, SendOutcome))
            faults = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
            if faults:
                raise faults[0]
        if done:
            _log.info("messages sent", wave=wave.id, kind=kind.value, **{str(k): v for k, v in results.items()})
        return done < len(due)

    async def _post(
        self, workshop: Workshop, wave: Wave, kind: MessageKind, person: Addressee, message: Message
    ) -> SendOutcome:
        """Post one claimed message and write down what became of it. Raises SlackRefuses, the claim undone."""
        await self.pace.turn()
        try:
            posted = await workshop.slack.post(person.member, message)
        except PersonUnreachable as fault:
            await workshop.ledger.write(invitations.failed(wave.id, kind, person, fault.code))
            outcome = SendOutcome.FAILED
        except SlackUncertain:
            self._uncertain_since = time.monotonic()
            outcome = SendOutcome.UNCERTAIN
        except SlackRefuses:
            await workshop.ledger.write(invitations.unclaim(wave.id, kind, person))
            raise
        else:
            await _confirm(workshop, wave, kind, person, posted)
            outcome = SendOutcome.SENT
        workshop.telemetry.sends.labels(outcome.value).inc()
        return outcome

    async def _settle(self, workshop: Workshop, wave: Wave, kind: MessageKind, campaign: Campaign) -> None:
        """Find out what became of claims without a confirmation, from a crash or from Slack's silence.

        Under the lease nobody else posts, so every claim there is now was left behind. A message that Slack was still
        busy with appears in the history a moment later: hence the wait after an uncertain post of our own.
        """
        if time.monotonic() - self._uncertain_since < workshop.settings.settle_after_seconds:
            return
        left = await workshop.ledger.read(
            lambda connection: invitations.addressees(connection, wave.id, kind, DeliveryState.CLAIMED)
        )
        messages = _messages(wave, kind, campaign)
        for person in left:
            await workshop.keep_lease()
            try:
                found = await workshop.slack.find(person.member, message_block(kind, wave.id))
            except PersonUnreachable as fault:
                await workshop.ledger.write(invitations.failed(wave.id, kind, person, fault.code))
                continue
            except SlackUncertain:
                self._uncertain_since = time.monotonic()
                return
            if found is None:
                await self._post(workshop, wave, kind, person, messages[person.language])
            else:
                await _confirm(workshop, wave, kind, person, found)
                workshop.telemetry.sends.labels(SendOutcome.SETTLED.value).inc()


async def _confirm(workshop: Workshop, wave: Wave, kind: MessageKind, person: Addressee, posted: Posted) -> None:
    today = datetime.now(UTC).date()
    await workshop.ledger.write(invitations.sent(wave.id, kind, person, posted, on=today))


def _messages(wave: Wave, kind: MessageKind, campaign: Campaign) -> dict[Language, Message]:
    """The message of a kind in every language; the same for everybody."""
    closes_at = wave.closes_at.astimezone(ZoneInfo(campaign.schedule.timezone))
    made = {}
    for language in Language:
        shown = pulse.Pulse(kind, wave.id, wave.items, language)
        made[language] = (
            pulse.invitation(shown, closes_at, campaign.thresholds.score)
            if kind is MessageKind.INVITATION
            else pulse.reminder(shown)
        )
    return made
