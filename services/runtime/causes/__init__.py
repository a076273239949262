"""Why a connection does not work, and what mends it: for readiness, logs and `draagvlak doctor` alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """What is wrong, and an exact command or setting that mends it."""

    what: str
    mend: str
    lasting: bool = True
    """Whether somebody must act; else it may pass by itself, as when a broker comes back."""

    def __str__(self) -> str:
        return f"{self.what}: {self.mend}"

    @property
    def sentence(self) -> str:
        """What is wrong, the mend, and whether somebody must act."""
        return f"{self} ({'this stays until somebody mends it' if self.lasting else 'this may pass by itself'})"
