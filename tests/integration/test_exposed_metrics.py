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

from sandbox.processes.ports import free_port
from services.runtime.metric_names import ALL
from services.runtime.metric_names.kinds import CounterMetric, Service

COMMANDS = {
    Service.BOT: ("bot",),
    Service.INGEST: ("ingest",),
    Service.METRICS: ("metrics",),
    Service.RELEASE: ("release", "watch"),
}
OF_THE_LIBRARY = ("process_", "python_")


def started(folder: Path, service: Service, stack: ExitStack) -> int:
    """Start the service with nothing to connect to; gives the port of its metrics."""
    port, nowhere = free_port(), free_port()
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
        "BOT_PORT": free_port(),
        "INGEST_PORT": free_port(),
        "METRICS_PORT": free_port(),
        "RELEASE_PORT": free_port(),
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


def scraped(port: int) -> list[Family] | None:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5)
    except httpx.TransportError:
        return None
    return list(text_string_to_metric_families(answer.text))


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Service, int]]:
    folder = tmp_path_factory.mktemp("services")
    with ExitStack() as stack:
        yield {service: started(folder / service.value, service, stack) for service in Service}


@pytest.mark.parametrize("service", Service)
def test_a_service_exposes_what_is_written_of_it_and_nothing_else(ports: dict[Service, int], service: Service) -> None:
    deadline = time.monotonic() + 120
    while (families := scraped(ports[service])) is None:
        assert time.monotonic() < deadline, "nothing answers Prometheus"
        time.sleep(0.1)
    ours = {family.name: family for family in families if not family.name.startswith(OF_THE_LIBRARY)}
    expected = {
        metric.name.removesuffix("_total") if isinstance(metric, CounterMetric) else metric.name: metric
        for metric in ALL
        if metric.service in (None, service)
    }
    assert ours.keys() == expected.keys()
    for name, family in ours.items():
        assert family.type == expected[name].KIND
        assert family.documentation == expected[name].help
        for sample in family.samples:
            assert sample.labels.keys() - {"le"} == set(expected[name].label_names)
            assert not sample.name.endswith("_created")
    (build,) = ours["draagvlak_build_info"].samples
    assert build.labels["service"] == service.value
