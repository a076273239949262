"""Real engines for the tests: one store, one broker, one PostgreSQL a session. Tests name databases and topics of their
own."""

import logging
from collections.abc import Iterator

import pytest

from sandbox import broker as brokers
from sandbox import store as stores
from tests import postgres as postgresql
from tests.low_ports import low_port


@pytest.fixture(autouse=True)
def logs_go_where_they_went() -> Iterator[None]:
    """A command that a test runs in this process sends the logs to that test's own output, which ends with it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stores.StoreAddress]:
    """The ClickHouse engine behind its HTTP interface; ``store.connect()`` gives the arguments of a client."""
    with stores.running(tmp_path_factory.mktemp("store"), port=low_port()) as address:
        yield address


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The bootstrap address of a broker in memory."""
    with brokers.running(low_port()) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Postgres]:
    """A PostgreSQL server; ask it for a database of your own. Mark the test ``needs("postgresql")``."""
    with postgresql.running() as server:
        yield server
