"""Rounds in the hands of champions: try, look, approve, extend, stop, end."""

from datetime import timedelta

from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import Connection

from services.pulse_bot.announcements import exporting, releases
from services.pulse_bot.ledger import audit, waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import NoSuchWave, Wave
from services.pulse_bot.listeners.admin.champions import zone_of
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages.admin import rounds
from services.pulse_bot.messages.admin.done import Done, done
from services.pulse_bot.messages.admin.rounds import DryRun, Shown
from services.pulse_bot.messages.ids import (
    Field,
)
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import (
    BlockActions,
    Malformed,
    parse_submission,
)
from services.pulse_bot.waves import steering
from services.pulse_bot.waves.outlook import Outlook, outlook
from services.pulse_bot.waves.planning import NotAChampion


class Rounds:
    """What champions do with a round. Everything raises CannotSteer, NoSuchWave or NotAChampion."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def preview(self, visitor: Visitor, click: BlockActions) -> Message:
        wave_id = click.actions[0].value
        await steering.preview(self._reception.ledger, self._reception.slack, wave_id, click.person.member)
        return done(Done.PREVIEWED, visitor.language)

    async def dry_run(self, visitor: Visitor, click: BlockActions) -> Message:
        seen = await self._outlook(click)
        zone = zone_of(visitor)
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
            sum(seen.waits_for.values()),
        )
        return rounds.dry_run(told, visitor.language)

    async def visibility(self, visitor: Visitor, click: BlockActions) -> Message:
        seen = await self._outlook(click)
        teams = [
            (node.name.in_language(visitor.language), Shown(seen.visible[node.id].value))
            for node in seen.merged.tree.nodes
        ]
        return rounds.visibility(teams, visitor.language)

    async def _outlook(self, click: BlockActions) -> Outlook:
        return await outlook(
            self._reception.ledger, self._reception.slack, self._reception.settings, click.actions[0].value
        )

    async def approve(self, visitor: Visitor, click: BlockActions) -> Message:
        given = await self._reception.ledger.write(steering.approve(click.actions[0].value, click.person.member))
        self._reception.wake()
        return done(Done.APPROVED if given.complete else Done.APPROVED_HALF, visitor.language)

    async def stop(self, visitor: Visitor, click: BlockActions) -> Message:
        await self._reception.ledger.write(steering.stop(click.actions[0].value, click.person.member))
        self._reception.wake()
        return done(Done.STOPPED, visitor.language)

    async def extend(self, visitor: Visitor, click: BlockActions) -> Message | None:
        wave_id = click.actions[0].value
        wave = await self._reception.ledger.read(lambda c: waves.find(c, wave_id))
        view = rounds.extend_modal(wave.id, wave.closes_at.astimezone(zone_of(visitor)), visitor.language)
        await self._reception.slack.open_view(click.trigger_id, view)
        return None

    async def extended(self, ack: AsyncAck, body: Json) -> None:
        """How much longer was sent."""
        submission = parse_submission(body)
        visitor = await self._reception.champion(submission.person, submission.about)
        days = submission.choice(Field.DAYS)
        if not days.isdigit() or not 1 <= int(days) <= rounds.LONGEST_EXTENSION:
            raise Malformed("days")
        now = await self._reception.now()

        def operation(connection: Connection) -> Wave:
            wave = waves.find(connection, submission.about)
            until = wave.closes_at + timedelta(days=int(days))
            return steering.extend(wave.id, submission.person.member, until, now)(connection)

        try:
            wave = await self._reception.ledger.write(operation)
        except steering.CannotSteer as fault:
            words = done(Done(fault.reason), visitor.language).text
            await ack(response_action="errors", errors={Field.DAYS.value: words})
            return
        except (NoSuchWave, NotAChampion):
            words = done(Done.NOT_A_CHAMPION, visitor.language).text
            await ack(response_action="errors", errors={Field.DAYS.value: words})
            return
        await ack()
        told = rounds.extended(wave.closes_at.astimezone(zone_of(visitor)), visitor.language)
        self._reception.afterwards.say(submission.person.member, told)

    async def finish(self, visitor: Visitor, click: BlockActions) -> Message:
        """No further round, an open one closes, and everything released comes as a file."""
        if visitor.campaign is None:
            return done(Done.NO_ROUND, visitor.language)
        campaign, member = visitor.campaign, click.person.member
        known = await self._reception.ledger.read(lambda c: waves.of_campaign(c, campaign.id))
        for wave in known:
            if wave.state in (WaveState.PLANNED, WaveState.OPEN):
                await self._reception.ledger.write(steering.stop(wave.id, member))
        self._reception.wake()
        released = await self._reception.ledger.read(lambda c: releases.of_campaign(c, campaign.id))
        if not released:
            return done(Done.NOTHING_RELEASED, visitor.language)
        channel = await self._reception.slack.direct_channel(member)
        content = exporting.released_cells(released)
        await self._reception.slack.upload(f"{campaign.id}.csv", content, channel=channel)
        await self._reception.ledger.write(lambda c: audit.record(c, member, audit.AuditAction.EXPORTED, campaign.id))
        return done(Done.FINISHED, visitor.language)
