"""Bringing a backup of the ledger back: nobody is asked twice, nothing is posted twice, nobody forgotten comes back.

The keys of waves are in no backup. So a wave that was open ends: it closes at once with the answers that are in Kafka,
and each of its units counts as between none and all invited, since nobody can tell any more who had answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import Connection, delete, func, insert, select, update

from services.contracts.base import ROOT_ID
from services.contracts.campaign import Campaign
from services.contracts.events import WaveOpened
from services.pulse_bot.announcements import calendar, concerns, errands, posts
from services.pulse_bot.backing_up.creating import ENDING
from services.pulse_bot.backing_up.tables import KEPT, Row, revived, table
from services.pulse_bot.backing_up.told import Told
from services.pulse_bot.ledger import audit, leases, migrating, stored, waves
from services.pulse_bot.ledger.announcing import (
    AnnouncementApprovalRow,
    AnnouncementRow,
    ChannelPostRow,
    ConcernRow,
    ConcernState,
    ForgottenRow,
    PostState,
)
from services.pulse_bot.ledger.models import (
    BEGUN,
    ApprovalRow,
    AuditRow,
    Base,
    BotInstanceRow,
    LeaseRow,
    MemberRow,
    UnitCountRow,
    WaveRow,
    WaveState,
)
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.ledger.writer import Operation
from services.runtime import backups
from services.runtime.backups import BackupFault, Manifest, Part

_ACTOR: Final = "restore"
_RUNNING: Final = frozenset({LeaseRow.__tablename__, BotInstanceRow.__tablename__})


@dataclass
class Restored:
    """What a restore did to waves and people."""

    closing: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    forgotten: int = 0
    uncertain: int = 0


def rows_in(folder: Path, manifest: Manifest) -> dict[str, list[Row]]:
    """The rows of each table in a backup that was verified. Raises BackupFault for one of a newer ledger."""
    if manifest.revision > migrating.newest():
        raise BackupFault(
            f"the backup is of a ledger of revision {manifest.revision}, and this program knows those up to "
            f"{migrating.newest()}; install the version that made it, or a later one"
        )
    found: dict[str, list[Row]] = {}
    for file in manifest.files:
        name = file.name.removesuffix(ENDING)
        if name not in KEPT:
            raise BackupFault(f"{folder.name}: {file.name} is no table that a backup of the ledger holds")
        with (folder / file.name).open("rb") as lines:
            found[name] = [revived(name, orjson.loads(line)) for line in lines]
    return found


def forgotten_since(root: Path, folder: Path) -> frozenset[str]:
    """Who is forgotten by the newest whole backup that is at least as new as ``folder``: fingerprints."""
    for path in sorted(root.glob(f"{Part.LEDGER}-*"), key=lambda path: path.name, reverse=True):
        if path.name < folder.name:
            break
        try:
            manifest = backups.verified(path)
        except BackupFault:
            continue
        return frozenset(row["fingerprint"] for row in rows_in(path, manifest)[ForgottenRow.__tablename__])
    return frozenset(row["fingerprint"] for row in rows_in(folder, backups.verified(folder))["forgotten"])


def restore(
    rows: dict[str, list[Row]], forgotten: frozenset[str], told: Told | None, now: datetime
) -> Operation[Restored]:
    """Fill an empty ledger, in one transaction. ``told`` None: Kafka is lost; ``now`` is campaign time.

    Raises BackupFault where the ledger holds anything or a bot runs.
    """

    def operation(connection: Connection) -> Restored:
        _refuse_unfit(connection)
        for name in KEPT:
            if rows.get(name):
                connection.execute(insert(table(name)), rows[name])
        done = Restored()
        done.forgotten = _forget(connection, forgotten)
        _settle_waves(connection, done, told, now)
        _settle_posts(connection, now)
        done.uncertain = connection.execute(
            select(func.count()).where(ChannelPostRow.state == PostState.UNCERTAIN.value)
        ).scalar_one()
        audit.record(connection, _ACTOR, audit.AuditAction.LEDGER_RESTORED, "ledger")
        return done

    return operation


def _refuse_unfit(connection: Connection) -> None:
    live = leases.live_instances(connection)
    if live:
        raise BackupFault(f"{min(live)} is running: stop every bot before a restore (or wait a minute after its end)")
    for kept in Base.metadata.sorted_tables:
        if kept.name in _RUNNING:
            continue
        held = connection.execute(select(func.count()).select_from(kept)).scalar_one()
        if held:
            raise BackupFault(
                f"the ledger is not empty: {kept.name} holds {held} rows. A backup goes into an empty ledger only, so "
                "that it replaces nothing; set the old one aside, or give an empty database"
            )


def _forget(connection: Connection, forgotten: frozenset[str]) -> int:
    """Take out everybody who asked to be forgotten after the backup was made. Gives how many are forgotten in all."""
    connection.execute(delete(ForgottenRow))
    if forgotten:
        connection.execute(insert(ForgottenRow), [{"fingerprint": found} for found in sorted(forgotten)])
    named = [
        (row.workspace, row.member) for row in connection.execute(select(MemberRow.workspace, MemberRow.member)).all()
    ]
    workspaces = {workspace for workspace, _ in named}
    actors = set(connection.execute(select(AuditRow.actor)).scalars()) | {
        *connection.execute(select(ApprovalRow.member)).scalars(),
        *connection.execute(select(AnnouncementApprovalRow.member)).scalars(),
        *(author for author in connection.execute(select(AnnouncementRow.author)).scalars() if author),
    }
    for workspace, member in {*named, *((workspace, actor) for workspace in workspaces for actor in actors)}:
        if stored.fingerprint(workspace, member) in forgotten:
            stored.forget(workspace, member)(connection)
    return len(forgotten)


def _settle_waves(connection: Connection, done: Restored, told: Told | None, now: datetime) -> None:
    if told is not None:
        _add_missing(connection, done, told)
    for wave in waves.unfinished(connection):
        opened = told.opened.get(wave.id) if told is not None else None
        closed = told.closed.get(wave.id) if told is not None else None
        if closed is not None:
            _set(connection, wave, WaveState.CLOSED, opened or wave.opened, closed.closed_at)
            done.closed.append(wave.id)
        elif opened is not None or (wave.state in BEGUN and (told is None or wave.state is not WaveState.OPENING)):
            event = opened or wave.opened
            if event is None:
                raise BackupFault(f"the wave {wave.id} has begun, and neither the backup nor Kafka has its tree")
            _set(connection, wave, WaveState.CLOSING, event, now)
            _count_as_unknown(connection, event)
            done.closing.append(wave.id)
        elif wave.state is WaveState.OPENING:  # Kafka was never told, so nobody was asked: it may open now
            waves.note(connection, wave.id, state=WaveState.PLANNED.value, opened_event=None, opened_on=None)
        elif told is None and wave.opens_at <= now:
            waves.note(connection, wave.id, state=WaveState.SKIPPED.value)
            done.skipped.append(wave.id)


def _set(connection: Connection, wave: Wave, state: WaveState, opened: WaveOpened | None, closed_at: datetime) -> None:
    """Counts are frozen in both states; of a closed wave Kafka has them already."""
    today = datetime.now(UTC)
    waves.note(
        connection,
        wave.id,
        state=state.value,
        opened_event=opened.model_dump_json() if opened is not None else None,
        opened_on=wave.opened_on or today.date(),
        closing_since=today,
        closed_at=closed_at,
        counted=True,
        announced=state is WaveState.CLOSED,
    )


def _count_as_unknown(connection: Connection, opened: WaveOpened) -> None:
    """Of each unit, anything between no ballot and one of everybody is right."""
    connection.execute(
        insert(UnitCountRow),
        [
            {"wave_id": opened.wave_id, "node_id": node.id, "acknowledged": 0, "with_revision": node.invited}
            for node in opened.nodes
            if node.invited
        ],
    )


def _add_missing(connection: Connection, done: Restored, told: Told) -> None:
    """Waves that were planned and opened after the backup was made: without a row they could be opened again."""
    known = set(connection.execute(select(WaveRow.id)).scalars())
    campaigns = {planned.campaign.id: planned.campaign for planned in waves.campaigns(connection)}
    for event in told.opened.values():
        if event.wave_id in known or event.imported:
            continue
        number = _number_of(campaigns.get(event.campaign_id), event.wave_id)
        if number is None:
            done.unknown.append(event.wave_id)
            continue
        waves.put_planned(
            connection,
            Wave(
                event.wave_id,
                event.campaign_id,
                number,
                WaveState.PLANNED,
                event.opens_at,
                event.closes_at,
                tuple(event.items),
            ),
        )


def _number_of(campaign: Campaign | None, wave_id: str) -> int | None:
    if campaign is None:
        return None
    return next((number for number in range(1, 1000) if campaign.wave_id(number) == wave_id), None)


def _settle_posts(connection: Connection, now: datetime) -> None:
    """Whatever may have been posted since the backup counts as uncertain: champions look, nothing is posted twice."""
    connection.execute(
        update(ChannelPostRow)
        .where(ChannelPostRow.state.in_([PostState.DUE.value, PostState.CLAIMED.value]))
        .values(state=PostState.UNCERTAIN.value)
    )
    connection.execute(update(AnnouncementRow).values(told=True))
    for planned in waves.campaigns(connection):
        campaign = planned.campaign
        for wave in waves.of_campaign(connection, campaign.id):
            if wave.state is WaveState.CLOSED and not errands.is_done(connection, wave.id, errands.RESULTS):
                for node, channel in campaign.channels.nodes.items():
                    _may_stand(connection, f"results:{wave.id}:{node}", [channel], now)
        day, channel_of_all = calendar.digest_day(campaign, now), campaign.channel_of(ROOT_ID)
        if day is not None and channel_of_all is not None:
            subject = f"digest:{campaign.id}:{day.isoformat()}"
            if not errands.is_done(connection, subject, errands.DIGEST):
                errands.note(connection, subject, errands.DIGEST)
                _may_stand(connection, subject, [channel_of_all], now)
        if campaign.channels.listeners is not None:
            for concern_id in _posted_concerns(connection, campaign.id):
                _may_stand(connection, concerns.subject(concern_id), [campaign.channels.listeners], now)


def _may_stand(connection: Connection, subject: str, channels: Sequence[str], now: datetime) -> None:
    before = {post.channel for post in posts.of_subject(connection, subject)}
    new = [channel for channel in channels if channel not in before]
    posts.plan(connection, subject, [(channel, now) for channel in new])
    connection.execute(
        update(ChannelPostRow)
        .where(ChannelPostRow.subject == subject, ChannelPostRow.channel.in_(new))
        .values(state=PostState.UNCERTAIN.value)
    )


def _posted_concerns(connection: Connection, campaign_id: str) -> Iterable[str]:
    posted = select(ConcernRow.id).where(
        ConcernRow.campaign_id == campaign_id, ConcernRow.state == ConcernState.POSTED.value
    )
    return list(connection.execute(posted).scalars())
