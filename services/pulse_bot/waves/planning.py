"""Planning: a campaign's waves into the ledger, until its first wave opens."""

from hashlib import sha256

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

    Raises CampaignFrozen when a wave has begun and the campaign or its items read differently.
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
            waves.put_campaign(connection, PlannedCampaign(campaign, fingerprint))
            for wave in wanted:
                waves.put_planned(connection, wave)
            waves.drop_planned(connection, campaign.id, beyond=campaign.schedule.waves)
            audit.record(connection, "operator", audit.AuditAction.PLANNED, campaign.id)
        return waves.of_campaign(connection, campaign.id)

    return operation


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
