"""Why a connection does not work, and what mends it: for readiness, logs and `draagvlak doctor` alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """What is wrong, and an exact command or setting that mends it."""

    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}: {self.mend}"
