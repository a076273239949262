"""The ids of blocks and actions, and what a button carries: never more than which question and which point."""

import re
from enum import StrEnum
from typing import Final

from services.pulse_bot.answers.values import GivenAnswer
from services.pulse_bot.ledger.models import MessageKind

_PREFER_NOT: Final = "-"
_SEPARATOR: Final = "|"


class ActionId(StrEnum):
    """Actions that the bot listens to. Those of answers end in the point of the scale, since ids are unique."""

    ANSWER = "pulse.answer"
    CHANGE = "pulse.change"


ANSWER_PATTERN: Final = re.compile(rf"^{re.escape(ActionId.ANSWER.value)}\.[\w-]+$")
"""Matches the action id of every answer button."""


class BlockId(StrEnum):
    """Blocks with a role."""

    ANSWERS = "pulse.answers"
    CHANGE = "pulse.change"


class MalformedButton(ValueError):
    """A button that this bot did not make."""


def message_block(kind: MessageKind, wave_id: str) -> str:
    """The id of a wave message's first block: by it the message is found in a DM's history."""
    return f"{kind.value}:{wave_id}"


def answer_action(value: int | None) -> str:
    """The action id of the button for a point, or for "rather not say"."""
    return f"{ActionId.ANSWER.value}.{_PREFER_NOT if value is None else value}"


def answer_value(kind: MessageKind, answer: GivenAnswer) -> str:
    """What an answer button carries."""
    point = _PREFER_NOT if answer.value is None else str(answer.value)
    return _SEPARATOR.join((kind.value, answer.wave_id, str(answer.index), answer.item_id, point))


def parse_answer(carried: str) -> tuple[MessageKind, GivenAnswer]:
    """The kind of message and the answer that a button stands for. Raises MalformedButton."""
    parts = carried.split(_SEPARATOR)
    if len(parts) != 5:
        raise MalformedButton("an answer button has five parts")
    kind, wave_id, index, item_id, point = parts
    try:
        value = None if point == _PREFER_NOT else int(point)
        return MessageKind(kind), GivenAnswer(wave_id, int(index), item_id, value)
    except ValueError:
        raise MalformedButton("an answer button has a kind, a wave, an index, an item and a point") from None


def change_value(kind: MessageKind, wave_id: str) -> str:
    """What the button "change my answers" carries."""
    return _SEPARATOR.join((kind.value, wave_id))


def parse_change(carried: str) -> tuple[MessageKind, str]:
    """The kind of message and the wave of a "change my answers" button. Raises MalformedButton."""
    kind, separator, wave_id = carried.partition(_SEPARATOR)
    try:
        if not separator:
            raise ValueError
        return MessageKind(kind), wave_id
    except ValueError:
        raise MalformedButton("a change button has a kind and a wave") from None
