"""One wave from closed to released, in the order that makes it safe to be cut off anywhere."""

from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import structlog
from clickhouse_connect.driver.client import Client

from services.metrics.release import frozen, storing
from services.metrics.release.barrier import Held
from services.metrics.release.compute import Release, compute
from services.metrics.release.counting import count
from services.metrics.release.document import Published
from services.metrics.release.earlier import beside
from services.metrics.release.telemetry import ANSWERS_OUTSIDE, AUDIT_BREACHES, released

_log = structlog.get_logger(__name__)


class WaveNotClosed(RuntimeError):
    """A release was asked of a wave that is open or does not exist."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What would be released of a wave whose barrier has passed."""

    release: Release


def release_wave(client: Client, wave_id: str, now: datetime) -> Published | Held:
    """The published bytes of a wave: those stored, or else made and stored now. `now` is campaign time.

    A released wave is never computed again. Raises WaveNotClosed.
    """
    already = storing.stored(client, wave_id)
    if already is not None:
        return already
    began = perf_counter()
    ready = prepare(client, wave_id)
    if isinstance(ready, Held):
        return ready
    storing.save(client, ready.release, now)
    frozen.drop_originals(client, wave_id)  # a replay by ingest may have brought some back before the release
    contents = ready.release.contents
    statuses = [cell.status for cell in contents.cells] + [cell.status for cell in contents.window_cells]
    released(statuses, perf_counter() - began)
    _log.info(
        "wave released",
        wave=wave_id,
        sha256=ready.release.published.sha256,
        cells=len(ready.release.cells),
        window=ready.release.contents.window.id if ready.release.contents.window else None,
    )
    return ready.release.published


def prepare(client: Client, wave_id: str) -> Ready | Held:
    """Everything but storing: barrier, rewriting of the answers, counts, computation. Raises WaveNotClosed."""
    closed = frozen.closed_at(client, wave_id)
    if closed is None:
        if frozen.is_known(client, wave_id):
            raise WaveNotClosed(f"wave {wave_id} is still open: nothing is released before it closes")
        raise WaveNotClosed(f"there is no wave {wave_id}")
    held = frozen.barrier(client, wave_id)
    if held is not None:
        return held
    wave = frozen.closed_wave(client, wave_id, closed)
    if isinstance(wave, Held):
        return wave
    frozen.rewrite(client, wave_id)
    counted = count(client, wave)
    if counted.outside:
        ANSWERS_OUTSIDE.inc(counted.outside)
        _log.error("answers outside the survey did not count", wave=wave_id, answers=counted.outside)
    release = compute(wave, counted.counts, beside(client, wave))
    if release.breaches:
        AUDIT_BREACHES.inc(len(release.breaches))
        _log.error("the audit overruled what was to be published", wave=wave_id, groups=len(release.breaches))
    return Ready(release)
