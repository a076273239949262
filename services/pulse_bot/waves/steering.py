"""The champion's hand on a round: look at it, approve it, extend it, stop it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from services.contracts.base import Language
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.ledger import audit, invitations, waves
from services.pulse_bot.ledger.invitations import Posted
from services.pulse_bot.ledger.models import WaveRow, WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import PlannedCampaign, Wave
from services.pulse_bot.ledger.writer import Operation
from services.pulse_bot.locales import spoken
from services.pulse_bot.slack import Slack
from services.pulse_bot.waves.planning import NotAChampion
from services.pulse_bot.waves.sending import messages_of

LONGEST_OPEN: Final = timedelta(days=14)


class CannotSteer(RuntimeError):
    """The wave is in no state for it, or the new close does not fit; the text says what and why, in plain English.

    ``reason`` is for surfaces in other languages.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True)
class Approvals:
    """How many of the champions have approved a wave as it is planned now, and how many it takes."""

    given: int
    needed: int

    @property
    def complete(self) -> bool:
        """Whether the wave will open."""
        return self.given >= self.needed


def planned_of(connection: Connection, wave_id: str, member: str) -> tuple[Wave, PlannedCampaign]:
    """The wave and its campaign. Raises NoSuchWave, and NotAChampion unless ``member`` is one of it."""
    wave = waves.find(connection, wave_id)
    planned = waves.campaign(connection, wave.campaign_id)
    if planned is None or member not in planned.campaign.champions:
        raise NotAChampion(f"{member} is not a champion of the campaign {wave.campaign_id}; its file lists them")
    return wave, planned


def approve(wave_id: str, member: str) -> Operation[Approvals]:
    """Approve one planned wave as it reads now; once more changes nothing. Raises NotAChampion, CannotSteer."""

    def operation(connection: Connection) -> Approvals:
        wave, planned = planned_of(connection, wave_id, member)
        if wave.state is not WaveState.PLANNED:
            raise CannotSteer(
                "not_planned", f"the wave {wave_id} is {wave.state.value}; only a planned one is approved"
            )
        waves.approve(connection, [wave_id], member, planned.digest)
        return Approvals(waves.approvals(connection, wave_id, planned), planned.campaign.approvals)

    return operation


def stop(wave_id: str, member: str) -> Operation[Wave]:
    """Stop a wave for good: a planned one never opens, an open one closes now; final within one message.

    Answers given before count. Harmless when it is closing or closed. Raises NotAChampion.
    """

    def operation(connection: Connection) -> Wave:
        wave, _ = planned_of(connection, wave_id, member)
        if wave.state is WaveState.OPENING:
            raise CannotSteer("opening", f"the wave {wave_id} is opening this moment; stop it in a few seconds")
        stopped = waves.move(connection, wave_id, [WaveState.PLANNED], WaveState.SKIPPED)
        since = datetime.now(UTC)
        stopped |= waves.move(connection, wave_id, [WaveState.OPEN], WaveState.CLOSING, closing_since=since)
        if stopped:
            audit.record(connection, member, audit.AuditAction.STOPPED, wave_id)
        return waves.find(connection, wave_id)

    return operation


def extend(wave_id: str, member: str, until: datetime, now: datetime) -> Operation[Wave]:
    """Move the close of an open wave to ``until``; ``now`` is campaign time. Raises NotAChampion, CannotSteer.

    Only later, before it has closed, 14 days after the opening at most, and not into the next round of any campaign.
    """

    def operation(connection: Connection) -> Wave:
        wave, _ = planned_of(connection, wave_id, member)
        if wave.state is not WaveState.OPEN or now >= wave.closes_at:
            raise CannotSteer("not_open", f"the wave {wave_id} is not open any more; a close that has come stands")
        if until <= wave.closes_at:
            raise CannotSteer(
                "not_later", f"the wave {wave_id} closes at {wave.closes_at:%Y-%m-%d %H:%M} UTC; name a later time"
            )
        if until > wave.opens_at + LONGEST_OPEN:
            raise CannotSteer("too_long", f"a wave is open for {LONGEST_OPEN.days} days at most")
        following = connection.execute(
            select(WaveRow.opens_at)
            .where(WaveRow.opens_at > wave.opens_at, WaveRow.state != WaveState.SKIPPED.value)
            .order_by(WaveRow.opens_at)
            .limit(1)
        ).scalar_one_or_none()
        if following is not None and until > following:
            raise CannotSteer("next_wave", f"the next wave opens at {following:%Y-%m-%d %H:%M} UTC, before that time")
        waves.note(connection, wave_id, closes_at=until)
        audit.record(connection, member, audit.AuditAction.EXTENDED, wave_id)
        return waves.find(connection, wave_id)

    return operation


async def preview(ledger: Ledger, slack: Slack, wave_id: str, member: str) -> Posted:
    """Send the champion alone the invitation as others will get it; its buttons work and store nothing.

    Raises NoSuchWave, NotAChampion and the faults of Slack.
    """
    workspace = (await slack.identity()).workspace

    def look(connection: Connection) -> tuple[Wave, PlannedCampaign, Language | None]:
        wave, planned = planned_of(connection, wave_id, member)
        return wave, planned, invitations.language_of(connection, workspace, member)

    wave, planned, known = await ledger.read(look)
    messages = messages_of(wave, MessageKind.PREVIEW, planned.campaign)
    posted = await slack.post(member, messages[known or spoken(planned.campaign.language)])
    await ledger.write(lambda c: audit.record(c, member, audit.AuditAction.PREVIEWED, wave_id))
    return posted
