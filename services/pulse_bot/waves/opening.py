"""Opening a wave: freeze tree and roster, make the key, tell Kafka, and only then count as open.

Each step can be repeated after a crash: what was frozen stays as it was, the key is made once, the event is the same.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from services.contracts.topics import TopicName
from services.contracts.wire import encode
from services.pulse_bot.announcements import phases
from services.pulse_bot.answers.records import KafkaAway, Record
from services.pulse_bot.ledger import audit, invitations, leases, preferences, stored, waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import PlannedCampaign, Wave
from services.pulse_bot.roster import sync
from services.pulse_bot.roster.reading import read_audience
from services.pulse_bot.waves.events import wave_opened
from services.pulse_bot.waves.outlook import invitable
from services.pulse_bot.waves.schedule import Calendar
from services.pulse_bot.waves.workshop import KAFKA_SECONDS, LeaseLost, PeopleElsewhere, Workshop
from services.runtime.tracing import spans
from services.runtime.tracing.context import of_wave
from services.runtime.tracing.names import Attribute, SpanName

_log = structlog.get_logger(__name__)


async def open_wave(workshop: Workshop, wave: Wave) -> bool:
    """Open a planned wave that is due, or finish an opening that was cut off. Gives whether it is open now.

    A wave without its approvals stays planned, and so does one of whose people somebody is in another open wave: it
    opens when that one has closed. Raises the expected faults of a tick, and LeaseLost.
    """
    if wave.state is WaveState.PLANNED:
        planned = await workshop.ledger.read(lambda connection: waves.campaign(connection, wave.campaign_id))
        if planned is None or not await _approved(workshop, wave, planned):
            return False
        await _freeze(workshop, wave, planned)
        wave = await workshop.ledger.read(lambda connection: waves.find(connection, wave.id))
    if wave.state is not WaveState.OPENING or wave.opened is None:
        return False
    with spans.span(SpanName.WAVE_OPEN, identity=of_wave(wave.id)) as span:
        span.tell(Attribute.WAVE, wave.id)
        await asyncio.to_thread(workshop.keys.ensure, wave.id)
        await _tell_kafka(workshop, Record(TopicName.WAVES, encode(wave.opened), key=wave.id.encode()))
        await workshop.ledger.write(lambda connection: _count_as_open(connection, wave.id, workshop.holder))
        invited = sum(node.invited for node in wave.opened.nodes)
        _log.info("wave opened", wave=wave.id, invited=invited, event_id=str(wave.opened.event_id))
    return True


async def skip_wave(workshop: Workshop, wave: Wave) -> None:
    """A planned wave whose time passed without it being opened is not opened any more."""

    def operation(connection: Connection) -> None:
        if waves.move(connection, wave.id, [WaveState.PLANNED], WaveState.SKIPPED):
            audit.record(connection, workshop.holder, audit.AuditAction.SKIPPED, wave.id)

    await workshop.ledger.write(operation)
    _log.warning("wave skipped: it was not approved, or no tick ran, before its close", wave=wave.id)


async def _approved(workshop: Workshop, wave: Wave, planned: PlannedCampaign) -> bool:
    given = await workshop.ledger.read(lambda connection: waves.approvals(connection, wave.id, planned))
    return given >= planned.campaign.approvals


async def _freeze(workshop: Workshop, wave: Wave, planned: PlannedCampaign) -> None:
    changes = await workshop.ledger.read(lambda connection: phases.of_campaign(connection, wave.campaign_id))
    day = wave.opens_at.astimezone(ZoneInfo(planned.campaign.schedule.timezone)).date()
    campaign = planned.campaign.model_copy(update={"tree": phases.tree_on(planned.campaign.tree, changes, day)})
    workspace = (await workshop.slack.identity()).workspace
    forgotten = await workshop.ledger.read(stored.forgotten)
    reachable = await read_audience(campaign, workshop.settings.roster_file, workshop.slack, forgotten)
    chosen = await workshop.ledger.read(lambda connection: preferences.everybody(connection, workspace))
    invited = invitable(reachable, chosen, wave, Calendar.of(campaign.schedule, workshop.settings.timezone))
    merged = campaign.merged(invited.per_node)
    event = wave_opened(campaign, wave, merged)
    opened_on = datetime.now(UTC).date()

    def operation(connection: Connection) -> None:
        # Under the lease or not at all, as two processes could freeze two waves of the same people in one moment.
        if (other := leases.acquire(workshop.holder)(connection)) is not None:
            raise LeaseLost(f"{other} ticks now")
        if busy := invitations.elsewhere(connection, wave.id, invited.members):
            raise PeopleElsewhere(busy, _waits(busy))
        unchanged = waves.campaign(connection, wave.campaign_id) == planned
        if unchanged and waves.move(
            connection,
            wave.id,
            [WaveState.PLANNED],
            WaveState.OPENING,
            opened_event=event.model_dump_json(),
            opened_on=opened_on,
        ):
            sync.put(connection, reachable, workspace, day)
            units = [merged.unit_of[member.node_id] for member in invited.members]
            invitations.invite(connection, wave.id, invited.members, units)

    await workshop.ledger.write(operation)
    left_out = {reason.value: count for reason, count in invited.reasons.items()}
    _log.info("wave frozen", wave=wave.id, invited=len(invited.members), nodes=len(event.nodes), **left_out)


def _waits(busy: Mapping[str, int]) -> str:
    first, people = next(iter(busy.items()))
    return (
        f"it opens when {first} has closed, since {people} of its people are in that wave and nobody is in two at "
        f"once; a wave that waits until its own close is skipped. `draagvlak waves stop {first} --by MEMBER` ends it"
    )


async def tell_extension(workshop: Workshop, wave: Wave) -> None:
    """Tell Kafka of a close that was moved, until it has acknowledged it. Raises the expected faults of a tick."""
    if wave.opened is None or wave.opened.closes_at == wave.closes_at:
        return
    event = wave.opened.model_copy(update={"closes_at": wave.closes_at})
    await _tell_kafka(workshop, Record(TopicName.WAVES, encode(event), key=wave.id.encode()))
    await workshop.ledger.write(
        lambda connection: waves.note(connection, wave.id, opened_event=event.model_dump_json())
    )


async def _tell_kafka(workshop: Workshop, record: Record) -> None:
    await workshop.records.wait_connected(KAFKA_SECONDS)
    try:
        await asyncio.wait_for(workshop.records.send(record), KAFKA_SECONDS)
    except TimeoutError:
        raise KafkaAway("Kafka did not acknowledge the opening of a wave in time") from None


def _count_as_open(connection: Connection, wave_id: str, actor: str) -> None:
    if waves.move(connection, wave_id, [WaveState.OPENING], WaveState.OPEN):
        audit.record(connection, actor, audit.AuditAction.OPENED, wave_id)
