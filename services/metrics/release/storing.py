"""Writing a release: its claim, then class tables and cells, the row of releases last; and reading that row again."""

import secrets
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from clickhouse_connect.driver.client import Client

from services.metrics.release import claims
from services.metrics.release.arms import ArmScore
from services.metrics.release.barrier import Held
from services.metrics.release.cells import Cell
from services.metrics.release.claims import Claim, Rows
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.compute import Release
from services.metrics.release.distributions import Distribution
from services.metrics.release.document import Contents, Published
from services.metrics.release.windows import WindowCell
from services.runtime.clickhouse import sql

SQL = "services.metrics.release.sql"


def stored(client: Client, wave_id: str) -> Published | None:
    """The released bytes, as they were stored; None while the wave is not released."""
    rows = client.query(sql(SQL, "stored"), parameters={"wave": wave_id}).result_rows
    return Published(rows[0][0].encode(), rows[0][1]) if rows else None


def claimed(client: Client, release: Release, released_at: datetime, place: int) -> tuple[Claim | Held, bool]:
    """The claim that stands for the wave, this release or the one that came first; and whether it is this one."""
    wave = release.tables.wave
    ours = Claim(
        wave_id=wave.wave_id,
        campaign_id=wave.campaign_id,
        claimant=secrets.token_hex(16),
        closed_at=wave.closed_at,
        released_at=released_at,
        published=release.published,
        parts=(*_class_tables(release.tables), *_published(release.contents)),
    )
    stands = claims.claim(client, ours, place)
    return stands, isinstance(stands, Claim) and stands.claimant == ours.claimant


def save(client: Client, claim: Claim) -> None:
    """Store everything that the claim says; the wave counts as released when the last row is there.

    Harmless to repeat, and for several processes at once.
    """
    for part in claim.parts:
        client.insert(
            part.table,
            [(claim.wave_id, *row) for row in part.rows],
            column_names=["wave_id", *part.columns],
            database=part.database,
        )
    published = claim.published
    client.insert(
        "releases",
        [[claim.wave_id, claim.closed_at, claim.released_at, published.sha256, published.content.decode()]],
        column_names=["wave_id", "closed_at", "released_at", "sha256", "document"],
        database="pulse_release",
        settings=claims.once(claim.wave_id),
    )


def _published(contents: Contents) -> Iterable[Rows]:
    yield Rows("pulse_release", "cells", _names(Cell), _values(Cell, contents.cells))
    yield Rows(
        "pulse_release",
        "window_cells",
        ["window_id", *_names(WindowCell)[1:]],
        _values(WindowCell, contents.window_cells),
    )
    yield Rows(
        "pulse_release",
        "distributions",
        ["window_id", *_names(Distribution)[1:]],
        [_distribution(row) for row in contents.distributions],
    )
    yield Rows(
        "pulse_release",
        "arms",
        ["announcement", "arm", "of_wave", "window_id", *_names(ArmScore)[4:]],
        [
            (row.announcement or "", row.arm, row.wave or "", row.window or "", *_of_arm(row)[4:])
            for row in contents.arms
        ],
    )


def _distribution(row: Distribution) -> tuple[object, ...]:
    return (
        row.window or "",
        row.node_id,
        row.item,
        row.status,
        row.n_band,
        [share.label for share in row.shares or ()],
        row.resisters.label if row.resisters else None,
        row.resisters_low,
        row.resisters_high,
        row.rather_not_say.label if row.rather_not_say else None,
    )


def _class_tables(tables: WaveClasses) -> Iterable[Rows]:
    yield Rows(
        "pulse_ballots",
        "releasable_nodes",
        ["node_id", "scores", "distributions"],
        [(node.id, node.id in tables.scores_of, node.id in tables.distributions_of) for node in tables.wave.nodes],
    )
    yield Rows("pulse_ballots", "class_units", ["node_id", "class_id"], list(tables.class_of.items()))
    yield Rows(
        "pulse_ballots",
        "class_people",
        ["class_id", "invited", "ballots"],
        [(class_id, sums.invited, sums.ballots) for class_id, sums in tables.sums.items()],
    )
    yield Rows(
        "pulse_ballots",
        "class_sums",
        ["class_id", "item_id", "answers", "total", "squares"],
        [
            (class_id, i, sums.answers, sums.total, sums.squares)
            for class_id, whole in tables.sums.items()
            for i, sums in whole.items.items()
        ],
    )
    yield Rows(
        "pulse_ballots", "distribution_units", ["node_id", "class_id"], list(tables.distribution_class_of.items())
    )
    yield Rows(
        "pulse_ballots",
        "class_histograms",
        ["class_id", "item_id", "answers", "unsaid"],
        [
            (class_id, item, list(spread.histogram), spread.unsaid)
            for class_id, spreads in tables.spreads.items()
            for item, spread in spreads.items.items()
        ],
    )


_of_arm = attrgetter(*(field.name for field in fields(ArmScore)))


def _values(row: type[Any], rows: Iterable[Any]) -> list[tuple[object, ...]]:
    """The fields of each row in their order; `astuple` would copy every value."""
    return list(map(attrgetter(*_names(row)), rows))


def _names(row: type[Any]) -> list[str]:
    return [field.name for field in fields(row)]
