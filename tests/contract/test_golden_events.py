"""Every version of every event that was ever written must be readable for ever.

A golden example is never changed and never removed: a new version, or a new field that matters, gets a new file.
"""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.contracts import wire
from services.contracts.events import EVENTS_OF
from services.contracts.topics import TopicName
from services.ingest.rows import Place, rows_of

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


def example(path: Path) -> tuple[TopicName, dict[str, Any]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return TopicName(content["topic"]), content["event"]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_example_still_parses_and_says_the_same_when_written_again(path: Path) -> None:
    topic, event = example(path)
    parsed = wire.parse(topic, orjson.dumps(event))
    assert parsed.unknown_fields == ()
    again = orjson.loads(wire.encode(parsed.event))
    assert {field: again[field] for field in event} == event
    assert wire.parse(topic, wire.encode(parsed.event)).event == parsed.event


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_example_with_a_field_of_the_future_is_read_and_the_field_is_counted(path: Path) -> None:
    topic, event = example(path)
    parsed = wire.parse(topic, orjson.dumps({**event, "of_the_future": {"deep": [1]}}))
    assert parsed.unknown_fields == ("of_the_future",)
    assert parsed.event == wire.parse(topic, orjson.dumps(event)).event


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_example_of_another_version_is_refused(path: Path) -> None:
    topic, event = example(path)
    with pytest.raises(wire.InvalidRecord) as refused:
        wire.parse(topic, orjson.dumps({**event, "version": 2}))
    assert refused.value.error_class == "unknown_version"


@pytest.mark.parametrize(
    "path", [path for path in GOLDEN if not path.stem.startswith("dead.letter")], ids=lambda path: path.stem
)
def test_a_golden_example_has_rows_to_be_stored_as(path: Path) -> None:
    topic, event = example(path)
    assert list(rows_of(wire.parse(topic, orjson.dumps(event)).event, Place(topic, 3)))


def test_every_event_of_every_topic_has_a_golden_example() -> None:
    shown = {(topic, event["type"]) for topic, event in map(example, GOLDEN)}
    carried = {(topic, model.model_fields["type"].default) for topic, models in EVENTS_OF.items() for model in models}
    assert carried - shown == {(TopicName.COMMENTS, "wave.end")}  # the same event as in answers


def test_answers_and_comments_carry_no_time_and_no_member() -> None:
    for topic in (TopicName.ANSWERS, TopicName.COMMENTS):
        for model in EVENTS_OF[topic]:
            assert set(model.model_fields) <= {
                *("type", "version", "event_id", "wave_id", "ballot_id", "node_id", "item_id", "value", "revision"),
                *("comment_id", "question", "text"),
            }
