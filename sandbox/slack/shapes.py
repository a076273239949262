"""The shape of a payload: Slack's own field names and kinds of values, and nothing that a person or a bot put in.

The inspector shows who asked when. With a value, an id or a key of the bot's own beside that, it would show who
answered what; so all of these are left out, whatever they are.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

_MOST_ITEMS: Final = 12
_DEEPEST: Final = 12
_KEYED_BY_THE_BOT: Final = frozenset({"values", "event_payload", "errors"})
"""Objects whose keys are not Slack's: what inputs hold, metadata, errors by block."""
_WORDS: Final = {str: "text", bool: "yes or no", int: "number", float: "number", type(None): "nothing"}
_KIND: Final = re.compile(r"[a-z_.]{1,40}")


def shape_of(payload: Any) -> str:
    """The shape as indented JSON. JSON inside a form field is looked into."""
    plain = orjson.loads(orjson.dumps(payload))  # blocks travel as ready-made JSON
    return orjson.dumps(_shape(plain, 0), option=orjson.OPT_INDENT_2).decode()


def _shape(value: Any, depth: int, *, keys_hidden: bool = False) -> Any:
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, dict):
        if not keys_hidden:
            return {str(name): _field(str(name), inside, depth) for name, inside in value.items()}
        value = list(value.values())
    if isinstance(value, list):
        shown = [_shape(item, depth + 1, keys_hidden=keys_hidden) for item in value[:_MOST_ITEMS]]
        return shown if len(value) <= _MOST_ITEMS else [*shown, "…"]
    return _WORDS.get(type(value), "…")


def _field(name: str, value: Any, depth: int) -> Any:
    if name == "type" and isinstance(value, str) and _KIND.fullmatch(value):
        return value
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return "text"
    return _shape(value, depth + 1, keys_hidden=name in _KEYED_BY_THE_BOT)
