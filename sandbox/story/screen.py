"""What a person makes of a message: the question it asks and the button that says what they mean.

The story reads like a person, by the words on the screen, so that a button with the wrong words would give wrong
scores and be found out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sandbox.slack.wire import Json
from services.contracts.survey import Item


@dataclass(frozen=True)
class Button:
    """A button as it is on the screen, with what it carries."""

    block_id: str
    action_id: str
    value: str | None
    text: str


@dataclass(frozen=True)
class Screen:
    """A message as a person sees it. ``question`` is None where it asks nothing; ``buttons`` by their words."""

    message: Json
    question: Item | None
    buttons: Mapping[str, Button]

    def button_for(self, value: int | None) -> Button | None:
        """The button for a point of the scale (None: for "rather not say"); None if there is none."""
        if self.question is None:
            return None
        labels = {words for label in self.question.scale for words in (label.nl, label.en)}
        if value is None:
            others = [button for label, button in self.buttons.items() if label not in labels]
            return others[0] if len(others) == 1 else None
        label = self.question.scale[value - 1]
        return self.buttons.get(label.nl) or self.buttons.get(label.en)

    def button_with(self, action_id: str) -> Button | None:
        """The button with this action id, if it is there."""
        return next((button for button in self.buttons.values() if button.action_id == action_id), None)


def read_screen(message: Json, items: Iterable[Item]) -> Screen:
    """The message as a person reads it, who knows the questions of the wave."""
    blocks = message.get("blocks", [])
    words = _unescaped("\n".join(_texts(blocks)))
    asked = [item for item in items if item.text.nl in words or item.text.en in words]
    buttons = {
        element["text"]["text"]: Button(
            block["block_id"], element["action_id"], element.get("value"), element["text"]["text"]
        )
        for block in blocks
        if block.get("type") == "actions"
        for element in block["elements"]
        if element.get("type") == "button" and "url" not in element
    }
    return Screen(message, asked[0] if len(asked) == 1 else None, buttons)


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for inner in part.values():
            yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)


def _unescaped(words: str) -> str:
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
