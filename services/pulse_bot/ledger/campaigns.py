"""Which campaign is meant where the ledger holds several: told by their rounds and people, never by their ids."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from sqlalchemy import Connection, select

from services.contracts.campaign import Campaign
from services.pulse_bot.ledger import waves
from services.pulse_bot.ledger.announcing import WaveErrandRow
from services.pulse_bot.ledger.models import BEGUN, InvitationRow, MemberRow, WaveRow, WaveState

LOOK_BACK: Final = timedelta(days=60)
"""How long after a wave's close its results and reactions are still asked for."""


class _Standing(IntEnum):
    """In the order in which champions have to do with them; of a stopped one no round has ever opened."""

    RUNNING = 0
    COMING = 1
    OVER = 2
    STOPPED = 3


_SEEN: Final = (_Standing.RUNNING, _Standing.OVER, _Standing.COMING, _Standing.STOPPED)
"""In the order in which people see them: results stay until the next campaign begins."""


@dataclass(frozen=True)
class _Known:
    campaign: Campaign
    standing: _Standing
    distance: float  # the newest of those that began comes first, and the next of those to come
    is_open: bool


def leading(connection: Connection) -> Campaign | None:
    """The campaign that runs, else the next to come, else the last that was; None before any is planned."""
    found = _by_work(_known(connection))
    return found[0].campaign if found else None


def reaching(connection: Connection, audience: Collection[str]) -> Campaign | None:
    """The same among the campaigns whose tree has all of these nodes; where none has, the leading one."""
    found = [known.campaign for known in _by_work(_known(connection))]
    return next((one for one in found if set(audience) <= set(one.tree.by_id)), found[0] if found else None)


def at_work(connection: Connection, now: datetime, errands: Collection[str]) -> tuple[Campaign, ...]:
    """Campaigns with a wave that is not over, or one of these errands to do for a wave that closed lately.

    Where there is none, the leading one: what was promised is told on.
    """
    busy = {wave.campaign_id for wave in _short(connection) if wave.state not in (WaveState.CLOSED, WaveState.SKIPPED)}
    closed = select(WaveRow.id, WaveRow.campaign_id).where(
        WaveRow.state == WaveState.CLOSED.value, WaveRow.closed_at >= now - LOOK_BACK
    )
    rows = connection.execute(select(WaveErrandRow.subject, WaveErrandRow.errand)).all()
    done = {(row.subject, row.errand) for row in rows}
    busy |= {
        row.campaign_id for row in connection.execute(closed) if any((row.id, errand) not in done for errand in errands)
    }
    ordered = [known.campaign for known in _by_work(_known(connection))]
    return tuple(one for one in ordered if one.id in busy) or tuple(ordered[:1])


def of_champion(connection: Connection, member: str) -> tuple[Campaign, ...]:
    """The campaigns of which the person is a champion: what runs, what comes next, what was last."""
    return tuple(k.campaign for k in _by_work(_known(connection)) if member in k.campaign.champions)


def of_visitor(connection: Connection, workspace: str, member: str) -> Campaign | None:
    """The campaign that a person sees; None before any is planned.

    That of the round which has invited them, else of an open round whose tree has their team, else one of which they
    are a champion, else the newest that has begun, else the next.
    """
    known = _known(connection)
    invited = _inviting(connection, workspace, member)
    team = connection.execute(
        select(MemberRow.node_id).where(
            MemberRow.workspace == workspace, MemberRow.member == member, MemberRow.left_on.is_(None)
        )
    ).scalar_one_or_none()
    newest = sorted(known, key=lambda k: (_SEEN.index(k.standing), k.distance))
    ways = (
        (k.campaign for k in newest if k.campaign.id == invited),
        (k.campaign for k in newest if k.is_open and team in k.campaign.tree.by_id),
        (k.campaign for k in _by_work(known) if member in k.campaign.champions),
        (k.campaign for k in newest),
    )
    return next((campaign for way in ways for campaign in way), None)


def _inviting(connection: Connection, workspace: str, member: str) -> str | None:
    return connection.execute(
        select(WaveRow.campaign_id)
        .join(InvitationRow, InvitationRow.wave_id == WaveRow.id)
        .where(InvitationRow.workspace == workspace, InvitationRow.member == member)
        .where(WaveRow.state.in_([state.value for state in BEGUN]))
        .order_by(WaveRow.opens_at.desc())
        .limit(1)
    ).scalar_one_or_none()


@dataclass(frozen=True)
class _Short:
    campaign_id: str
    state: WaveState
    opens_at: datetime


def _short(connection: Connection) -> list[_Short]:
    rows = connection.execute(select(WaveRow.campaign_id, WaveRow.state, WaveRow.opens_at))
    return [_Short(row.campaign_id, WaveState(row.state), row.opens_at) for row in rows]


def _known(connection: Connection) -> list[_Known]:
    rounds: dict[str, list[_Short]] = {}
    for wave in _short(connection):
        rounds.setdefault(wave.campaign_id, []).append(wave)
    return [_stands(one.campaign, rounds.get(one.campaign.id, ())) for one in waves.campaigns(connection)]


def _stands(campaign: Campaign, rounds: Sequence[_Short]) -> _Known:
    begun = [w.opens_at for w in rounds if w.state not in (WaveState.PLANNED, WaveState.SKIPPED)]
    left = [w.opens_at for w in rounds if w.state not in (WaveState.CLOSED, WaveState.SKIPPED)]
    is_open = any(wave.state is WaveState.OPEN for wave in rounds)
    if begun:
        standing = _Standing.RUNNING if left else _Standing.OVER
        return _Known(campaign, standing, -max(begun).timestamp(), is_open)
    if left:
        return _Known(campaign, _Standing.COMING, min(left).timestamp(), is_open)
    return _Known(campaign, _Standing.STOPPED, -campaign.schedule.starts_on.toordinal(), is_open)


def _by_work(known: Iterable[_Known]) -> list[_Known]:
    return sorted(known, key=lambda k: (k.standing, k.distance))
