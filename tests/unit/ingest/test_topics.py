"""What is asked of the broker for each topic, and that it is asked whether it does it."""

from typing import Any

import pytest

from services.contracts.topics import TOPICS, TopicName
from services.ingest.topics import TopicFault, configurations, plan, verify

DAY_MS = 86_400_000


class ForgetfulBroker:
    """Has every topic, and tells the default of every setting whatever was set."""

    def list_topics(self) -> list[str]:
        return [str(topic) for topic in TOPICS]

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [{"name": name, "partitions": [{}] * TOPICS[TopicName(name)].partitions} for name in names]

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        defaults = {"cleanup.policy": {"value": "delete"}, "retention.ms": {"value": str(7 * DAY_MS)}}
        return {"topic": {resource.name: defaults for resource in resources}}


def test_answers_are_kept_for_45_days_and_compacted_topics_for_ever() -> None:
    kept = {str(name): configurations(topic) for name, topic in TOPICS.items()}
    assert kept["pulse.answers.v1"]["retention.ms"] == kept["pulse.comments.v1"]["retention.ms"] == str(45 * DAY_MS)
    assert (
        kept["pulse.outcomes.v1"]["retention.ms"] == kept["pulse.dead-letters.v1"]["retention.ms"] == str(30 * DAY_MS)
    )
    assert kept["pulse.waves.v1"] == kept["pulse.announcements.v1"]
    assert (kept["pulse.waves.v1"]["cleanup.policy"], kept["pulse.waves.v1"]["retention.ms"]) == ("compact", "-1")
    assert {settings["message.timestamp.type"] for settings in kept.values()} == {"CreateTime"}


def test_two_of_three_replicas_must_have_a_record_and_one_replica_is_alone() -> None:
    answers = TOPICS[TopicName.ANSWERS]
    assert configurations(answers, 3)["min.insync.replicas"] == "2"
    assert "min.insync.replicas" not in configurations(answers, 1)


def test_a_broker_that_does_not_keep_what_was_set_is_named_with_the_topic() -> None:
    broker: Any = ForgetfulBroker()
    assert len(plan(broker, TOPICS.values()).steps) == len(TOPICS)
    with pytest.raises(
        TopicFault, match=r"pulse\.waves\.v1: the broker does not have what was set: .*retention\.ms=-1"
    ):
        verify(broker, TOPICS.values(), seconds=0)


class LateBroker(ForgetfulBroker):
    """Of a cluster: hears of a new topic later than its controller, and of its partitions after that."""

    def __init__(self) -> None:
        self.asked = 0

    def list_topics(self) -> list[str]:
        self.asked += 1
        return [name for name in super().list_topics() if self.asked > 3 or name != TopicName.DEAD_LETTERS]

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [
            one | {"partitions": []} if self.asked < 6 and one["name"] == TopicName.DEAD_LETTERS else one
            for one in super().describe_topics(names)
        ]

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        def told(name: str) -> dict[str, Any]:
            return {key: {"value": value} for key, value in configurations(TOPICS[TopicName(name)]).items()}

        return {"topic": {resource.name: told(resource.name) for resource in resources}}


def test_a_broker_that_hears_of_a_new_topic_later_than_its_controller_is_asked_until_it_has() -> None:
    broker: Any = LateBroker()
    verify(broker, TOPICS.values())
    assert broker.asked == 6
