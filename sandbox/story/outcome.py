"""What came of a story."""

from dataclasses import dataclass, field

from sandbox.story.metrics_client import shown_cell
from services.metrics.released.documents import Document


@dataclass(frozen=True)
class WavePlayed:
    """One wave as it was played.

    ``confirmed``: answers that stand and that the bot confirmed, which equals what the story meant to give. ``presses``
    counts double clicks and changed answers too; ``again`` how often a button had to be pressed again. ``truth``: the
    true scores of the organisation (sandbox/story/truth.py). ``verdicts``: measure -> words of change. ``seconds``:
    of answering alone, and of the whole wave.
    """

    number: int
    wave_id: str
    invited: int
    people: int
    confirmed: int
    presses: int
    again: int
    answering_seconds: float
    seconds: float
    truth: dict[str, float]
    published: Document
    verdicts: dict[str, str] = field(default_factory=dict)

    def covered(self, measure: str) -> bool | None:
        """Whether the published interval contains the truth; None where no interval is published."""
        cell = shown_cell(self.published, measure)
        if cell is None or cell.low is None or cell.high is None:
            return None
        return cell.low <= self.truth[measure] <= cell.high


@dataclass(frozen=True)
class Outcome:
    """A whole story. ``opened``: a wave that was left open, and the sequence number in the workspace from before it."""

    seed: int
    waves: tuple[WavePlayed, ...]
    announcements: int
    seconds: float
    opened: tuple[int, int] | None = None

    @property
    def presses(self) -> int:
        """All presses of buttons."""
        return sum(wave.presses for wave in self.waves)

    @property
    def presses_a_second(self) -> float:
        """Presses per second of answering."""
        return self.presses / max(1e-9, sum(wave.answering_seconds for wave in self.waves))
