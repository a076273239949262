"""One wave from closed to released, in the order that makes it safe to be cut off anywhere."""

from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import structlog
from clickhouse_connect.driver.client import Client

from services.metrics.release import claims, frozen, storing
from services.metrics.release.barrier import Held
from services.metrics.release.compute import Release, compute
from services.metrics.release.counting import count
from services.metrics.release.document import Published
from services.metrics.release.earlier import beside
from services.metrics.release.replicas import Footing
from services.metrics.release.telemetry import ANSWERS_OUTSIDE, AUDIT_BREACHES, released
from services.runtime.tracing import spans
from services.runtime.tracing.context import of_wave
from services.runtime.tracing.names import Attribute, SpanName

_log = structlog.get_logger(__name__)


class WaveNotClosed(RuntimeError):
    """A release was asked of a wave that is open or does not exist."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What would be released of a wave whose barrier has passed, and as which release of its campaign (from 0)."""

    release: Release
    place: int


def release_wave(client: Client, wave_id: str, now: datetime) -> Published | Held:
    """The published bytes of a wave: those stored, or else made and stored now. `now` is campaign time.

    A released wave is never computed again, and a claimed one neither: what was claimed is carried out. Raises
    WaveNotClosed.
    """
    already = storing.stored(client, wave_id)
    if already is not None:
        return already
    began = perf_counter()
    claim, first = claims.standing(client, wave_id), True
    if claim is None:
        ready = prepare(client, wave_id)
        if isinstance(ready, Held):
            return ready
        claim, first = storing.claimed(client, ready.release, now, ready.place)
    if isinstance(claim, Held):
        return claim
    with spans.span(SpanName.RELEASE_STORE, parent=of_wave(wave_id)) as span:
        span.tell(Attribute.WAVE, wave_id)
        storing.save(client, claim)
        frozen.drop_originals(client, wave_id)  # a replay by ingest may have brought some back before the release
    if first:
        released(claim.statuses, perf_counter() - began)
    _log.info("wave released", wave=wave_id, sha256=claim.published.sha256, claimed_here=first)
    return claim.published


def prepare(client: Client, wave_id: str) -> Ready | Held:
    """Everything but storing: barrier, rewriting of the answers, counts, computation. Raises WaveNotClosed."""
    closed = frozen.closed_at(client, wave_id)
    if closed is None:
        if frozen.is_known(client, wave_id):
            raise WaveNotClosed(f"wave {wave_id} is still open: nothing is released before it closes")
        raise WaveNotClosed(f"there is no wave {wave_id}")
    footing = Footing(client)
    held = footing.held() or frozen.barrier(client, wave_id)
    if held is not None:
        return held
    wave = frozen.closed_wave(client, wave_id, closed)
    if isinstance(wave, Held):
        return wave
    with spans.span(SpanName.RELEASE_REWRITE, parent=of_wave(wave_id)):
        frozen.rewrite(client, wave_id)
    if held := footing.held():
        return held
    counted = count(client, wave)
    if counted.outside:
        ANSWERS_OUTSIDE.inc(counted.outside)
        _log.error("answers outside the survey did not count", wave=wave_id, answers=counted.outside)
    place = claims.place(client, wave.campaign_id)
    if isinstance(place, Held):
        return place
    with spans.span(SpanName.RELEASE_COMPUTE, parent=of_wave(wave_id)):
        release = compute(wave, counted.counts, beside(client, wave))
    if held := footing.held():
        return held
    if release.breaches:
        AUDIT_BREACHES.inc(len(release.breaches))
        _log.error("the audit overruled what was to be published", wave=wave_id, groups=len(release.breaches))
    return Ready(release, place)
