"""What is no event, told by its class; and what only looks odd, and is one."""

from random import Random

import orjson
import pytest

from services.contracts import wire
from services.contracts.topics import TopicName
from tests.integration.ingest.events import Broken, answer, broken

CLASSES = {
    Broken.MALFORMED: "not_json",
    Broken.OVERSIZED: "oversized",
    Broken.TRUNCATED: "not_json",
    Broken.WRONG_VERSION: "unknown_version",
    Broken.UNKNOWN_TYPE: "unknown_type",
    Broken.DUPLICATE_KEY: "duplicate_key",
    Broken.NUL: "not_json",
    Broken.ESCAPED_NUL: "nul_character",
    Broken.NOT_UTF_8: "not_json",
    Broken.SURROGATE: "not_json",
    Broken.OUT_OF_RANGE: "invalid_payload",
    Broken.WRONG_KIND: "invalid_payload",
    Broken.SHORT_ID: "invalid_payload",
    Broken.NO_OBJECT: "not_an_object",
}


@pytest.mark.parametrize("kind", Broken)
def test_a_broken_record_is_refused_for_what_is_wrong_with_it(kind: Broken) -> None:
    with pytest.raises(wire.InvalidRecord) as refused:
        wire.parse(TopicName.ANSWERS, broken(kind, "w", Random(1)))
    assert refused.value.error_class == CLASSES[kind]


@pytest.mark.parametrize(
    "odd",
    [
        orjson.dumps(orjson.loads(wire.encode(answer("w", 1))), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS),
        wire.encode(answer("w", 1))[:-1] + b',"of_the_future":{"value":1e300,"version":' + b"9" * 30 + b"}}",
        wire.encode(answer("w", 1))[:-1] + b',"of_the_future":"the text \\\\u0000 is no NUL"}',
    ],
    ids=["spaces and another order", "numbers that nothing holds", "a backslash before u0000"],
)
def test_what_only_looks_odd_is_read(odd: bytes) -> None:
    event = wire.parse(TopicName.ANSWERS, odd).event
    assert event.model_copy(update={"event_id": None}) == answer("w", 1).model_copy(update={"event_id": None})


def test_what_is_nested_deeper_than_anybody_reads_is_refused() -> None:
    deep = wire.encode(answer("w", 1))[:-1] + b',"of_the_future":' + b"[" * 1_000 + b"]" * 1_000 + b"}"
    with pytest.raises(wire.InvalidRecord):
        wire.parse(TopicName.ANSWERS, deep)
