"""Block Kit as tables: which fields a block or element has, of which kind, and how long they may be.

Source: Slack's reference of blocks, block elements and composition objects. The checker is in ``blocks``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sandbox.slack import limits

PLAIN: Final = ("plain_text",)
ANY_TEXT: Final = ("plain_text", "mrkdwn")


@dataclass(frozen=True, slots=True)
class Text:
    """A text object (``{"type": "plain_text" | "mrkdwn", "text": …}``)."""

    limit: int
    kinds: tuple[str, ...] = PLAIN
    required: bool = False


@dataclass(frozen=True, slots=True)
class String:
    """A bare string; ``choices`` closes the set."""

    limit: int = limits.URL
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""

    required: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number between two bounds."""

    minimum: int = 0
    maximum: int = 3_000
    required: bool = False


@dataclass(frozen=True, slots=True)
class Anything:
    """A field that is accepted as it comes (its inside is not looked at)."""

    required: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A composition object with fields of its own."""

    fields: dict[str, Field] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """A block element of one of these types."""

    types: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list of ``item``, with its least and greatest length."""

    item: Field
    minimum: int
    maximum: int
    required: bool = False


Field = Text | String | Flag | Number | Anything | Record | Element | Items

_OPTION: Final = Record(
    {
        "text": Text(limits.OPTION_TEXT, ANY_TEXT, required=True),
        "value": String(limits.OPTION_VALUE, required=True),
        "description": Text(75, ANY_TEXT),
        "url": String(limits.URL),
    }
)
_OPTION_GROUP: Final = Record({"label": Text(75, required=True), "options": Items(_OPTION, 1, limits.OPTIONS)})
_CONFIRM: Final = Record(
    {
        "title": Text(100, required=True),
        "text": Text(300, ANY_TEXT, required=True),
        "confirm": Text(30, required=True),
        "deny": Text(30, required=True),
        "style": String(choices=("primary", "danger")),
    }
)
_ACTION: Final[dict[str, Field]] = {"action_id": String(limits.ACTION_ID)}
_CHOICE: Final[dict[str, Field]] = {**_ACTION, "confirm": _CONFIRM, "focus_on_load": Flag()}
_MENU: Final[dict[str, Field]] = {**_CHOICE, "placeholder": Text(limits.PLACEHOLDER)}
_MANY: Final[dict[str, Field]] = {"max_selected_items": Number(1, 100)}
_OPTIONS: Final[dict[str, Field]] = {
    "options": Items(_OPTION, 1, limits.OPTIONS),
    "option_groups": Items(_OPTION_GROUP, 1, limits.OPTIONS),
}
_TYPED: Final[dict[str, Field]] = {
    **_ACTION,
    "placeholder": Text(limits.PLACEHOLDER),
    "focus_on_load": Flag(),
    "dispatch_action_config": Anything(),
}
_IMAGE: Final[dict[str, Field]] = {
    "image_url": String(limits.URL),
    "slack_file": Record({"id": String(255), "url": String(limits.URL)}),
    "alt_text": String(limits.ALT_TEXT, required=True),
}


def _menus_of(thing: str) -> dict[str, dict[str, Field]]:
    return {
        f"{thing}s_select": {**_MENU, f"initial_{thing}": String(255), "response_url_enabled": Flag()},
        f"multi_{thing}s_select": {**_MENU, **_MANY, f"initial_{thing}s": Anything()},
    }


ELEMENTS: Final[dict[str, dict[str, Field]]] = {
    "image": _IMAGE,
    "button": {
        **_ACTION,
        "text": Text(limits.BUTTON_TEXT, required=True),
        "value": String(limits.BUTTON_VALUE),
        "url": String(limits.URL),
        "style": String(choices=("primary", "danger")),
        "confirm": _CONFIRM,
        "accessibility_label": String(75),
    },
    "static_select": {**_MENU, **_OPTIONS, "initial_option": _OPTION},
    "multi_static_select": {**_MENU, **_OPTIONS, **_MANY, "initial_options": Items(_OPTION, 1, limits.OPTIONS)},
    **_menus_of("user"),
    **_menus_of("channel"),
    **_menus_of("conversation"),
    "overflow": {**_ACTION, "options": Items(_OPTION, 1, 5, required=True), "confirm": _CONFIRM},
    "radio_buttons": {**_CHOICE, "options": Items(_OPTION, 1, 10, required=True), "initial_option": _OPTION},
    "checkboxes": {
        **_CHOICE,
        "options": Items(_OPTION, 1, 10, required=True),
        "initial_options": Items(_OPTION, 1, 10),
    },
    "datepicker": {**_MENU, "initial_date": String(10)},
    "timepicker": {**_MENU, "initial_time": String(5), "timezone": String(255)},
    "plain_text_input": {
        **_TYPED,
        "initial_value": String(3_000),
        "multiline": Flag(),
        "min_length": Number(0, 3_000),
        "max_length": Number(1, 3_000),
    },
    "number_input": {
        **_TYPED,
        "is_decimal_allowed": Flag(required=True),
        "initial_value": String(40),
        "min_value": String(40),
        "max_value": String(40),
    },
    "email_text_input": {**_TYPED, "initial_value": String(255)},
    "url_text_input": {**_TYPED, "initial_value": String(limits.URL)},
}

_INPUTS: Final = tuple(name for name in ELEMENTS if name not in {"image", "button", "overflow"})
_IN_ACTIONS: Final = tuple(
    name for name in ELEMENTS if name != "image" and not name.endswith("_input") and not name.startswith("multi_")
)
_BESIDE_TEXT: Final = tuple(name for name in ELEMENTS if not name.endswith("_input"))

BLOCKS: Final[dict[str, dict[str, Field]]] = {
    "section": {
        "text": Text(limits.SECTION_TEXT, ANY_TEXT),
        "fields": Items(Text(limits.SECTION_FIELD_TEXT, ANY_TEXT), 1, limits.SECTION_FIELDS),
        "accessory": Element(_BESIDE_TEXT),
        "expand": Flag(),
    },
    "header": {"text": Text(limits.HEADER_TEXT, required=True)},
    "divider": {},
    "context": {"elements": Items(Element(("image", *ANY_TEXT)), 1, limits.CONTEXT_ELEMENTS, required=True)},
    "actions": {"elements": Items(Element(_IN_ACTIONS), 1, limits.ACTIONS_ELEMENTS, required=True)},
    "image": {**_IMAGE, "title": Text(limits.IMAGE_TITLE)},
    "input": {
        "label": Text(limits.INPUT_LABEL, required=True),
        "element": Element(_INPUTS, required=True),
        "hint": Text(limits.INPUT_LABEL),
        "optional": Flag(),
        "dispatch_action": Flag(),
    },
    "rich_text": {"elements": Anything(required=True)},
    "markdown": {"text": String(limits.MARKDOWN_TEXT, required=True)},
}

MESSAGE_ONLY: Final = frozenset({"markdown"})
VIEW_FIELDS: Final[dict[str, Field]] = {
    "type": String(choices=("modal", "home"), required=True),
    "title": Text(limits.VIEW_TITLE),
    "submit": Text(limits.VIEW_TITLE),
    "close": Text(limits.VIEW_TITLE),
    "private_metadata": String(limits.PRIVATE_METADATA),
    "callback_id": String(limits.CALLBACK_ID),
    "external_id": String(limits.EXTERNAL_ID),
    "clear_on_close": Flag(),
    "notify_on_close": Flag(),
    "submit_disabled": Flag(),
    "blocks": Anything(required=True),
}
