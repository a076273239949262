"""Processes that die at a chosen moment: the n-th effect on the world is the last, done or not done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from services.pulse_bot.waves.workshop import Workshop


class Crash(BaseException):
    """The process is gone; nothing of it runs any more. No handler of ours may catch it."""


class Dies(Enum):
    """Whether the last effect still happened."""

    BEFORE = "before"
    AFTER = "after"


@dataclass
class Fate:
    """Dies at effect number ``at`` (from 1). ``effects`` are the names of those that were begun."""

    at: int
    dies: Dies
    effects: list[str]

    async def around(self, name: str, effect: Callable[..., Any], *arguments: Any) -> Any:
        self._begin(name)
        result = await effect(*arguments)
        self._end()
        return result

    def around_now(self, name: str, effect: Callable[..., Any], *arguments: Any) -> Any:
        self._begin(name)
        result = effect(*arguments)
        self._end()
        return result

    def _begin(self, name: str) -> None:
        if len(self.effects) >= self.at:
            raise Crash  # other tasks of a dead process do nothing more either
        self.effects.append(name)
        if len(self.effects) == self.at and self.dies is Dies.BEFORE:
            raise Crash

    def _end(self) -> None:
        if len(self.effects) >= self.at:
            raise Crash


class _Mortal:
    """Wraps a collaborator; the named methods are effects."""

    def __init__(self, inner: Any, fate: Fate, effects: tuple[str, ...], plain: tuple[str, ...] = ()) -> None:
        self._inner, self._fate, self._effects, self._plain = inner, fate, effects, plain

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        label = f"{type(self._inner).__name__}.{name}"
        if name in self._effects:
            return lambda *arguments: self._fate.around(label, method, *arguments)
        if name in self._plain:
            return lambda *arguments: self._fate.around_now(label, method, *arguments)
        return method


class _MortalRecords:
    """Kafka: the record is acknowledged before the process dies after it, and never leaves when it dies before."""

    def __init__(self, inner: Any, fate: Fate) -> None:
        self._inner, self._fate = inner, fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, record: Any) -> Any:
        async def acknowledged() -> None:
            await self._inner.send(record)

        return self._fate.around("RecordWriter.send", acknowledged)


def mortal(workshop: Workshop, fate: Fate) -> Workshop:
    """The same tools, in the hands of a process with that fate."""
    return replace(
        workshop,
        ledger=_Mortal(workshop.ledger, fate, ("write", "maintain")),
        keys=_Mortal(workshop.keys, fate, (), ("ensure", "destroy")),
        records=_MortalRecords(workshop.records, fate),
        slack=_Mortal(workshop.slack, fate, ("post_once",)),
    )
