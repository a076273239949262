"""FastStream, as "Batch subscriber" shows: ``batch=True``, the model as annotation, commits after the handler."""

import asyncio

from answers import BOOTSTRAP, GROUP, ROWS, TOPIC, Answer, insert
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker

broker = KafkaBroker(BOOTSTRAP, logger=None)


@broker.subscriber(
    TOPIC,
    group_id=GROUP,
    batch=True,
    max_records=ROWS,
    batch_timeout_ms=1_000,
    auto_offset_reset="earliest",
    ack_policy=AckPolicy.NACK_ON_ERROR,
)
async def store(answers: list[Answer]) -> None:
    """Insert a batch."""
    await asyncio.to_thread(insert, [answer.row() for answer in answers])


asyncio.run(FastStream(broker, logger=None).run())
