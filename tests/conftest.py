"""Real engines for the tests: one store and one broker a session. Tests name databases and topics of their own."""

from collections.abc import Iterator

import pytest

from sandbox import broker as brokers
from sandbox import store as stores


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stores.StoreAddress]:
    """The ClickHouse engine behind its HTTP interface; ``store.connect()`` gives the arguments of a client."""
    with stores.running(tmp_path_factory.mktemp("store")) as address:
        yield address


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The bootstrap address of a broker in memory."""
    with brokers.running() as bootstrap:
        yield bootstrap
