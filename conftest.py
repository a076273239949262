"""Tests that need something of the machine: skipped by name with the reason and counted; a failure with CI=true."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

SHARED: Final = Path(__file__).resolve().parent.parent / "shared"
JUDGES: Final = Path(__file__).resolve().parent / "tests" / "judges"

GRAFANA_PYTHON: Final = Path(__file__).resolve().parent / ".venv-grafana" / "bin" / "python"
"""Of the environment with grafana-client in it (docs/adr/0003)."""

NEEDS: Final[dict[str, tuple[Callable[[], bool], str]]] = {
    "chromium": (lambda: shutil.which("chromium") is not None, "no Chromium on this machine"),
    "shared": (SHARED.is_dir, "no ../shared beside this checkout"),
    "postgresql": (
        lambda: any(Path("/usr/lib/postgresql").glob("*/bin/postgres")),
        "no PostgreSQL on this machine; on Debian or Ubuntu: apt install postgresql",
    ),
    "java": (lambda: shutil.which("java") is not None, "no Java on this machine, which Apache Kafka runs on"),
    "maven": (lambda: shutil.which("mvn") is not None, "no Maven on this machine, which fetches Apache Kafka"),
    "node": (
        lambda: shutil.which("node") is not None and (JUDGES / "node_modules" / ".package-lock.json").is_file(),
        "no Node.js with the judges; install Node.js 20 and npm, then: npm ci --prefix tests/judges",
    ),
    "mount": (
        lambda: os.geteuid() == 0 and shutil.which("mount") is not None,
        "only root can mount a disk that is small enough to be filled",
    ),
    "grafana-client": (GRAFANA_PYTHON.exists, "no .venv-grafana here: `make grafana`"),
    "promtool": (
        lambda: shutil.which("promtool") is not None,
        "no promtool on this machine; it is in the package prometheus of Debian and Ubuntu",
    ),
    "kustomize": (
        lambda: (
            Path(sys.executable).with_name("kubectl").exists()
            or any(shutil.which(name) for name in ("kustomize", "kubectl"))
        ),
        "no kustomize here, and no wheel of kubectl for this machine; install kubectl or kustomize",
    ),
    "openssl": (lambda: shutil.which("openssl") is not None, "no openssl on this machine, which makes certificates"),
    "containers": (
        lambda: (
            os.geteuid() == 0
            and all(shutil.which(tool) for tool in ("mmdebstrap", "buildah", "dockerd", "docker", "ip", "unshare"))
        ),
        "not root, or no tools for containers; on Debian: apt install mmdebstrap buildah docker.io iproute2",
    ),
    "linux": (lambda: os.uname().sysname == "Linux", "needs Linux's /proc"),
}
"""What a test can need -> whether this machine has it, and what to say when not."""

_LACKS: Final = "lacks"
"""The property of a test's report that holds what the machine lacks for it; it travels between processes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=20, help="how often tests/chaos kills ingest (20)")


def pytest_configure(config: pytest.Config) -> None:
    current = settings.get_profile(settings.get_current_profile_name())  # another one where CI is set
    unhurried = [*current.suppress_health_check, HealthCheck.too_slow]
    settings.register_profile("unhurried", current, deadline=None, suppress_health_check=unhurried)
    settings.load_profile("unhurried")
    config.addinivalue_line("markers", f"needs(what): the test needs one of {', '.join(NEEDS)} on the machine")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for what in marker.args:
            present, reason = NEEDS[what]
            if present():
                continue
            item.user_properties.append((_LACKS, reason))
            if os.environ.get("CI") == "true":
                pytest.fail(f"{reason}; with CI=true nothing may be skipped", pytrace=False)
            pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("skipped", "error") for report in terminalreporter.stats.get(outcome, [])]
    lacking = [
        f"{report.nodeid}: {reason}"
        for report in reports
        for name, reason in getattr(report, "user_properties", ())
        if name == _LACKS
    ]
    if lacking:
        terminalreporter.section("not run for what this machine lacks")
        for line in lacking:
            terminalreporter.line(line)
        terminalreporter.line(f"{len(lacking)} tests not run for what this machine lacks")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ``../shared`` with public survey data; mark the test with ``needs("shared")``."""
    return SHARED
