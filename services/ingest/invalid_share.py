"""Telling a few broken records from a broken release of the software that writes them."""

from collections import deque
from math import sqrt
from typing import Final

from services.ingest.errors import IngestStopped

WINDOW: Final = 10_000
"""Records that the share is taken over."""

MINIMUM: Final = 200
"""Records before a share means anything."""

LIMIT: Final = 0.05
"""Largest share of invalid records that is put aside as dead letters."""

IN_A_ROW: Final = 100
"""Invalid records in a row that can be no accident."""

_MEND: Final = (
    "Nothing is lost: what was not stored is read again. Look at `draagvlak dead-letters list`, mend what writes these "
    "records (often two versions that do not fit), and start ingest again."
)


class InvalidShare:
    """Watches the records of one process. The share must exceed the limit by three standard deviations of chance."""

    def __init__(self) -> None:
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._invalid = 0
        self._in_a_row = 0

    def observe(self, *, invalid: bool) -> None:
        """Count one record. Raises IngestStopped when too many are invalid."""
        if len(self._recent) == WINDOW:
            self._invalid -= self._recent[0]
        self._recent.append(invalid)
        if not invalid:
            self._in_a_row = 0
            return
        self._invalid += 1
        self._in_a_row += 1
        if self._in_a_row >= IN_A_ROW:
            raise IngestStopped(f"Ingest has stopped: {IN_A_ROW} records in a row are invalid. {_MEND}")
        seen = len(self._recent)
        if seen >= MINIMUM and self._invalid > LIMIT * seen + 3 * sqrt(LIMIT * (1 - LIMIT) * seen):
            share = 100 * self._invalid / seen
            raise IngestStopped(f"Ingest has stopped: {share:.1f} % of the last {seen:,} records are invalid. {_MEND}")
