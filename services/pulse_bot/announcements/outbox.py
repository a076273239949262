"""Events on their way to Kafka: written down with the change that they tell of, removed when Kafka has them."""

import asyncio

from sqlalchemy import Connection, delete, insert, select

from services.contracts.events import Event
from services.contracts.topics import TopicName
from services.contracts.wire import encode
from services.pulse_bot.answers.records import KafkaAway, Record, RecordWriter
from services.pulse_bot.ledger.announcing import OutboxRow
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.writer import Operation
from services.runtime.tracing import spans
from services.runtime.tracing.names import Attribute, SpanName

_SECONDS = 20.0


def put(connection: Connection, topic: TopicName, key: str, event: Event) -> None:
    """Queue an event, in the transaction of the change that it tells of."""
    connection.execute(insert(OutboxRow).values(topic=topic.value, key=key, body=encode(event).decode()))


async def deliver(ledger: Ledger, records: RecordWriter) -> int:
    """Send what waits, in order, each removed after its acknowledgement. Gives how many. Raises KafkaAway.

    A crash in between sends an event twice, with the same id: its effect is the same.
    """
    rows = await ledger.read(lambda c: c.execute(select(OutboxRow.__table__).order_by(OutboxRow.id)).all())
    for row in rows:
        await records.wait_connected(_SECONDS)
        record = Record(TopicName(row.topic), row.body.encode(), key=row.key.encode())
        try:
            with spans.span(SpanName.PUBLISH) as span:
                span.tell(Attribute.TOPIC, record.topic.value)
                await asyncio.wait_for(records.send(record), _SECONDS)
        except TimeoutError:
            raise KafkaAway("Kafka did not acknowledge an announcement's event in time") from None
        await ledger.write(_sent(row.id))
    return len(rows)


def _sent(row_id: int) -> Operation[None]:
    def operation(connection: Connection) -> None:
        connection.execute(delete(OutboxRow).where(OutboxRow.id == row_id))

    return operation
