"""Exact counts of a closed wave, made in ClickHouse; the same that `ballots.count` makes from values."""

from collections import defaultdict
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from services.metrics.release.ballots import left_out
from services.metrics.release.classes import Histogram, Tally
from services.metrics.release.units import takes_part_in_lot
from services.metrics.release.wave import ClosedWave, Counts
from services.metrics.statistics.drivers import PairSums
from services.runtime.clickhouse import sql

_UNSAID = 0
SQL = "services.metrics.release.sql"


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts after the lot, and how many answers did not count for lying outside the survey as asked."""

    counts: Counts
    outside: int


def count(client: Client, wave: ClosedWave) -> Counted:
    """The lot, histograms per unit and item, and pairs of items of one measure; from the rewritten table alone."""
    invited = {node.id: node.invited for node in wave.nodes}
    rows = client.query(sql(SQL, "ballots_per_unit"), parameters={"wave": wave.wave_id}).result_rows
    ballots = {unit: number for unit, _, number in rows}
    lot = sorted(left_out(invited, {unit: first for unit, first, _ in rows}, ballots))
    histograms, unsaid, outside = _histograms(client, wave, lot)
    units = {}
    for unit, people in invited.items():
        cast = ballots.get(unit, 0)
        cast -= takes_part_in_lot(people, cast)
        units[unit] = Tally(people, cast, histograms[unit], unsaid[unit])
    return Counted(Counts(units, _pairs(client, wave, lot)), outside)


def _histograms(
    client: Client, wave: ClosedWave, lot: list[str]
) -> tuple[dict[str, dict[str, Histogram]], dict[str, dict[str, int]], int]:
    """Unit -> item -> histogram, and "rather not say", of every unit; and the number of answers that fit nowhere."""
    points = {item.id: item.points for item in wave.items}
    found: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    outside = 0
    rows = client.query(sql(SQL, "histograms"), parameters={"wave": wave.wave_id, "left_out": lot}).result_rows
    for unit, item_id, value, answers in rows:
        if item_id in points and (value is None or 1 <= value <= points[item_id]):
            found[unit, item_id][_UNSAID if value is None else value] = answers
        else:
            outside += answers
    histograms = {
        node.id: {
            item: tuple(found[node.id, item].get(value, 0) for value in range(1, m + 1)) for item, m in points.items()
        }
        for node in wave.nodes
    }
    unsaid = {node.id: {item: found[node.id, item].get(_UNSAID, 0) for item in points} for node in wave.nodes}
    return histograms, unsaid, outside


def _pairs(client: Client, wave: ClosedWave, lot: list[str]) -> dict[tuple[str, str], PairSums]:
    """The pairs of every measure, in the order of asking; the others are published nowhere."""
    items = [item.id for item in wave.items]
    measures = list(dict.fromkeys(item.published_as for item in wave.items))
    rows = client.query(
        sql(SQL, "item_pairs"),
        parameters={
            "wave": wave.wave_id,
            "left_out": lot,
            "items": items,
            "measures": [measures.index(item.published_as) for item in wave.items],
            "points": [item.points for item in wave.items],
        },
    ).result_rows
    found = {(items[first - 1], items[second - 1]): PairSums(*sums) for first, second, *sums in rows}
    nothing = PairSums(0, 0, 0, 0)
    return {
        (first.id, second.id): found.get((first.id, second.id), nothing)
        for position, first in enumerate(wave.items)
        for second in wave.items[position:]
        if first.published_as == second.published_as
    }
