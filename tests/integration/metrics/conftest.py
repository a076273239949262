"""A store with the roles of production: the release may not do what ingest may, the API reads no ballots."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client

from sandbox import store as stores
from sandbox.store import Access, StoreAddress
from services.ingest.migrating import runner
from tests.integration.metrics.waves import StoredWave

ROLES = {
    "release": {"pulse_ballots": Access.WRITE, "pulse_facts": Access.READ, "pulse_release": Access.WRITE},
    "metrics": {"pulse_facts": Access.READ, "pulse_release": Access.READ},
}


def connected(store: StoreAddress, user: str) -> Client:
    return clickhouse_connect.get_client(
        **store.connect(user), autogenerate_session_id=False, settings={"async_insert": 0}
    )


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreAddress]:
    with stores.running(tmp_path_factory.mktemp("store"), ROLES) as address:
        with connected(address, "admin") as admin:
            runner.apply(admin, runner.plan(admin), lambda _: None)
        yield address


@pytest.fixture
def admin(store: StoreAddress) -> Iterator[Client]:
    with connected(store, "admin") as client:
        yield client


@pytest.fixture
def release_role(store: StoreAddress) -> Iterator[Client]:
    with connected(store, "release") as client:
        yield client


@pytest.fixture
def metrics_role(store: StoreAddress) -> Iterator[Client]:
    with connected(store, "metrics") as client:
        yield client


@pytest.fixture
def campaign() -> str:
    """An id that no other test has; waves of a campaign are compared with one another only."""
    return f"c{uuid4().hex[:8]}"


@pytest.fixture
def open_wave(admin: Client, campaign: str) -> Callable[..., StoredWave]:
    """Opens waves of a small organisation in the store, as ingest would have written them."""

    def opened(number: int = 1) -> StoredWave:
        wave = StoredWave(admin, campaign, number)
        wave.open()
        return wave

    return opened
