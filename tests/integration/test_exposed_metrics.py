"""Each service, started as an operator starts it, exposes the metrics of its page and no others."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from services.runtime.metric_names import ALL
from services.runtime.metric_names.kinds import CounterMetric, Service
from tests.low_ports import low_port

COMMANDS = {
    Service.BOT: ("bot",),
    Service.INGEST: ("ingest",),
    Service.METRICS: ("metrics",),
    Service.RELEASE: ("release", "watch"),
}
OF_THE_LIBRARY = ("process_", "python_")


def started(folder: Path, service: Service, stack: ExitStack) -> int:
    """Start the service with nothing to connect to; gives the port of its metrics."""
    port, nowhere = low_port(), low_port()
    folder.mkdir()
    for name in ("bot-token", "signing-secret"):
        (folder / name).write_text("xoxb-0")
    (folder / "tokens.yaml").write_text("[]\n")
    settings = {
        "STATE": folder,
        "TELEMETRY_PORT": port,
        "SLACK_API_URL": f"http://127.0.0.1:{nowhere}/api/",
        "SLACK_BOT_TOKEN_FILE": folder / "bot-token",
        "SLACK_SIGNING_SECRET_FILE": folder / "signing-secret",
        "LEDGER_FOLDER": folder / "ledger",
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{nowhere}",
        "CLICKHOUSE_PORT": nowhere,
        "TOKENS_FILE": folder / "tokens.yaml",
        "BOT_PORT": low_port(),
        "INGEST_PORT": low_port(),
        "METRICS_PORT": low_port(),
        "RELEASE_PORT": low_port(),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "services.command_line", *COMMANDS[service]],
        env=os.environ | {f"DRAAGVLAK_{name}": str(value) for name, value in settings.items()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return port


def scraped(port: int) -> dict[str, Family]:
    """Our metrics by name; none before the service answers."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
    except httpx.TransportError:
        return {}
    families = text_string_to_metric_families(answer.text)
    return {family.name: family for family in families if not family.name.startswith(OF_THE_LIBRARY)}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Service, int]]:
    folder = tmp_path_factory.mktemp("services")
    with ExitStack() as stack:
        yield {service: started(folder / service.value, service, stack) for service in Service}


@pytest.mark.parametrize("service", Service)
def test_a_service_exposes_what_is_written_of_it_and_nothing_else(ports: dict[Service, int], service: Service) -> None:
    expected = {
        metric.name.removesuffix("_total") if isinstance(metric, CounterMetric) else metric.name: metric
        for metric in ALL
        if metric.service in (None, service)
    }
    deadline = time.monotonic() + 120
    while (ours := scraped(ports[service])).keys() < expected.keys():  # it answers before all are registered
        assert time.monotonic() < deadline, f"Prometheus is not told of {expected.keys() - ours.keys()}"
        time.sleep(0.1)
    assert ours.keys() == expected.keys()
    for name, family in ours.items():
        assert family.type == expected[name].KIND
        assert family.documentation == expected[name].help
        for sample in family.samples:
            assert sample.labels.keys() - {"le"} == set(expected[name].label_names)
            assert not sample.name.endswith("_created")
    (build,) = ours["draagvlak_build_info"].samples
    assert build.labels["service"] == service.value
