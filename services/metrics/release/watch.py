"""The release's workload: looks for closed waves and releases each as soon as it may be."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.metrics.release import frozen
from services.metrics.release.barrier import Held, Reason
from services.metrics.release.frozen import RewriteFault
from services.metrics.release.steps import release_wave
from services.metrics.release.telemetry import LAST_ROUND, WATCH_FAILURES, WAVES_HELD
from services.runtime.causes import Cause
from services.runtime.causes.obstacle import Obstacle
from services.runtime.clock import Clock, ClockUnavailable

_log = structlog.get_logger(__name__)

STALLED_AFTER_SECONDS = 180.0
"""A round takes seconds even for a large organisation; the client gives up after a minute."""
_LONGEST_PAUSE_SECONDS = 30.0


class Watch:
    """Releases closed waves, one round after the other, until stopped.

    Holds one connection, made by `connect` when it is first needed and again after a failure. A wave
    that fails costs no other wave its release. `obstacle` is told of what keeps rounds from ending well.
    """

    def __init__(
        self, connect: Callable[[], Client], clock: Clock, interval: float, patience: float, obstacle: Obstacle
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._interval = interval
        self._patience = patience
        self._obstacle = obstacle
        self._client: Client | None = None
        self._stop = threading.Event()
        self._alerted: dict[str, Held] = {}
        self._held_since: dict[str, float] = {}
        self._beat = time.monotonic()
        self._begun = False
        self._failures = 0

    def run(self) -> None:
        """Rounds with a pause in between, longer after failures; returns after `stop`."""
        while not self._stop.is_set():
            self._attempt()
            self._beat = time.monotonic()
            self._stop.wait(min(self._interval * 2**self._failures, _LONGEST_PAUSE_SECONDS))
        if self._client is not None:
            self._client.close()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stop.set()

    def live(self) -> str | None:
        """None while rounds end; says since when none did. Looks at nothing outside this process."""
        silent = time.monotonic() - self._beat
        return f"no round ended for {silent:.0f} s" if silent > STALLED_AFTER_SECONDS else None

    def ready(self) -> str | None:
        """None if the last round ended well, else what went wrong in it."""
        return self._obstacle.sentence or (None if self._begun else "no round has ended yet")

    def round(self) -> None:
        """One look: release what may be released. Raises ClickHouseError, ClockUnavailable."""
        client = self._connected()
        held: dict[str, Held] = {}
        failure: ClickHouseError | None = None
        for wave_id in frozen.waves_to_release(client):
            try:
                outcome = release_wave(client, wave_id, self._clock.now())
            except RewriteFault as fault:
                outcome = Held(Reason.REWRITE_INCOMPLETE, str(fault))
            except ClickHouseError as error:
                failure = failure or error
                continue
            if isinstance(outcome, Held):
                held[wave_id] = outcome
        self._tell(held)
        if failure is not None:
            raise failure

    def _attempt(self) -> None:
        try:
            self.round()
        except ClickHouseError as error:
            self._obstacle.met(error)
            self._failed()
        except ClockUnavailable as error:
            self._obstacle.told(Cause(str(error), "start it, or mend DRAAGVLAK_CLOCK_URL", lasting=False))
            self._failed()
        except Exception as error:
            what = f"a round ended by a fault of its own ({type(error).__name__})"
            self._obstacle.told(Cause(what, "the log says where; report it"))
            self._failed()
            _log.exception("a round of the watch failed in a way that was not foreseen")
        else:
            self._obstacle.gone()
            self._begun, self._failures = True, 0
            LAST_ROUND.set_to_current_time()

    def _failed(self) -> None:
        WATCH_FAILURES.inc()
        self._failures = min(self._failures + 1, 10)
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self) -> Client:
        if self._client is None:
            self._client = self._connect()
        return self._client

    def _tell(self, held: dict[str, Held]) -> None:
        """Count held waves at once; alert once per wave and cause, and give markers some patience."""
        numbers = Counter(cause.reason for cause in held.values())
        for reason in Reason:
            WAVES_HELD.labels(reason.value).set(numbers[reason])
        now = time.monotonic()
        self._held_since = {wave: self._held_since.get(wave, now) for wave in held}
        self._alerted = {wave: cause for wave, cause in self._alerted.items() if held.get(wave) == cause}
        for wave, cause in held.items():
            patience = 0.0 if cause.reason is Reason.COUNTS_DIFFER else self._patience
            if wave not in self._alerted and now - self._held_since[wave] >= patience:
                _log.error("a closed wave is held back", wave=wave, reason=cause.reason.value, detail=cause.detail)
                self._alerted[wave] = cause
