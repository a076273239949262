"""Which wave asks which open question."""

from dataclasses import dataclass

from services.contracts.base import ItemId
from services.contracts.survey import OPEN_QUESTIONS


@dataclass(frozen=True)
class OpenQuestion:
    """The open question of a wave: its id as comments carry it."""

    id: ItemId
    number: int


def open_question(number: int, every: int) -> OpenQuestion | None:
    """The open question of wave ``number`` (from 1): one in ``every`` waves, the questions in turn; else None."""
    if every == 0 or number % every:
        return None
    turn = (number // every - 1) % len(OPEN_QUESTIONS)
    return OpenQuestion(tuple(OPEN_QUESTIONS)[turn], turn)
