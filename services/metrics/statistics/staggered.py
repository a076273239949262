"""An announcement that reaches team after team in an order drawn by lot: the one design that earns a cause."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.metrics.statistics.change import PublishedScore
from services.metrics.statistics.effect import (
    SIGNIFICANT,
    Difference,
    EffectTest,
    Tested,
    combined,
    leaves_out_zero,
)
from services.metrics.statistics.intervals import CONFIDENCE

_ARRANGEMENTS: Final = 1_999
_SEED: Final = 20260105
"""The same question gets the same answer; only drawn orders (more than 1,999 possible) use it."""
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SteppedTeam:
    """A team that is shown in every wave used. `during`: waves after the first step, all teams the same ones.

    `heard[i]`: whether the team had been reached before wave i opened; None where it was reached while it was open.
    """

    before: tuple[PublishedScore, ...]
    during: tuple[PublishedScore, ...]
    heard: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True)
class StaggeredEffect:
    """Change since before of teams that had heard minus that of others; `clear` earns the causal words."""

    difference: Difference
    tested: Tested
    clear: bool


def staggered_effect(teams: Sequence[SteppedTeam], confidence: float = CONFIDENCE) -> StaggeredEffect | None:
    """The vertical comparison of a stepped wedge, wave by wave, each wave weighing n m / (n + m).

    Thompson, Davey, Fielding, Hargreaves and Hayes 2018 (Statistics in Medicine 37, sec. 2): within a wave both groups
    have lived through the same, and which team is in which group was drawn by lot. So the order of the teams can be
    drawn again, and the p-value is the share of all orders with a difference as large (Fisher 1935): it assumes nothing
    but the lot. None where no wave has teams on both sides.
    """
    heard = np.array([[math.nan if one is None else float(one) for one in team.heard] for team in teams], dtype=float)
    if heard.size == 0:
        return None
    weights = _weights(heard)
    if weights is None:
        return None
    moved = np.array(
        [[one.score - sum(b.score for b in team.before) / len(team.before) for one in team.during] for team in teams]
    )
    terms: list[tuple[float, PublishedScore]] = []
    for team, row in zip(teams, weights, strict=True):
        terms += [(float(weight), score) for weight, score in zip(row, team.during, strict=True) if weight]
        total = float(row.sum())
        terms += [(-total / len(team.before), score) for score in team.before if total]
    difference = combined(terms, confidence)
    tested = _tested(heard, weights, moved)
    clear = leaves_out_zero(difference.interval) and tested.p_value <= SIGNIFICANT
    return StaggeredEffect(difference, tested, clear)


def _weights(heard: _Floats) -> _Floats | None:
    """The weight of every team's change in every wave: those of each side of a wave sum to its weight, up or down."""
    reached, waiting = heard == 1, heard == 0
    n, m = reached.sum(axis=0), waiting.sum(axis=0)
    both = (n > 0) & (m > 0)
    if not both.any():
        return None
    wave = np.where(both, n * m / np.maximum(n + m, 1), 0.0)
    wave = wave / wave.sum()
    weights: _Floats = reached * (wave / np.maximum(n, 1)) - waiting * (wave / np.maximum(m, 1))
    return weights


def _tested(heard: _Floats, weights: _Floats, moved: _Floats) -> Tested:
    """Every order of the teams is as likely; teams of the same step are interchangeable.

    Weights depend on how many teams are on each side of a wave, which no order changes: only who has which row does.
    """
    steps, step_of = np.unique(np.nan_to_num(heard, nan=-1.0), axis=0, return_inverse=True)
    step_of = step_of.reshape(-1)
    rows = np.array([weights[np.argmax(step_of == step)] for step in range(len(steps))])
    worth = rows @ moved.T  # what each team would add in each step
    places = np.arange(len(moved))
    ways = math.factorial(len(moved))
    for number in np.bincount(step_of):
        ways //= math.factorial(int(number))
    exact = ways <= _ARRANGEMENTS
    orders = np.array(list(_orders(sorted(step_of.tolist())))) if exact else _drawn(step_of)
    values, found = worth[orders, places].sum(axis=1), float(worth[step_of, places].sum())
    extreme = int((np.abs(values) >= abs(found) - 1e-9).sum())
    p_value = extreme / ways if exact else (extreme + 1) / (len(orders) + 1)
    return Tested(EffectTest.ORDER_OF_TEAMS, p_value, 1 / (ways if exact else len(orders) + 1))


def _drawn(step_of: NDArray[np.int64]) -> NDArray[np.int64]:
    chance = np.random.default_rng(_SEED)
    return chance.permuted(np.tile(step_of, (_ARRANGEMENTS, 1)), axis=1)


def _orders(steps: list[int]) -> Iterator[list[int]]:
    """All different orders of a sorted list."""
    if not steps:
        yield []
    for place, step in enumerate(steps):
        if place == 0 or steps[place - 1] != step:
            for rest in _orders([*steps[:place], *steps[place + 1 :]]):
                yield [step, *rest]
