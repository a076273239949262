"""Answers as traces may tell of them: stored for ten people and more together, never for one."""

import time
from dataclasses import dataclass, field

from services.pulse_bot.answers.values import Person
from services.runtime.tracing import spans
from services.runtime.tracing.context import of_wave
from services.runtime.tracing.names import FEWEST_PEOPLE, SpanName, band

_SECONDS = 1.0
"""A crowd gathers for so long at least: on a busy morning a span a second, not one for every ten people."""


@dataclass
class _Crowd:
    began: float
    people: set[Person] = field(default_factory=set)
    answers: int = 0


class Crowds:
    """Gathers, per wave, the answers that were stored since the last span. Who it was is forgotten with each span."""

    def __init__(self) -> None:
        self._crowds: dict[str, _Crowd] = {}

    def stored(self, wave_id: str, person: Person) -> None:
        """An answer of ``person`` was stored now."""
        if not spans.enabled():
            return
        now = time.time()
        crowd = self._crowds.setdefault(wave_id, _Crowd(now))
        crowd.people.add(person)
        crowd.answers += 1
        if len(crowd.people) >= FEWEST_PEOPLE and now - crowd.began >= _SECONDS:
            spans.over(SpanName.ANSWERS_STORED, crowd.began, now, of_wave(wave_id), rows=band(crowd.answers))
            del self._crowds[wave_id]

    def forget_all_but(self, open_waves: frozenset[str]) -> None:
        """Forget who answered in waves that are open no more."""
        for wave_id in self._crowds.keys() - open_waves:
            del self._crowds[wave_id]
