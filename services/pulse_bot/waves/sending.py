"""Sending a wave's messages: claimed in the ledger, then posted, then confirmed; nobody ever gets two.

A message is claimed when its turn has come, one at a time: a stop is final within one message. A claim lives for as
long as one call to Slack and no longer. Where Slack asks to wait (429) the claim is undone first, so that no claim is
old while its message may still go out, and a claim that has stood for ``settle_after_seconds`` was left behind: by a
crash, or by a call that Slack never answered.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from services.contracts.base import Language
from services.contracts.campaign import Campaign
from services.pulse_bot.kinds import SENT_KINDS, MessageKind
from services.pulse_bot.ledger import contacts, invitations
from services.pulse_bot.ledger.invitations import Addressee, Claim, Delivery, Posted
from services.pulse_bot.ledger.models import DeliveryState
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.ledger.writer import Operation
from services.pulse_bot.locales import languages
from services.pulse_bot.messages import pulse
from services.pulse_bot.messages.ids import message_block
from services.pulse_bot.messages.message import Message
from services.pulse_bot.slack_faults import PersonUnreachable, SlackBusy, SlackRefuses, SlackUncertain
from services.pulse_bot.telemetry import SendOutcome
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.schedule import (
    Calendar,
    Leave,
    NoMoment,
    Rhythm,
    half_of,
    invitation_due,
    is_time,
    reminder_due,
)
from services.pulse_bot.waves.workshop import CLAIM_SECONDS, LeaseLost, Workshop
from services.runtime.tracing import spans
from services.runtime.tracing.context import of_wave
from services.runtime.tracing.names import Attribute, SpanName

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_BUDGET_SECONDS = 15.0


@dataclass(frozen=True)
class Progress:
    """How many messages of a kind have gone out, of how many that are due."""

    wave_id: str
    kind: MessageKind
    done: int
    due: int


class _Stopped(Exception):
    """The wave is open no more."""


@dataclass
class Sending:
    """Sends what is due. One per process: it remembers the pace, and since when it has seen each unconfirmed claim."""

    pace: Pace
    tell: Callable[[Progress], None] = lambda _: None
    _seen: dict[str, float] = field(default_factory=dict, init=False)
    _counted: set[tuple[str, str]] = field(default_factory=set, init=False)
    _waiting: Counter[tuple[str, MessageKind]] = field(default_factory=Counter, init=False)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    @property
    def waiting(self) -> int:
        """How many messages were due and have not gone out, since ``begin``."""
        return self._waiting.total()

    def begin(self) -> None:
        """Count anew what is waiting."""
        self._waiting.clear()

    async def send_due(self, workshop: Workshop, wave: Wave, campaign: Campaign, now: datetime) -> bool:
        """Send invitations and reminders that are due. Gives whether more is left for the next tick.

        Raises SlackRefuses when Slack takes no message at all, and LeaseLost.
        """
        ends = time.monotonic() + _BUDGET_SECONDS
        calendar = Calendar.of(campaign.schedule, workshop.settings.timezone)
        today = now.astimezone(calendar.zone(None)).date()
        more = False
        for kind in SENT_KINDS:
            if kind is MessageKind.REMINDER and now < half_of(wave.opens_at, wave.closes_at):
                continue
            # A whole wave is read only where it has to be: in the morning of a wave the bot has answers to take.
            deliveries = await workshop.ledger.read(
                partial(invitations.deliveries_of, wave_id=wave.id, uninvited_only=kind is MessageKind.INVITATION)
            )
            more |= await self._settle(workshop, wave, kind, deliveries, today)
            due = await asyncio.to_thread(_due, wave, kind, calendar, deliveries, now)
            if kind is MessageKind.REMINDER:
                await self._count_reminders(workshop, wave, due, today)
            batch = _Batch(wave, kind, [d.person for d in due if d.wants(kind)], campaign, today)
            if batch.people:
                with spans.span(SpanName.WAVE_SEND, parent=of_wave(wave.id)) as span:
                    more |= await self._send(workshop, batch, ends)
                    span.tell(Attribute.MESSAGES, len(batch.people) - self._waiting[wave.id, kind])
        return more

    async def _count_reminders(self, workshop: Workshop, wave: Wave, due: Sequence[Delivery], today: date) -> None:
        """A reminder counts for everybody whose turn it is, answered or not: the count tells nobody who had."""
        new = [d.person for d in due if (wave.id, d.person.member) not in self._counted]
        if not new:
            return

        def operation(connection: Connection) -> None:
            subject = contacts.subject(MessageKind.REMINDER.value, wave.id)
            for workspace in {person.workspace for person in new}:
                members = [person.member for person in new if person.workspace == workspace]
                contacts.count(connection, workspace, members, subject, today)

        await workshop.ledger.write(operation)
        self._counted |= {(wave.id, person.member) for person in new}

    async def _send(self, workshop: Workshop, batch: "_Batch", ends: float) -> bool:
        waiting = iter(batch.people)
        results: Counter[SendOutcome] = Counter()

        left = (batch.wave.id, batch.kind)
        self._waiting[left] = len(batch.people)

        async def work() -> bool:
            """Gives whether people were left when the time was up."""
            for person in waiting:
                if not await self._post_one(workshop, batch, person, results, ends):
                    return True
                self._waiting[left] -= 1
                self.tell(Progress(batch.wave.id, batch.kind, results.total(), len(batch.people)))
            return False

        ended = await asyncio.gather(*[work() for _ in range(_AT_ONCE)], return_exceptions=True)
        if results:
            shown = {outcome.value: count for outcome, count in results.items()}
            _log.info("messages sent", wave=batch.wave.id, kind=batch.kind.value, **shown)
        faults = [end for end in ended if isinstance(end, BaseException) and not isinstance(end, _Stopped)]
        if faults:
            raise faults[0]
        unsettled = results[SendOutcome.UNCERTAIN] > 0
        return unsettled or any(end is True for end in ended) or next(waiting, None) is not None

    async def _post_one(
        self, workshop: Workshop, batch: "_Batch", person: Addressee, results: Counter[SendOutcome], ends: float
    ) -> bool:
        """Claim and post one message, again and again while Slack is busy. False: no time is left for it.

        Raises _Stopped, LeaseLost, and SlackRefuses with the claim undone.
        """
        while True:
            async with self._starting:
                if time.monotonic() > ends or not await self.pace.turn(ends):
                    return False
                began = time.monotonic()
                claim = await workshop.ledger.write(batch.claim(person, workshop.holder))
                if claim is Claim.WAVE_NOT_OPEN:
                    raise _Stopped
                if claim is Claim.LEASE_LOST:
                    raise LeaseLost("another process ticks now")
                if claim is not Claim.OURS:
                    return True
                if time.monotonic() - began > CLAIM_SECONDS:
                    return True
                posting = asyncio.create_task(workshop.slack.post_once(person.member, batch.messages[person.language]))
            outcome = await self._confirmed(workshop, batch, person, posting)
            if outcome is not None:
                results[outcome] += 1
                workshop.telemetry.sends.labels(outcome.value).inc()
                return True

    async def _confirmed(
        self, workshop: Workshop, batch: "_Batch", person: Addressee, posting: "asyncio.Task[Posted]"
    ) -> SendOutcome | None:
        """Write down what became of a post. None: Slack was busy, the claim is undone. Raises SlackRefuses."""
        try:
            posted = await posting
        except PersonUnreachable as fault:
            await workshop.ledger.write(invitations.failed(batch.wave.id, batch.kind, person, fault.code))
            return SendOutcome.FAILED
        except SlackUncertain:
            return SendOutcome.UNCERTAIN
        except SlackBusy as busy:
            self.pace.hold(busy.retry_after)
            await workshop.ledger.write(invitations.unclaim(batch.wave.id, batch.kind, person))
            return None
        except SlackRefuses:
            await workshop.ledger.write(invitations.unclaim(batch.wave.id, batch.kind, person))
            raise
        await workshop.ledger.write(invitations.sent(batch.wave.id, batch.kind, person, posted, on=batch.on))
        return SendOutcome.SENT

    async def _settle(
        self, workshop: Workshop, wave: Wave, kind: MessageKind, deliveries: Sequence[Delivery], today: date
    ) -> bool:
        """Find out what became of claims without a confirmation. Gives whether the next tick has to look again.

        Age is what this process has seen itself, by a clock that nobody sets: whoever holds the lease, a message that
        is on its way arrives within it.
        """
        left = [d.person for d in deliveries if d.state(kind) is DeliveryState.CLAIMED]
        again = False
        for person in left:
            first_seen = self._seen.setdefault(person.claim(kind) or person.member, time.monotonic())
            if time.monotonic() - first_seen < workshop.settings.settle_after_seconds:
                again = True
                continue
            await workshop.keep_lease()
            try:
                found = await workshop.slack.find(person.member, message_block(kind, wave.id))
            except PersonUnreachable as fault:
                await workshop.ledger.write(invitations.failed(wave.id, kind, person, fault.code))
                continue
            except SlackUncertain:
                return True
            if found is None:
                await workshop.ledger.write(invitations.unclaim(wave.id, kind, person))
                again = True  # due again, with the next tick
            else:
                await workshop.ledger.write(invitations.sent(wave.id, kind, person, found, on=today))
                workshop.telemetry.sends.labels(SendOutcome.SETTLED.value).inc()
        return again


class _Batch:
    """The messages of one kind that are due now."""

    def __init__(
        self, wave: Wave, kind: MessageKind, people: Sequence[Addressee], campaign: Campaign, on: date
    ) -> None:
        self.wave, self.kind, self.people = wave, kind, people
        self.messages = messages_of(wave, kind, campaign) if people else {}
        self.on, self._budget = on, campaign.schedule.weekly_messages

    def claim(self, person: Addressee, holder: str) -> Operation[Claim]:
        """The operation that claims the message to ``person``."""
        return invitations.claim(self.wave.id, self.kind, person, holder=holder, on=self.on, budget=self._budget)


def rhythm_of(person: Addressee) -> Rhythm:
    """When the person can be written to."""
    return Rhythm(person.timezone, person.chosen, Leave(person.leave_from, person.leave_until))


def _moment_of(kind: MessageKind, wave: Wave, calendar: Calendar, delivery: Delivery) -> datetime | NoMoment | None:
    """When the person gets the message of this kind, or why never; None: the reminder waits for the invitation."""
    rhythm = rhythm_of(delivery.person)
    if kind is MessageKind.INVITATION:
        return invitation_due(rhythm, calendar, wave.opens_at, wave.closes_at)
    if delivery.invited_on is None:
        return None
    return reminder_due(rhythm, calendar, wave.opens_at, wave.closes_at, delivery.invited_on)


def _due(
    wave: Wave, kind: MessageKind, calendar: Calendar, deliveries: Sequence[Delivery], now: datetime
) -> list[Delivery]:
    """Those whose moment has come, whether or not they still want the message; the earliest first."""

    def moments() -> Iterator[tuple[datetime, Delivery]]:
        for delivery in deliveries:
            at = _moment_of(kind, wave, calendar, delivery)
            if isinstance(at, datetime) and is_time(rhythm_of(delivery.person), calendar, at, now):
                yield at, delivery

    return [delivery for _, delivery in sorted(moments(), key=lambda found: found[0])]


def messages_of(wave: Wave, kind: MessageKind, campaign: Campaign) -> dict[Language, Message]:
    """The message of a kind in every language; the same for everybody."""
    closes_at = wave.closes_at.astimezone(ZoneInfo(campaign.schedule.timezone))
    made = {}
    for language in languages():
        shown = pulse.Pulse(kind, wave.id, wave.items, language)
        made[language] = (
            pulse.reminder(shown)
            if kind is MessageKind.REMINDER
            else pulse.invitation(shown, closes_at, campaign.thresholds.score)
        )
    return made
