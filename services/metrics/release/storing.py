"""Writing a release: class tables and cells first, the row of releases last; and reading that row again."""

from dataclasses import astuple, fields
from datetime import datetime

from clickhouse_connect.driver.client import Client

from services.metrics.release.cells import Cell
from services.metrics.release.classes import Histogram
from services.metrics.release.compute import Release
from services.metrics.release.document import Published
from services.metrics.release.wave import ClosedWave
from services.runtime.clickhouse import sql

SQL = "services.metrics.release.sql"


def stored(client: Client, wave_id: str) -> Published | None:
    """The released bytes, as they were stored; None while the wave is not released."""
    rows = client.query(sql(SQL, "stored"), parameters={"wave": wave_id}).result_rows
    return Published(rows[0][0].encode(), rows[0][1]) if rows else None


def save(client: Client, wave: ClosedWave, release: Release, released_at: datetime) -> None:
    """Store everything; the wave counts as released when the last row is there. Harmless to repeat."""
    _save_classes(client, wave, release)
    client.insert(
        "cells",
        [(wave.wave_id, *astuple(cell)) for cell in release.cells],
        column_names=["wave_id", *(field.name for field in fields(Cell))],
        database="pulse_release",
    )
    client.insert(
        "releases",
        [[wave.wave_id, wave.closed_at, released_at, release.published.sha256, release.published.content.decode()]],
        column_names=["wave_id", "closed_at", "released_at", "sha256", "document"],
        database="pulse_release",
    )


def _save_classes(client: Client, wave: ClosedWave, release: Release) -> None:
    tables: dict[str, tuple[list[str], list[tuple[object, ...]]]] = {
        "releasable_nodes": (
            ["node_id", "scores", "distributions"],
            [(node.id, node.id in release.scores_of, node.id in release.distributions_of) for node in wave.nodes],
        ),
        "class_units": (["node_id", "class_id"], list(release.class_of.items())),
        "class_people": (
            ["class_id", "invited", "ballots"],
            [(class_id, tally.invited, tally.ballots) for class_id, tally in release.by_class.items()],
        ),
        "class_sums": (
            ["class_id", "item_id", "answers", "total", "squares"],
            [
                (class_id, item, *_sums(histogram))
                for class_id, tally in release.by_class.items()
                for item, histogram in tally.histograms.items()
            ],
        ),
    }
    for table, (columns, rows) in tables.items():
        if rows:
            client.insert(
                table,
                [(wave.wave_id, *row) for row in rows],
                column_names=["wave_id", *columns],
                database="pulse_ballots",
            )


def _sums(histogram: Histogram) -> tuple[int, int, int]:
    """Answers, their sum and the sum of their squares."""
    return (
        sum(histogram),
        sum(number * value for value, number in enumerate(histogram, start=1)),
        sum(number * value * value for value, number in enumerate(histogram, start=1)),
    )
