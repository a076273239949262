"""The brokers of the contract suite: each started once for all its tests."""

from collections.abc import Iterator

import pytest

from sandbox import broker as tansu
from tests import kafka
from tests.contract.brokers.backends import DIFFERENCES, SLOW, Backend, Fake, Real
from tests.low_ports import low_port

_NEEDS = [pytest.mark.needs("java", "maven")]
_BACKENDS = [
    "fake",
    "tansu",
    pytest.param("kafka", marks=_NEEDS),
    pytest.param("kafka of three", marks=_NEEDS),
]


@pytest.fixture(scope="session", params=_BACKENDS)
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The broker, running."""
    name = request.param
    if name == "fake":
        yield Fake()
    elif name == "tansu":
        with tansu.running(low_port()) as bootstrap:
            yield Real(name, bootstrap, session_ms=2_000)
    else:
        nodes = 3 if name == "kafka of three" else 1
        with kafka.running(tmp_path_factory.mktemp("kafka"), nodes) as cluster:
            yield Real(name, cluster.bootstrap, session_ms=2_000, copies=nodes)


@pytest.fixture
def backend(started: Backend, request: pytest.FixtureRequest) -> Backend:
    """The broker; a test that it is known to answer otherwise must fail."""
    about = (started.name, request.function.__name__)
    if reason := DIFFERENCES.get(about):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True, run=about not in SLOW))
    return started
