"""A message of blocks, and text made safe for it."""

from dataclasses import dataclass
from typing import Any

import orjson
from slack_sdk.models.blocks import Block

Json = dict[str, Any]
"""A JSON object in the shape that Slack documents."""


@dataclass(frozen=True, repr=False)
class Body:
    """JSON for a ``response_url``. ``replaces``: it changes the message clicked on, so that twice is the same as once;
    else each time shows one more."""

    content: bytes
    replaces: bool


@dataclass(frozen=True)
class Message:
    """Blocks for reading, and a text for notifications that gives nothing away."""

    text: str
    blocks: tuple[Json, ...]

    def replacing(self) -> Body:
        """The body for a ``response_url`` that puts this message in the place of the one clicked on."""
        content = {"replace_original": True, "text": self.text, "blocks": self.blocks}
        return Body(orjson.dumps(content), replaces=True)

    def beside(self) -> Body:
        """The body for a ``response_url`` that shows this message to the person alone and leaves the other."""
        content = {"response_type": "ephemeral", "replace_original": False, "text": self.text, "blocks": self.blocks}
        return Body(orjson.dumps(content), replaces=False)


def message(text: str, *blocks: Block) -> Message:
    """A message; raises SlackObjectFormationError for a block over Slack's limits."""
    return Message(text, tuple(block.to_dict() for block in blocks))


def escaped(text: str) -> str:
    """People's text, so that Slack reads no command, link or mention in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
