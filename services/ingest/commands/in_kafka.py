"""How a command ends where Kafka cannot be used, or lets it do too little."""

from typing import NoReturn

from kafka.errors import KafkaError

from services.ingest.commands.output import failed
from services.runtime.causes import kafka
from services.runtime.causes.account import Rights, lack
from services.runtime.settings import KafkaSettings


def allowed(settings: KafkaSettings, client_id: str, needs: Rights, after: str = "") -> None:
    """End the command where Kafka, a topic or a right is lacking; ``after`` is said last.

    Read beforehand, since a reader who may not read finds a topic empty, and says nothing.
    """
    try:
        cause = kafka.look(settings) or lack(settings, client_id, needs)
    except KafkaError as error:
        kafka_failed(settings, error, after)
    if cause is not None:
        failed(f"{cause}{after}")


def kafka_failed(settings: KafkaSettings, error: KafkaError, after: str = "") -> NoReturn:
    """Say why Kafka does not do what it is asked, and ``after``, and end with exit code 1."""
    failed(f"{kafka.why(settings, error)}{after}")
