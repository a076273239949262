"""Topics read to their end: all that the broker has acknowledged by then, however long its answers take."""

import time
from collections.abc import Iterable
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

_PATIENCE: Final = 60.0
_ANSWER_MS: Final = 50
"""How long a broker that has nothing new may wait before it says so."""

_ANSWERS: Final = 2
"""The first may be to a question that was under way; the second is to one that was asked since."""


class Reading:
    """Reads topics of one broker from their beginning, and on from there.

    That nothing came for a while says nothing on a busy machine, and the sandbox's broker may tell wrong end offsets.
    So a topic counts as read when the broker was asked for more, and has answered that there is none.
    """

    def __init__(self, bootstrap: str, topics: Iterable[str]) -> None:
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_ANSWER_MS,
        )
        self._answers = 0
        self._listen(self._consumer._fetcher)
        partitions = [place for topic in topics for place in self._partitions(str(topic))]
        self._consumer.assign(partitions)
        for partition in partitions:
            self._consumer.seek(partition, 0)

    def more(self) -> list[ConsumerRecord]:
        """What was written since the last time; of each partition in its order."""
        give_up = time.monotonic() + _PATIENCE
        found: list[ConsumerRecord] = []
        since = self._answers
        while True:
            answered = self._answers - since >= _ANSWERS
            polled = self._consumer.poll(timeout_ms=_ANSWER_MS)
            if polled:
                found += [record for records in polled.values() for record in records]
                since = self._answers
            elif answered:
                return found
            assert time.monotonic() < give_up, f"the broker did not say within {_PATIENCE:.0f} s what more there is"

    def close(self) -> None:
        """End."""
        self._consumer.close()

    def _listen(self, fetcher: Any) -> None:
        """Count answers, once what they hold can be polled."""
        handle = fetcher._handle_fetch_response

        def heard(node: Any, offsets: Any, sent: Any, response: Any) -> None:
            handle(node, offsets, sent, response)
            if not any(place.error_code for topic in response.responses for place in topic.partitions):
                self._answers += 1

        fetcher._handle_fetch_response = heard

    def _partitions(self, topic: str) -> list[TopicPartition]:
        give_up = time.monotonic() + _PATIENCE
        while not (numbers := self._consumer.partitions_for_topic(topic)):
            assert time.monotonic() < give_up, f"there is no topic {topic}"
        return [TopicPartition(topic, number) for number in sorted(numbers)]


def everything(bootstrap: str, *topics: str) -> list[ConsumerRecord]:
    """All records of these topics."""
    reading = Reading(bootstrap, topics)
    try:
        return reading.more()
    finally:
        reading.close()
