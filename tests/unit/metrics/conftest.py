"""`pytest -k oracle` prints what our statistics give beside what others' do."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

TOLERANCE = 1e-6

Compare = Callable[..., None]
"""`compare(what, ours, oracle, tolerance=1e-6)`: asserts, and keeps a line of the table."""


@dataclass(frozen=True)
class Compared:
    """One figure from two sources."""

    what: str
    ours: float
    oracle: float


_compared = pytest.StashKey[list[Compared]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_compared] = []


@pytest.fixture
def compare(pytestconfig: pytest.Config) -> Compare:
    """Hold a figure of ours to an oracle's."""

    def held(what: str, ours: float, oracle: float, tolerance: float = TOLERANCE) -> None:
        pytestconfig.stash.setdefault(_compared, []).append(Compared(what, float(ours), float(oracle)))
        assert ours == pytest.approx(oracle, abs=tolerance), what

    return held


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(_compared, [])
    if not found or "oracle" not in str(config.getoption("keyword")):
        return
    width = max(len(one.what) for one in found)
    terminalreporter.section("ours and the oracles'")
    terminalreporter.line(f"{'figure':<{width}}  {'ours':>16}  {'oracle':>16}  {'difference':>10}")
    for one in found:
        difference = one.ours - one.oracle
        terminalreporter.line(f"{one.what:<{width}}  {one.ours:>16.8f}  {one.oracle:>16.8f}  {difference:>10.1e}")
