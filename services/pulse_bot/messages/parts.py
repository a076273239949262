"""The parts that messages, modals and App Home are made of; each raises SlackObjectFormationError over a limit."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    InputBlock,
    InteractiveElement,
    MarkdownTextObject,
    Option,
    OptionGroup,
    PlainTextObject,
    SectionBlock,
    TextObject,
)
from slack_sdk.models.views import View

from services.pulse_bot.messages.message import Json, escaped

SECTION: Final = 3_000
HEADER: Final = 150
OPTION: Final = 75
_PIECE: Final = 2_900
_LEAST: Final = 200
_CHOICES: Final = 100
_GROUP_NAME: Final = 35
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


def header(text: str) -> Block:
    """A heading; cut where it is too long."""
    return HeaderBlock(text=PlainTextObject(text=clipped(text, HEADER)))


def section(text: str, accessory: Any = None, block_id: str | None = None) -> Block:
    """A paragraph of mrkdwn; people's text in it has been escaped."""
    return SectionBlock(text=MarkdownTextObject(text=text), accessory=accessory, block_id=block_id)


def context(*texts: str) -> Block:
    """Small print."""
    return ContextBlock(elements=[MarkdownTextObject(text=clipped(text, 2_000)) for text in texts])


def actions(block_id: str, *elements: InteractiveElement) -> Block:
    """A row of buttons or menus."""
    return ActionsBlock(block_id=block_id, elements=list(elements))


def button(
    text: str, action_id: str, value: str = "-", *, style: str | None = None, confirm: ConfirmObject | None = None
) -> ButtonElement:
    """A button."""
    return ButtonElement(text=text, action_id=action_id, value=value, style=style, confirm=confirm)


def confirm(title: str, text: str, yes: str, no: str) -> ConfirmObject:
    """A question before a click counts."""
    return ConfirmObject(title=title, text=PlainTextObject(text=clipped(text, 300)), confirm=yes, deny=no)


def option(text: str, value: str) -> Option:
    """A choice of a menu; its text is cut where it is too long."""
    return Option(text=PlainTextObject(text=clipped(text, OPTION)), value=value)


def offered(options: Sequence[Option]) -> dict[str, Any]:
    """The choices of a menu as its arguments: above Slack's hundred in groups of a hundred, none left out.

    A group is called after its first and last choice. Slack takes a hundred groups.
    """
    if len(options) <= _CHOICES:
        return {"options": list(options)}
    groups = [options[first : first + _CHOICES] for first in range(0, len(options), _CHOICES)]
    return {
        "option_groups": [
            OptionGroup(label=PlainTextObject(text=f"{_short(group[0])} – {_short(group[-1])}"), options=list(group))
            for group in groups[:_CHOICES]
        ]
    }


def _short(choice: Option) -> str:
    return clipped(choice.text.text if isinstance(choice.text, TextObject) else str(choice.text), _GROUP_NAME)


def picked(options: Sequence[Option], *values: str) -> list[Option] | None:
    """The options with these values; None where there is none, since Slack takes no empty list."""
    return [choice for choice in options if choice.value in values] or None


def one_picked(options: Sequence[Option], value: str | None) -> Option | None:
    """The option with this value."""
    return next((choice for choice in options if choice.value == value), None)


def asks(block_id: str, label: str, element: Any, *, optional: bool = False, hint: str | None = None) -> Block:
    """A field of a modal. The block and its element have the same id."""
    return InputBlock(
        block_id=block_id,
        label=PlainTextObject(text=label),
        element=element,
        optional=optional,
        hint=PlainTextObject(text=hint) if hint else None,
    )


@dataclass(frozen=True)
class Dialog:
    """The frame of a modal: which one it is, its title and buttons, and what it is about."""

    callback_id: str
    title: str
    submit: str | None
    close: str
    about: str = ""


def modal(dialog: Dialog, *blocks: Block) -> Json:
    """A modal. ``about`` of the dialog is kept with it and comes back: ids, never anything of an answer."""
    view = View(
        type="modal",
        callback_id=dialog.callback_id,
        title=PlainTextObject(text=dialog.title),
        submit=PlainTextObject(text=dialog.submit) if dialog.submit else None,
        close=PlainTextObject(text=dialog.close),
        private_metadata=dialog.about,
        blocks=list(blocks),
    )
    return dict(view.to_dict())


def clipped(text: str, limit: int) -> str:
    """The text, cut with an ellipsis at ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def isolated(text: str, limit: int = 200) -> str:
    """People's text inside a sentence, escaped, on one line, cut at ``limit`` characters after escaping.

    Its direction of writing stays inside it.
    """
    safe = escaped(" ".join(text.split()))
    if len(safe) > limit:
        safe = safe[: _cut(safe, limit - 1)] + "…"
    return f"{_ISOLATE}{safe}{_END_ISOLATE}"


def paragraphs(text: str, budget: int = 9_000) -> list[Block]:
    """People's text as sections, escaped and within Slack's limits; cut at ``budget`` characters after escaping."""
    return [section(piece) for piece in pieces(escaped(text.strip()), budget)]


def pieces(text: str, budget: int, piece: int = _PIECE) -> Iterator[str]:
    """Escaped text in pieces of at most ``piece`` characters, cut at line ends or spaces, never inside ``&amp;``."""
    left = budget
    while text and left > 0:
        size = min(piece, left)
        cut = _cut(text, size) if len(text) > size else len(text)
        part, text = text[:cut], text[cut:].lstrip()
        left -= len(part)
        if text and left < _LEAST:
            text, part = "", part.rstrip() + "…"
        if part.strip():
            yield part


def quotation(text: str, budget: int = 9_000) -> list[Block]:
    """People's text as quoted sections, escaped, cut like ``paragraphs``."""
    found = []
    for piece in pieces(escaped(text.strip()), budget, _PIECE // 2):
        lines = [line for line in piece.splitlines() if line.strip()]
        found.append(section(clipped("\n".join(f"> {line}" for line in lines), SECTION)))
    return found


def within(blocks: Iterable[Block], budget: int) -> list[Block]:
    """As many of the blocks, from the first on, as fit ``budget`` characters of JSON."""
    kept: list[Block] = []
    for block in blocks:
        budget -= len(json.dumps(block.to_dict(), ensure_ascii=False))
        if budget < 0:
            break
        kept.append(block)
    return kept


def dicts(blocks: Iterable[Block]) -> list[Json]:
    """The blocks as JSON objects."""
    return [block.to_dict() for block in blocks]


def _cut(text: str, size: int) -> int:
    cut = max(text.rfind("\n", size // 2, size), text.rfind(" ", size // 2, size))
    cut = cut if cut > 0 else size
    entity = text.rfind("&", max(0, cut - 5), cut)
    return entity if entity > 0 and ";" not in text[entity:cut] else cut
