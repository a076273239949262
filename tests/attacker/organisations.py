"""Random organisations that are hard to publish safely: small units, silent people, deep trees, three waves."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.contracts.base import ROOT_ID, Text
from services.contracts.survey import Item, Measure, Polarity
from services.contracts.tree import Cadence, Phase, WaveNode
from services.metrics.release.classes import Tally
from services.metrics.release.wave import ClosedWave

_YES_NO = (Text(nl="nee", en="no"), Text(nl="ja", en="yes"))
ITEMS = tuple(
    Item(id=name, measure=Measure.TRUST, polarity=Polarity.MORE, text=Text(nl="?", en="?"), scale=_YES_NO)
    for name in ("A1", "A2", "A3")
)
_OPENED = datetime(2026, 1, 5, tzinfo=UTC)
_PHASES = (None, Phase.PILOT, Phase.LIVE)


@dataclass(frozen=True)
class Organisation:
    """Waves of one tree with the answers of every unit; `audience`: nodes that an announcement went to."""

    waves: tuple[ClosedWave, ...]
    answers: tuple[Mapping[str, Tally], ...]
    audience: frozenset[str]

    @property
    def invited(self) -> Mapping[str, int]:
        """People directly at each node."""
        return {node.id: node.invited for node in self.waves[0].nodes}


def organisation(
    tree: Mapping[str, str | None],
    invited: Mapping[str, int],
    answers: Sequence[Mapping[str, Sequence[int]]],
    phases: Mapping[str, Phase | None] | None = None,
    audience: frozenset[str] = frozenset(),
) -> Organisation:
    """`tree`: node -> parent, parents first. `answers`: per wave, unit -> number of answers to each item."""
    below = {node: sum(invited[other] for other in tree if node in _line(tree, other)) for node in tree}
    nodes = tuple(
        WaveNode.model_construct(
            id=node,
            parent=parent,
            name=_YES_NO[0],
            phase=(phases or {}).get(node),
            invited=invited[node],
            cadence=Cadence.WAVE if below[node] >= 20 else Cadence.WINDOW,
        )
        for node, parent in tree.items()
    )
    items = ITEMS[: len(next(iter(answers[0].values())))]
    waves = tuple(
        ClosedWave(
            wave_id=f"w{number}",
            campaign_id="c",
            title=_YES_NO[0],
            opened_at=_OPENED + timedelta(weeks=number),
            closed_at=_OPENED + timedelta(weeks=number + 1),
            items=items,
            score_floor=5,
            distribution_floor=10,
            nodes=nodes,
        )
        for number in range(len(answers))
    )
    return Organisation(
        waves,
        tuple({unit: _tally(invited[unit], items, numbers) for unit, numbers in wave.items()} for wave in answers),
        audience,
    )


def stressful(seed: int) -> Organisation:
    """One of countless: up to eight units in three levels, most of them around the floors, in one or three waves."""
    dice = random.Random(seed)
    tree: dict[str, str | None] = {ROOT_ID: None}
    for name in "abcdefg"[: dice.randint(1, 7)]:
        parents = [node for node in tree if _depth(tree, node) < 3]
        tree[name] = dice.choice([ROOT_ID, *parents])
    invited = {node: 0 if node == ROOT_ID and dice.random() < 0.6 else _size(dice) for node in tree}
    items = dice.choice((1, 1, 2, 3))
    response = dice.choice((0.4, 0.7, 0.7, 0.9))
    waves = dice.choice((1, 3, 3))
    answers = [{unit: _answers(dice, invited[unit], response, items) for unit in tree} for _ in range(waves)]
    phases = {node: dice.choice(_PHASES) for node in tree if dice.random() < 0.6}
    audience = frozenset(node for node in tree if dice.random() < 0.3)
    return organisation(tree, invited, answers, phases, audience)


def _size(dice: random.Random) -> int:
    """Mostly where the floors are."""
    kind = dice.random()
    if kind < 0.1:
        return 0
    if kind < 0.65:
        return dice.randint(2, 14)
    return dice.randint(12, 24) if kind < 0.9 else dice.randint(25, 60)


def _answers(dice: random.Random, invited: int, response: float, items: int) -> tuple[int, ...]:
    """Some units are silent, in some everybody answers; an item may be skipped by a few."""
    kind = dice.random()
    ballots = 0 if kind < 0.06 else invited if kind < 0.12 else sum(dice.random() < response for _ in range(invited))
    return tuple(max(0, ballots - dice.choice((0, 0, 0, 1, 2))) for _ in range(items))


def _tally(invited: int, items: Sequence[Item], numbers: Sequence[int]) -> Tally:
    answered = dict(zip((item.id for item in items), numbers, strict=True))
    return Tally(
        invited,
        max(numbers),
        {item: (number, 0) for item, number in answered.items()},
        {item: max(numbers) - number for item, number in answered.items()},
    )


def _line(tree: Mapping[str, str | None], node: str) -> list[str]:
    """The node and everything above it."""
    found = [node]
    while (above := tree[found[-1]]) is not None:
        found.append(above)
    return found


def _depth(tree: Mapping[str, str | None], node: str) -> int:
    return len(_line(tree, node))
