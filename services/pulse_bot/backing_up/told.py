"""What became of waves since a backup was made, as Kafka knows it: its topic of waves is kept for ever."""

from dataclasses import dataclass, field

from kafka import TopicPartition
from kafka.errors import KafkaError

from services.contracts.events import WaveClosed, WaveOpened
from services.contracts.topics import TOPICS, TopicName
from services.contracts.wire import InvalidRecord, parse
from services.runtime import kafka
from services.runtime.backups import BackupFault
from services.runtime.settings import KafkaSettings


@dataclass
class Told:
    """Waves that were opened, and those that were closed, with the newest word on each."""

    opened: dict[str, WaveOpened] = field(default_factory=dict)
    closed: dict[str, WaveClosed] = field(default_factory=dict)


def read(settings: KafkaSettings) -> Told:
    """Everything that was ever told of waves. Raises BackupFault where Kafka does not answer."""
    partitions = [TopicPartition(TopicName.WAVES.value, n) for n in range(TOPICS[TopicName.WAVES].partitions)]
    told = Told()
    try:
        consumer = kafka.reader(settings, "draagvlak-restore")
        try:
            for record in kafka.everything(consumer, partitions):
                _note(told, record.value)
        finally:
            consumer.close()
    except (KafkaError, OSError, ValueError) as error:
        raise BackupFault(
            f"Kafka at {settings.kafka_bootstrap} does not tell which waves were opened ({type(error).__name__}). "
            "Without it a wave could be opened twice. Mend it; or, if Kafka is lost as well, restore with "
            "--without-kafka: then every wave whose time has come counts as over"
        ) from None
    return told


def _note(told: Told, value: bytes | None) -> None:
    try:
        event = parse(TopicName.WAVES, value).event
    except InvalidRecord:
        return  # ingest keeps it as a dead letter
    if isinstance(event, WaveOpened):
        told.opened[event.wave_id] = event
    elif isinstance(event, WaveClosed):
        told.closed[event.wave_id] = event
