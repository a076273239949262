"""The bot's house, one a test; the broker is shared, so every house has a campaign of its own."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from services.contracts.topics import TOPICS
from services.ingest import topics
from tests.integration.pulse_bot.house import House, Reader, build


def create_topics(bootstrap: str) -> None:
    """The topics of the contracts, on this broker."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        topics.apply(admin, topics.plan(admin, TOPICS.values()).steps, 1, lambda _: None)
    finally:
        admin.close()


@pytest.fixture(scope="session")
def topics_there(broker: str) -> str:
    """The broker's address, with the topics of the contracts created."""
    create_topics(broker)
    return broker


@pytest.fixture(scope="session")
def reader(topics_there: str) -> Iterator[Reader]:
    """Reads what the bot wrote."""
    reading = Reader(topics_there)
    yield reading
    reading.close()


@pytest.fixture
async def house(tmp_path: Path, topics_there: str, reader: Reader) -> AsyncIterator[House]:
    """A house whose bot is not started yet."""
    async with build(tmp_path, topics_there, reader, f"t{secrets.token_hex(4)}") as built:
        yield built
