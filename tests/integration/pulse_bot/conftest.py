"""The bot's house, one a test; the broker is shared, so every house has a campaign of its own."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from services.contracts.topics import TOPICS
from services.ingest import topics
from tests.integration.pulse_bot.house import House, build


@pytest.fixture(scope="session")
def topics_there(broker: str) -> str:
    """The broker's address, with the topics of the contracts created."""
    admin = KafkaAdminClient(bootstrap_servers=broker)
    try:
        topics.apply(admin, topics.plan(admin, TOPICS.values()).steps, 1, lambda _: None)
    finally:
        admin.close()
    return broker


@pytest.fixture
async def house(tmp_path: Path, topics_there: str) -> AsyncIterator[House]:
    """A house whose bot is not started yet."""
    async with build(tmp_path, topics_there, f"t{secrets.token_hex(4)}") as built:
        yield built
