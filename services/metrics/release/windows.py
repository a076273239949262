"""Windows: three waves shown together, for nodes that are too small to be shown by the wave."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from services.contracts.base import ROOT_ID
from services.contracts.floors import WINDOW_WAVES
from services.metrics.release.arms import ArmScore, arm_score, phase_arms, phases_of
from services.metrics.release.cells import Status, answers_behind, mean_of, shown
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.classes import ClassSums
from services.metrics.release.distributions import Distribution, is_headline, window_distributions
from services.metrics.release.rounding import EXACT_MEAN_FROM
from services.metrics.release.spread import Spread, spread_in
from services.metrics.statistics.scores import Measure

NEEDED: Final = -(-WINDOW_WAVES // 2)
"""Waves of a window in which a node must be in P: half of them, rounded up."""


@dataclass(frozen=True)
class Window:
    """A window of which every wave is known by its classes; `waves` oldest first."""

    id: str
    waves: tuple[WaveClasses, ...]

    def __post_init__(self) -> None:
        if len(self.waves) != WINDOW_WAVES:
            raise ValueError(f"the window {self.id} has {len(self.waves)} waves instead of {WINDOW_WAVES}")

    @property
    def opened_at(self) -> datetime:
        """When its first wave opened."""
        return self.waves[0].wave.opened_at

    @property
    def closed_at(self) -> datetime:
        """When its last wave closed."""
        return max(wave.wave.closed_at for wave in self.waves)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The tree's nodes: changes of a tree take effect when a window starts."""
        return tuple(dict.fromkeys(node.id for wave in self.waves for node in wave.wave.nodes))

    @property
    def measures(self) -> Mapping[Measure, tuple[WaveClasses, ...]]:
        """Measures made of the same items in enough of the waves, with those waves, in the order of asking."""
        asked: dict[Measure, list[WaveClasses]] = {}
        for wave in self.waves:
            for measure in wave.measures.values():
                asked.setdefault(measure, []).append(wave)
        return {measure: tuple(waves) for measure, waves in asked.items() if len(waves) >= NEEDED}


@dataclass(frozen=True, slots=True)
class WindowCell:
    """One number of a node over a window; every field but the key and status is None in a hidden one."""

    window: str
    node_id: str
    measure: str
    status: Status = Status.TOO_FEW_ANSWERS
    score: float | None = None
    score_label: str | None = None
    low: float | None = None
    high: float | None = None
    n_band: str | None = None
    standard_error: float | None = None
    degrees_of_freedom: float | None = None


def window_cells(window: Window) -> tuple[WindowCell, ...]:
    """A cell for every node and measure of the window, hidden or not."""
    cells = []
    for measure, waves in window.measures.items():
        spread = _widest(measure, waves)
        single_item_allowed = _answers_of_organisation(measure, waves) >= EXACT_MEAN_FROM
        for node in window.nodes:
            allowed = measure.allowed_below_organisation or (node == ROOT_ID and single_item_allowed)
            cells.append(_cell(window.id, node, measure, waves if allowed else (), spread))
    return tuple(cells)


def distributions_of(window: Window) -> tuple[Distribution, ...]:
    """The spread of answers to the headline items that were asked in enough of the waves."""
    rows: list[Distribution] = []
    headlines = dict.fromkeys(item.id for wave in window.waves for item in wave.wave.items if is_headline(item))
    for item_id in headlines:
        asked = [(w, item) for w in window.waves for item in w.wave.items if item.id == item_id]
        item = asked[-1][1]
        waves = [w for w, as_asked in asked if as_asked.scale == item.scale and as_asked.polarity is item.polarity]
        if len(waves) >= NEEDED:
            rows.extend(window_distributions(window.id, waves, [item], window.nodes, NEEDED))
    return tuple(rows)


def window_arms(window: Window) -> tuple[ArmScore, ...]:
    """Arms by phase: the mean over the waves in which the arm may be shown, where those are enough."""
    phases = tuple(dict.fromkeys(phase for wave in window.waves for phase in phases_of(wave)))
    found = {wave.wave.wave_id: phase_arms(wave) for wave in window.waves}
    rows = []
    for measure, waves in window.measures.items():
        if measure.allowed_below_organisation:
            spread = _widest(measure, waves)
            for phase in phases:
                arms = [arm for wave in waves if (arm := found[wave.wave.wave_id].get(phase)) is not None]
                key = ArmScore(None, phase, None, window.id, measure.name)
                rows.append(arm_score(key, measure, arms, spread, needed=NEEDED))
    return tuple(rows)


def counted(node: str, waves: Sequence[WaveClasses]) -> list[ClassSums]:
    """The node in those of the waves in which it is in P; nothing where these are too few for a window."""
    found = [wave.node_scores[node] for wave in waves if node in wave.scores_of]
    return found if len(found) >= NEEDED else []


def _cell(window: str, node: str, measure: Measure, waves: Sequence[WaveClasses], spread: Spread) -> WindowCell:
    found = counted(node, waves)
    if not found:
        return WindowCell(window, node, measure.name)
    mean = sum((mean_of(measure, sums) for sums in found), Fraction(0)) / len(found)
    fewest = min(answers_behind(measure, sums) for sums in found)
    return WindowCell(window, node, measure.name, Status.SHOWN, **asdict(shown(mean, fewest, spread)))


def _widest(measure: Measure, waves: Sequence[WaveClasses]) -> Spread:
    """The largest within-class spread of the waves: the same people answer in each, so none is averaged away."""
    return max((spread_in(wave, measure) for wave in waves), key=lambda spread: (spread.sd, -spread.degrees_of_freedom))


def _answers_of_organisation(measure: Measure, waves: Sequence[WaveClasses]) -> int:
    return min((answers_behind(measure, sums) for sums in counted(ROOT_ID, waves)), default=0)
