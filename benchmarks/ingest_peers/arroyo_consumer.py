"""sentry-arroyo, as its "Getting started" shows: a factory of steps, BatchStep, and the commit step at the end."""

import signal
from collections.abc import Mapping
from typing import Any

from answers import BOOTSTRAP, GROUP, ROWS, SECONDS, TOPIC, Answer, insert
from arroyo import Topic
from arroyo.backends.kafka import KafkaConsumer, KafkaPayload
from arroyo.backends.kafka.configuration import build_kafka_consumer_configuration
from arroyo.commit import ONCE_PER_SECOND
from arroyo.processing import StreamProcessor
from arroyo.processing.strategies import CommitOffsets, ProcessingStrategy, ProcessingStrategyFactory, RunTask
from arroyo.processing.strategies.batching import BatchStep, ValuesBatch
from arroyo.types import Commit, Message, Partition


def parse(message: Message[KafkaPayload]) -> tuple[object, ...]:
    """The row of a message."""
    return Answer.model_validate_json(message.payload.value).row()


def write(message: Message[ValuesBatch[tuple[object, ...]]]) -> None:
    """Insert a batch."""
    insert([value.payload for value in message.payload])


class Steps(ProcessingStrategyFactory[KafkaPayload]):
    """parse, batch, insert, commit."""

    def create_with_partitions(
        self,
        commit: Commit,
        partitions: Mapping[Partition, int],  # noqa: ARG002
    ) -> ProcessingStrategy[KafkaPayload]:
        """The chain."""
        batches: Any = BatchStep(ROWS, SECONDS, RunTask(write, CommitOffsets(commit)))
        return RunTask(parse, batches)


configuration = build_kafka_consumer_configuration(
    {"bootstrap.servers": BOOTSTRAP}, auto_offset_reset="earliest", group_id=GROUP
)
processor = StreamProcessor(
    consumer=KafkaConsumer(configuration), topic=Topic(TOPIC), processor_factory=Steps(), commit_policy=ONCE_PER_SECOND
)
signal.signal(signal.SIGTERM, lambda *_: processor.signal_shutdown())
processor.run()
