"""Opening a wave: freeze tree and roster, make the key, tell Kafka, and only then count as open.

Each step can be repeated after a crash: what was frozen stays as it was, the key is made once, the event is the same.
"""

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection

from services.contracts.topics import TopicName
from services.contracts.tree import merge_small_units
from services.contracts.wire import encode
from services.pulse_bot.answers.records import KafkaAway, Record
from services.pulse_bot.ledger import audit, invitations, waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import PlannedCampaign, Wave
from services.pulse_bot.waves.events import wave_opened
from services.pulse_bot.waves.roster import audience, load_roster
from services.pulse_bot.waves.workshop import KAFKA_SECONDS, Workshop
from services.runtime.settings import SettingsFault

_log = structlog.get_logger(__name__)


async def open_wave(workshop: Workshop, wave: Wave) -> bool:
    """Open a planned wave that is due, or finish an opening that was cut off. Gives whether it is open now.

    A wave without its approvals stays planned. Raises the expected faults of a tick.
    """
    if wave.state is WaveState.PLANNED:
        planned = await workshop.ledger.read(lambda connection: waves.campaign(connection, wave.campaign_id))
        if planned is None or not await _approved(workshop, wave, planned):
            return False
        await _freeze(workshop, wave, planned)
        wave = await workshop.ledger.read(lambda connection: waves.find(connection, wave.id))
    if wave.state is not WaveState.OPENING or wave.opened is None:
        return False
    await asyncio.to_thread(workshop.keys.ensure, wave.id)
    await _tell_kafka(workshop, Record(TopicName.WAVES, encode(wave.opened), key=wave.id.encode()))
    await workshop.ledger.write(lambda connection: _count_as_open(connection, wave.id, workshop.holder))
    _log.info("wave opened", wave=wave.id, invited=sum(node.invited for node in wave.opened.nodes))
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
    campaign = planned.campaign
    if workshop.settings.roster_file is None:
        raise SettingsFault("DRAAGVLAK_ROSTER_FILE: is not set; name the CSV with the columns member,node")
    roster = await asyncio.to_thread(load_roster, workshop.settings.roster_file, campaign.tree)
    workspace = (await workshop.slack.identity()).workspace
    invited = await audience(roster, workshop.slack.people(), workspace, campaign.language)
    merged = merge_small_units(campaign.tree, invited.per_node)
    event = wave_opened(campaign, wave, merged)
    opened_on = datetime.now(UTC).date()

    def operation(connection: Connection) -> None:
        unchanged = waves.campaign(connection, wave.campaign_id) == planned
        if unchanged and waves.move(
            connection,
            wave.id,
            [WaveState.PLANNED],
            WaveState.OPENING,
            opened_event=event.model_dump_json(),
            opened_on=opened_on,
        ):
            invitations.put_members(connection, invited.members)
            units = [merged.unit_of[member.node_id] for member in invited.members]
            invitations.invite(connection, wave.id, invited.members, units)

    await workshop.ledger.write(operation)
    _log.info(
        "wave frozen",
        wave=wave.id,
        invited=len(invited.members),
        not_in_slack=invited.not_in_slack,
        not_invitable=invited.not_invitable,
        nodes=len(event.nodes),
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
