"""What ingest knows of waves: which are released (their answers are dropped), and what the open ones ask of whom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

from services.contracts.events import AnswerGiven

LARGEST_VALUE: Final = 11
"""Points of the longest scale that the contract knows."""

FRESH_SECONDS: Final = 1.0
"""How old the knowledge may be when a batch with answers is written."""


@dataclass(frozen=True)
class Asked:
    """What a wave asks: the points m of each item's scale, and the nodes of its tree."""

    points: Mapping[str, int]
    nodes: frozenset[str]


class WaveFacts(Protocol):
    """Where the facts are."""

    def released(self) -> frozenset[str]:
        """The ids of all released waves. Raises Unavailable."""

    def asked(self) -> Mapping[str, Asked]:
        """What each wave that is not released asks. Raises Unavailable."""


class KnownWaves:
    """A copy of the facts, renewed when it is needed and old."""

    def __init__(self, facts: WaveFacts, now: Callable[[], float] = monotonic) -> None:
        self._facts = facts
        self._now = now
        self._released: frozenset[str] = frozenset()
        self._released_at = float("-inf")
        self._asked: Mapping[str, Asked] = {}
        self._asked_at = float("-inf")
        self._missed = True
        self.edition = 0
        """Rises whenever what is known of the asked items changes."""

    def released(self) -> frozenset[str]:
        """The released waves, at most a second old. Raises Unavailable."""
        if self._now() - self._released_at > FRESH_SECONDS:
            self._released = self._facts.released()
            self._released_at = self._now()
        return self._released

    def renew(self) -> None:
        """Learn of new waves, where an answer has asked for one. Raises Unavailable."""
        if self._missed and self._now() - self._asked_at > FRESH_SECONDS:
            self._asked = self._facts.asked()
            self._asked_at = self._now()
            self._missed = False
            self.edition += 1

    def fault(self, answer: AnswerGiven) -> str | None:
        """What is wrong with the answer, without its value; None when nothing is.

        The order between topics is not promised: an answer whose wave is not known here yet is taken as right.
        """
        asked = self._asked.get(answer.wave_id)
        if asked is None:
            self._missed = True
            return None
        points = asked.points.get(answer.item_id)
        if points is None:
            return "item_id: the wave does not ask this item"
        if answer.value is not None and answer.value > points:
            return f"value: the scale of {answer.item_id} has {points} points"
        if answer.node_id not in asked.nodes:
            return "node_id: the wave's tree has no such node"
        return None

    def largest_value(self, wave_id: str, node_id: str, item_id: str) -> int | None:
        """The points of the item's scale; None where the wave does not ask this of this node (``fault`` says what).

        Of a wave that is not known here yet everything is taken as right, as in ``fault``.
        """
        asked = self._asked.get(wave_id)
        if asked is None:
            self._missed = True
            return LARGEST_VALUE
        return asked.points.get(item_id) if node_id in asked.nodes else None
