"""Events to bytes and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import ValidationError

from services.contracts.events import EVENTS_OF, Event
from services.contracts.topics import TopicName

_MODELS = {
    topic: {model.model_fields["type"].default: model for model in models} for topic, models in EVENTS_OF.items()
}

_FIELDS = {model: frozenset(model.model_fields) for models in EVENTS_OF.values() for model in models}


LARGEST: Final[Mapping[TopicName, int]] = {TopicName.ANSWERS: 16 * 1024, TopicName.COMMENTS: 64 * 1024}
"""Bytes of the largest record of a topic, several times what any event of it takes."""

LARGEST_ELSEWHERE: Final = 1024 * 1024
"""The same for all other topics: what producers send at most."""

_NUL: Final = "\0"
_ESCAPED_NUL: Final = b"\\u0000"


class InvalidRecord(ValueError):
    """A record that is not an event of its topic.

    ``error_class`` is one of: oversized, not_json, duplicate_key, nul_character, not_an_object, unknown_type,
    unknown_version, invalid_payload. The text names fields and rules and never a value, so that it can be logged.
    """

    def __init__(self, error_class: str, text: str) -> None:
        super().__init__(f"{error_class}: {text}")
        self.error_class = error_class
        self.text = text


@dataclass(frozen=True)
class Parsed:
    """An event, and the fields of its record that this version of the software does not know."""

    event: Event
    unknown_fields: tuple[str, ...]


def encode(event: Event) -> bytes:
    """The event as compact UTF-8 JSON."""
    return event.model_dump_json().encode()


def parse(topic: TopicName, raw: bytes | None) -> Parsed:
    """The event in ``raw``, which came from ``topic``. Raises InvalidRecord."""
    if raw is None:
        raise InvalidRecord("not_json", "the record has no value")
    content = _content(topic, raw)
    if not isinstance(content, dict):
        raise InvalidRecord("not_an_object", f"an event is a JSON object, not {type(content).__name__}")
    known = _MODELS[topic]
    model = known.get(content.get("type")) if isinstance(content.get("type"), str) else None
    if model is None:
        raise InvalidRecord("unknown_type", f"{topic} carries {', '.join(sorted(known))}")
    if content.get("version") != 1 or isinstance(content.get("version"), bool):
        raise InvalidRecord("unknown_version", "only version 1 is known")
    try:
        event = model.model_validate_json(raw)
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, fault['loc'])) or 'event'}: {fault['type']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise InvalidRecord("invalid_payload", "; ".join(faults)[:2000]) from None
    return Parsed(event, tuple(content.keys() - _FIELDS[model]))


def _content(topic: TopicName, raw: bytes) -> Any:
    """What the record says, where it says it once and clearly. Raises InvalidRecord."""
    largest = LARGEST.get(topic, LARGEST_ELSEWHERE)
    if len(raw) > largest:
        raise InvalidRecord("oversized", f"a record of {topic} has at most {largest} bytes, this one has {len(raw)}")
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord("not_json", f"no JSON from byte {error.pos}") from None
    _refuse_duplicate_keys(raw)
    if _ESCAPED_NUL in raw and _holds_nul(content):
        raise InvalidRecord("nul_character", "a string holds a NUL character")
    return content


def _refuse_duplicate_keys(raw: bytes) -> None:
    """Readers differ in which of two equal keys they believe, so neither is. Raises InvalidRecord."""
    try:
        json.loads(raw, object_pairs_hook=_unlike_keys, parse_int=len, parse_float=len)
    except RecursionError:
        raise InvalidRecord("not_json", "nested too deeply") from None


def _unlike_keys(pairs: Sequence[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise InvalidRecord("duplicate_key", "an object has the same key twice")


def _holds_nul(content: Any) -> bool:
    match content:
        case str():
            return _NUL in content
        case list():
            return any(map(_holds_nul, content))
        case dict():
            return any(_NUL in key or _holds_nul(value) for key, value in content.items())
    return False
