"""What keeps a service from something that it needs: looked into beside its work, and told once for each cause."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog

from services.runtime.causes import Cause

AGAIN_SECONDS: Final = 5.0
"""How long an error of the same kind is not looked into again."""

_log = structlog.get_logger("draagvlak.needs")


class Obstacle:
    """Of one need, such as Kafka. Any thread may call, and none waits: a look is made in a thread of its own.

    The log has a line when the cause changes (an error where somebody must act, a warning where it may pass) and one
    when all is well again. ``look`` gives the cause of an error; it may take some seconds, and tells no secret and
    nothing of what was written or read.
    """

    def __init__(self, need: str, look: Callable[[BaseException], Cause], now: Callable[[], float] = monotonic) -> None:
        self._need = need
        self._look = look
        self._now = now
        self._lock = threading.Lock()
        self._cause: Cause | None = None
        self._looking = False
        self._looked: tuple[object, float] = (None, 0.0)
        self._over = 0

    @property
    def cause(self) -> Cause | None:
        """As far as it is known; None while all is well."""
        return self._cause

    @property
    def sentence(self) -> str | None:
        """For readiness: what is wrong, the mend, and whether somebody must act; None while all is well."""
        return self._cause.sentence if self._cause else None

    def met(self, error: BaseException) -> None:
        """An attempt has failed. Until the look has found why, the class of the error stands for it."""
        kind = (type(error), getattr(error, "code", None))
        with self._lock:
            if self._cause is None:
                what = f"{self._need} cannot be used ({type(error).__name__})"
                self._cause = Cause(what, "why is being looked into", lasting=False)
            looked, at = self._looked
            if self._looking or (looked == kind and self._now() - at < AGAIN_SECONDS):
                return
            self._looking, self._looked = True, (kind, self._now())
            work = threading.Thread(target=self._find, args=(error, self._over), name="look", daemon=True)
        try:
            work.start()
        except RuntimeError:  # the system gives no more threads: what is known stays, and the next error is looked into
            with self._lock:
                self._looking, self._looked = False, (None, 0.0)

    def told(self, cause: Cause) -> None:
        """An attempt has failed, and why is known: a look that is under way is about an earlier one."""
        with self._lock:
            self._over += 1
            self._tell(cause)

    def gone(self) -> None:
        """An attempt has succeeded."""
        with self._lock:
            if self._cause is not None:
                _log.info(f"{self._need} can be used again", was=self._cause.what)
                self._cause, self._looked = None, (None, 0.0)
                self._over += 1

    def let_go(self) -> None:
        """What failed is attempted no more, by this process: whether it would work now is not known."""
        with self._lock:
            self._cause, self._looked = None, (None, 0.0)
            self._over += 1

    def _find(self, error: BaseException, over: int) -> None:
        try:
            cause = self._look(error)
        except Exception as fault:  # its text may hold what nobody may read
            what = f"{self._need} cannot be used, and why was not found ({type(fault).__name__})"
            cause = Cause(what, "run `draagvlak doctor`", lasting=False)
        with self._lock:
            self._looking = False
            if over == self._over:  # else it has passed meanwhile, or is known
                self._tell(cause)

    def _tell(self, cause: Cause) -> None:
        if cause != self._cause:
            self._cause = cause
            tell = _log.error if cause.lasting else _log.warning
            tell(f"{self._need} cannot be used", reason=str(cause), lasting=cause.lasting)
