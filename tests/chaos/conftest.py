"""Apache Kafka, a store and the tap between it and ingest; what each fault counted is printed at the end."""

from collections.abc import Iterator

import pytest

from tests import kafka
from tests.chaos.counting import Ledger
from tests.integration.ingest.platform import Platform, platform
from tests.integration.ingest.wire_tap import WireTap, wire_tap

SESSION_MS = 3_000
"""After how long the group gives up on a member that was killed."""

PATIENCE = 180.0
"""The longest wait for something that comes, seconds: a fault on a busy machine takes its time."""

_COUNTED = "counted"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = (report for some in terminalreporter.stats.values() for report in some)
    lines = {
        line: None
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, line in report.user_properties
        if name == _COUNTED
    }
    if lines:
        terminalreporter.section("faults: produced = stored + dead-lettered, none twice")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Cluster]:
    """One broker."""
    with kafka.running(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="package")
def there(cluster: kafka.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Topics on it, and a store with its tables."""
    settings = {"DRAAGVLAK_KAFKA_SESSION_TIMEOUT_MS": str(SESSION_MS)}
    with platform(tmp_path_factory.mktemp("platform"), cluster.bootstrap, **settings) as built:
        yield built


@pytest.fixture
def tap(there: Platform) -> Iterator[WireTap]:
    """The connection between ingest and the store."""
    with wire_tap((there.store.host, there.store.port)) as between:
        yield between


@pytest.fixture
def ledger(there: Platform, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """Counts one fault. A test that counts nothing has shown nothing."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    counting = Ledger(there, name)
    yield counting
    tell(request, counting)


def tell(request: pytest.FixtureRequest, ledger: Ledger) -> None:
    """Have its lines printed at the end of the run."""
    request.node.user_properties.extend((_COUNTED, line) for line in ledger.lines)
