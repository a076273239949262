"""What a release needs of waves released before: their class tables, never a ballot; and the announcements heard."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from services.contracts.floors import WINDOW_WAVES
from services.metrics.release import frozen
from services.metrics.release.arms import Announcement
from services.metrics.release.barrier import Held
from services.metrics.release.class_tables import ClassSpreads, ItemSpread, WaveClasses
from services.metrics.release.classes import ClassSums, ItemSums
from services.metrics.release.compute import Beside, Heard, UnfinishedWindow
from services.metrics.release.wave import ClosedWave
from services.runtime.clickhouse import sql

SQL = "services.metrics.release.sql"

WAVES_AROUND: Final = 6
"""Waves before an announcement, and after it, of which its arms are told."""


@dataclass(frozen=True, slots=True)
class CampaignWave:
    """A wave of the campaign in question; `closed_at` is None while it is open."""

    wave_id: str
    closed_at: datetime | None
    released: bool


def beside(client: Client, wave: ClosedWave) -> Beside:
    """The window that this wave completes, and the announcements heard. Imported waves are in no window."""
    campaign = campaign_waves(client, wave.campaign_id)
    if wave.wave_id not in {one.wave_id for one in campaign}:
        return Beside()
    read = _Reader(client)
    return Beside(
        window=_window(read, wave, campaign),
        heard=_heard(client, read, wave, campaign),
    )


def campaign_waves(client: Client, campaign_id: str) -> tuple[CampaignWave, ...]:
    """The waves of a campaign in the order in which they opened, without imported ones."""
    rows = client.query(sql(SQL, "campaign_waves"), parameters={"campaign": campaign_id}).result_rows
    return tuple(
        CampaignWave(w, frozen.utc(at) if closed else None, bool(released)) for w, at, closed, released in rows
    )


def window_of(wave_id: str, campaign: Sequence[CampaignWave]) -> tuple[int, tuple[CampaignWave, ...]]:
    """The number of the window that the wave belongs to, from 1, and those of its waves that have opened."""
    position = next(i for i, one in enumerate(campaign) if one.wave_id == wave_id) // WINDOW_WAVES
    return position + 1, tuple(campaign[position * WINDOW_WAVES : (position + 1) * WINDOW_WAVES])


def _window(read: "_Reader", wave: ClosedWave, campaign: Sequence[CampaignWave]) -> UnfinishedWindow | None:
    """None while another of its waves is not released, or not yet opened: the last one brings the window."""
    number, waves = window_of(wave.wave_id, campaign)
    others = [one for one in waves if one.wave_id != wave.wave_id]
    if len(waves) < WINDOW_WAVES or not all(one.released for one in others):
        return None
    tables = {one.wave_id: read.classes(one) for one in others}
    place = [one.wave_id for one in waves].index(wave.wave_id)
    before, after = waves[:place], waves[place + 1 :]
    known = {wave_id: found for wave_id, found in tables.items() if found is not None}
    if len(known) < len(others):
        return None
    return UnfinishedWindow(
        f"{wave.campaign_id}-window-{number:02d}",
        tuple(known[one.wave_id] for one in before),
        tuple(known[one.wave_id] for one in after),
    )


def _heard(client: Client, read: "_Reader", wave: ClosedWave, campaign: Sequence[CampaignWave]) -> tuple[Heard, ...]:
    """Announcements made before this wave closed, and at most six waves ago, with the waves still to be told of."""
    closed = _closed_at(campaign)
    told = {
        (announcement, of_wave)
        for announcement, of_wave in client.query(
            sql(SQL, "arms_told"), parameters={"campaign": wave.campaign_id}
        ).result_rows
    }
    found = []
    rows = client.query(sql(SQL, "announcements"), parameters={"until": wave.closed_at}).result_rows
    for announcement_id, at, audience in rows:
        before = [known for known, closed_at in closed if closed_at <= frozen.utc(at)]
        after = [known for known, closed_at in closed if closed_at > frozen.utc(at)][:WAVES_AROUND]
        if wave.wave_id not in {one.wave_id for one in after}:
            continue
        around = [
            one
            for one in (*before[-WAVES_AROUND:], *after)
            if one.released and one.wave_id != wave.wave_id and (announcement_id, one.wave_id) not in told
        ]
        earlier = tuple(tables for one in around if (tables := read.classes(one)) is not None)
        found.append(Heard(Announcement(announcement_id, frozenset(audience)), earlier))
    return tuple(found)


def _closed_at(campaign: Sequence[CampaignWave]) -> list[tuple[CampaignWave, datetime]]:
    """The waves that have closed with the time of it, in that order."""
    closed = [(one, one.closed_at) for one in campaign if one.closed_at is not None]
    return sorted(closed, key=lambda entry: (entry[1], entry[0].wave_id))


@dataclass
class _Reader:
    """Reads class tables, each wave once."""

    client: Client
    known: dict[str, WaveClasses | None] = field(default_factory=dict)

    def classes(self, wave: CampaignWave) -> WaveClasses | None:
        """The class tables of a released wave; None where its opening can no longer be understood."""
        if wave.wave_id not in self.known:
            self.known[wave.wave_id] = self._read(wave)
        return self.known[wave.wave_id]

    def _read(self, wave: CampaignWave) -> WaveClasses | None:
        if wave.closed_at is None:
            return None
        asked = frozen.closed_wave(self.client, wave.wave_id, wave.closed_at)
        if isinstance(asked, Held):
            return None
        nodes = self._rows("releasable_nodes", wave)
        return WaveClasses(
            wave=asked,
            scores_of=frozenset(node for node, scores, _ in nodes if scores),
            class_of=dict(self._rows("class_units", wave)),
            sums=self._sums(wave),
            distributions_of=frozenset(node for node, _, distributions in nodes if distributions),
            distribution_class_of=(units := dict(self._rows("distribution_units", wave))),
            spreads=self._spreads(wave) if units else {},
        )

    def _sums(self, wave: CampaignWave) -> Mapping[str, ClassSums]:
        items: dict[str, dict[str, ItemSums]] = defaultdict(dict)
        for class_id, item, *sums in self._rows("class_sums", wave):
            items[class_id][item] = ItemSums(*sums)
        return {
            class_id: ClassSums(invited, ballots, items[class_id])
            for class_id, invited, ballots in self._rows("class_people", wave)
        }

    def _spreads(self, wave: CampaignWave) -> Mapping[str, ClassSpreads]:
        items: dict[str, dict[str, ItemSpread]] = defaultdict(dict)
        for class_id, item, answers, unsaid in self._rows("class_histograms", wave):
            items[class_id][item] = ItemSpread(tuple(answers), unsaid)
        return {class_id: ClassSpreads(spreads) for class_id, spreads in items.items()}

    def _rows(self, name: str, wave: CampaignWave) -> Sequence[Any]:
        return self.client.query(sql(SQL, name), parameters={"wave": wave.wave_id}).result_rows
