"""Campaigns and waves in the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, func, select, update

from services.contracts.campaign import Campaign
from services.contracts.events import WaveOpened
from services.contracts.survey import Item
from services.pulse_bot.ledger import audit
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import BEGUN, ApprovalRow, CampaignRow, WaveRow, WaveState


@dataclass(frozen=True)
class Wave:
    """A wave as the ledger has it. ``opened`` is the frozen event; ``opened_on`` the real day of opening."""

    id: str
    campaign_id: str
    number: int
    state: WaveState
    opens_at: datetime
    closes_at: datetime
    items: tuple[Item, ...]
    opened: WaveOpened | None = None
    opened_on: date | None = None
    closing_since: datetime | None = None
    closed_at: datetime | None = None
    counted: bool = False
    announced: bool = False


@dataclass(frozen=True)
class PlannedCampaign:
    """A campaign with the fingerprint of everything that approval covers."""

    campaign: Campaign
    digest: str


class NoSuchWave(LookupError):
    """There is no wave with this id in the ledger; the text says how to see which there are."""

    def __init__(self, wave_id: str) -> None:
        super().__init__(f"the ledger has no wave {wave_id}; `draagvlak waves plan` lists those it has")


def find(connection: Connection, wave_id: str) -> Wave:
    """The wave. Raises NoSuchWave."""
    row = connection.execute(select(WaveRow.__table__).where(WaveRow.id == wave_id)).mappings().one_or_none()
    if row is None:
        raise NoSuchWave(wave_id)
    return _wave(row)


def in_states(connection: Connection, states: Iterable[WaveState]) -> tuple[Wave, ...]:
    """All waves in one of ``states``, the earliest first."""
    wanted = [state.value for state in states]
    rows = connection.execute(
        select(WaveRow.__table__).where(WaveRow.state.in_(wanted)).order_by(WaveRow.opens_at, WaveRow.id)
    )
    return tuple(_wave(row) for row in rows.mappings())


def of_campaign(connection: Connection, campaign_id: str) -> tuple[Wave, ...]:
    """The waves of a campaign in their order."""
    rows = connection.execute(
        select(WaveRow.__table__).where(WaveRow.campaign_id == campaign_id).order_by(WaveRow.number)
    )
    return tuple(_wave(row) for row in rows.mappings())


def unfinished(connection: Connection) -> tuple[Wave, ...]:
    """All waves that are not over, the earliest first."""
    return in_states(connection, (WaveState.PLANNED, *BEGUN))


def campaign(connection: Connection, campaign_id: str) -> PlannedCampaign | None:
    """The campaign as it was last planned, or None."""
    row = connection.execute(
        select(CampaignRow.document, CampaignRow.digest).where(CampaignRow.id == campaign_id)
    ).one_or_none()
    return None if row is None else PlannedCampaign(_read(row.document), row.digest)


def campaigns(connection: Connection) -> tuple[PlannedCampaign, ...]:
    """All campaigns of this ledger."""
    rows = connection.execute(select(CampaignRow.document, CampaignRow.digest).order_by(CampaignRow.id))
    return tuple(PlannedCampaign(_read(row.document), row.digest) for row in rows)


@lru_cache(16)
def _read(document: str) -> Campaign:
    """A campaign is a value, and every tick reads it: 2,000 teams take a while to check."""
    return Campaign.model_validate_json(document)


def put_campaign(connection: Connection, planned: PlannedCampaign) -> None:
    """Insert or replace the campaign."""
    values = {
        "id": planned.campaign.id,
        "document": planned.campaign.model_dump_json(),
        "digest": planned.digest,
        "planned_on": datetime.now(UTC).date(),
    }
    connection.execute(
        insert_for(connection, CampaignRow).values(values).on_conflict_do_update(index_elements=["id"], set_=values)
    )


def put_planned(connection: Connection, wave: Wave) -> None:
    """Insert a planned wave, or replace it as long as it is planned."""
    values: dict[str, Any] = {
        "id": wave.id,
        "campaign_id": wave.campaign_id,
        "number": wave.number,
        "state": WaveState.PLANNED.value,
        "opens_at": wave.opens_at,
        "closes_at": wave.closes_at,
        "items": [item.model_dump(mode="json") for item in wave.items],
        "counted": False,
        "announced": False,
    }
    connection.execute(
        insert_for(connection, WaveRow)
        .values(values)
        .on_conflict_do_update(index_elements=["id"], set_=values, where=WaveRow.state == WaveState.PLANNED.value)
    )


def drop_planned(connection: Connection, campaign_id: str, beyond: int) -> None:
    """Remove planned waves numbered above ``beyond`` (the campaign became shorter), with their approvals."""
    gone = select(WaveRow.id).where(
        WaveRow.campaign_id == campaign_id, WaveRow.number > beyond, WaveRow.state == WaveState.PLANNED.value
    )
    connection.execute(ApprovalRow.__table__.delete().where(ApprovalRow.wave_id.in_(gone)))  # type: ignore[attr-defined]
    connection.execute(WaveRow.__table__.delete().where(WaveRow.id.in_(gone)))  # type: ignore[attr-defined]


def move(connection: Connection, wave_id: str, source: Sequence[WaveState], target: WaveState, **columns: Any) -> bool:
    """Turn the wave's state where it is one of ``source``. Gives whether it was."""
    result = connection.execute(
        update(WaveRow)
        .where(WaveRow.id == wave_id, WaveRow.state.in_([state.value for state in source]))
        .values(state=target.value, **columns)
    )
    return bool(result.rowcount)


def note(connection: Connection, wave_id: str, **columns: Any) -> None:
    """Set columns of the wave that are no part of its state."""
    connection.execute(update(WaveRow).where(WaveRow.id == wave_id).values(**columns))


def begin_closing(connection: Connection, wave_id: str, actor: str) -> Wave:
    """Turn an open wave to closing; harmless when it already is, or is closed. Raises NoSuchWave."""
    if move(connection, wave_id, [WaveState.OPEN], WaveState.CLOSING, closing_since=datetime.now(UTC)):
        audit.record(connection, actor, audit.AuditAction.CLOSE_ASKED, wave_id)
    return find(connection, wave_id)


def approve(connection: Connection, wave_ids: Iterable[str], member: str, digest: str) -> None:
    """Record a champion's approval of planned waves; once more changes nothing."""
    for wave_id in wave_ids:
        statement = insert_for(connection, ApprovalRow).values(
            wave_id=wave_id, member=member, digest=digest, approved_on=datetime.now(UTC).date()
        )
        if connection.execute(statement.on_conflict_do_nothing()).rowcount:
            audit.record(connection, member, audit.AuditAction.APPROVED, wave_id)


def approvals(connection: Connection, wave_id: str, planned: PlannedCampaign) -> int:
    """How many of the campaign's champions approved the wave as it is planned now."""
    return connection.execute(
        select(func.count(func.distinct(ApprovalRow.member))).where(
            ApprovalRow.wave_id == wave_id,
            ApprovalRow.digest == planned.digest,
            ApprovalRow.member.in_(planned.campaign.champions),
        )
    ).scalar_one()


def _wave(row: Any) -> Wave:
    return Wave(
        id=row["id"],
        campaign_id=row["campaign_id"],
        number=row["number"],
        state=WaveState(row["state"]),
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        items=tuple(Item.model_validate(item) for item in row["items"]),
        opened=WaveOpened.model_validate_json(row["opened_event"]) if row["opened_event"] else None,
        opened_on=row["opened_on"],
        closing_since=row["closing_since"],
        closed_at=row["closed_at"],
        counted=row["counted"],
        announced=row["announced"],
    )
