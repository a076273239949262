"""Planning: a campaign's waves into the ledger, until its first wave opens."""

from hashlib import sha256
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from services.contracts.campaign import Campaign
from services.contracts.survey import ItemBank
from services.pulse_bot.ledger import audit, waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import PlannedCampaign, Wave
from services.pulse_bot.ledger.writer import Operation

_NOT_BEGUN = (WaveState.PLANNED, WaveState.SKIPPED)


class CampaignFrozen(RuntimeError):
    """The campaign differs from the one whose waves have begun."""


class CampaignsOverlap(RuntimeError):
    """Another campaign has rounds to come between this one's first opening and last close; the text says what to do."""


class NotAChampion(RuntimeError):
    """Only a champion of the campaign can approve."""


def planned_waves(campaign: Campaign, bank: ItemBank) -> tuple[Wave, ...]:
    """Every wave of the campaign as it would be planned now."""
    return tuple(
        Wave(
            id=campaign.wave_id(number),
            campaign_id=campaign.id,
            number=number,
            state=WaveState.PLANNED,
            opens_at=campaign.schedule.opens_at(number),
            closes_at=campaign.schedule.closes_at(number),
            items=campaign.items_of(number, bank),
        )
        for number in range(1, campaign.schedule.waves + 1)
    )


def digest(campaign: Campaign, planned: tuple[Wave, ...]) -> str:
    """The fingerprint (SHA-256, hex) of all that an approval covers: the campaign and the words of its items."""
    asked = {item.id: item.model_dump(mode="json") for wave in planned for item in wave.items}
    content = {"campaign": campaign.model_dump(mode="json"), "items": asked}
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def plan(campaign: Campaign, bank: ItemBank) -> Operation[tuple[Wave, ...]]:
    """Write the campaign's waves down; the same campaign again changes nothing. Gives the waves as they are now.

    Raises CampaignFrozen when a wave has begun and the campaign or its items read differently, and CampaignsOverlap:
    whom a round reaches is known when it opens, so no two campaigns run at the same time.
    """
    wanted = planned_waves(campaign, bank)
    fingerprint = digest(campaign, wanted)

    def operation(connection: Connection) -> tuple[Wave, ...]:
        before = waves.campaign(connection, campaign.id)
        if before is None or before.digest != fingerprint:
            begun = [w.id for w in waves.of_campaign(connection, campaign.id) if w.state not in _NOT_BEGUN]
            if before is not None and begun:
                raise CampaignFrozen(
                    f"the campaign {campaign.id} is frozen since its wave {begun[0]} opened, and this file reads "
                    "differently; take the file of then, or start a new campaign with another id"
                )
            _refuse_overlap(connection, campaign, wanted)
            waves.put_campaign(connection, PlannedCampaign(campaign, fingerprint))
            for wave in wanted:
                waves.put_planned(connection, wave)
            waves.drop_planned(connection, campaign.id, beyond=campaign.schedule.waves)
            audit.record(connection, "operator", audit.AuditAction.PLANNED, campaign.id)
        return waves.of_campaign(connection, campaign.id)

    return operation


def _refuse_overlap(connection: Connection, campaign: Campaign, wanted: tuple[Wave, ...]) -> None:
    unfinished = waves.unfinished(connection)
    for other in {wave.campaign_id for wave in unfinished} - {campaign.id}:
        theirs = [wave for wave in unfinished if wave.campaign_id == other]
        begins, ends = min(wave.opens_at for wave in theirs), max(wave.closes_at for wave in theirs)
        if wanted[0].opens_at < ends and begins < wanted[-1].closes_at:
            zone = ZoneInfo(campaign.schedule.timezone)
            first, last = (moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") for moment in (begins, ends))
            raise CampaignsOverlap(
                f"the campaign {campaign.id} would run at the same time as {other}, which has rounds from {first} to "
                f"{last}, and nobody takes part in two campaigns at once. Let it end before or begin after that "
                "(`starts_on` and `waves` under `schedule`), or stop what is left of the other one: "
                "`draagvlak waves stop WAVE --by MEMBER`"
            )


def approve(campaign_id: str, member: str, first: int | None = None) -> Operation[tuple[str, ...]]:
    """Record a champion's approval of every wave that is still planned, or of those among the ``first`` ones.

    Gives their ids. Raises NotAChampion.
    """

    def operation(connection: Connection) -> tuple[str, ...]:
        planned = waves.campaign(connection, campaign_id)
        if planned is None or member not in planned.campaign.champions:
            raise NotAChampion(f"{member} is not a champion of the campaign {campaign_id}; its file lists them")
        of_campaign = waves.of_campaign(connection, campaign_id)
        pending = [w.id for w in of_campaign if w.state is WaveState.PLANNED and (first is None or w.number <= first)]
        waves.approve(connection, pending, member, planned.digest)
        return tuple(pending)

    return operation
