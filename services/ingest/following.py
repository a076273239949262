"""Brokers follow their controller a moment later: what was changed is looked for until it is there."""

from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Final, TypeVar

FOLLOWS_SECONDS: Final = 20.0
"""How long a broker may take; a busy cluster that has just started takes some of it."""

_PAUSE_SECONDS: Final = 0.2

_Step = TypeVar("_Step")


def left_after(seconds: float, look: Callable[[], Sequence[_Step]]) -> Sequence[_Step]:
    """What ``look`` still finds to be done after so many ``seconds``; ends as soon as it finds nothing."""
    give_up = monotonic() + seconds
    while (left := look()) and monotonic() < give_up:
        sleep(_PAUSE_SECONDS)
    return left
