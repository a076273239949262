"""The demo offers a Grafana that is there, with everything in it, and fetches nothing by itself."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from grafana.building import GENERATED
from sandbox.stack.grafana import IMAGE, PLUGIN, Kind, found, prepare
from sandbox.stack.ports import Ports
from sandbox.stack.secret_files import Caller, SecretFiles

PERIOD = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 4, 13, tzinfo=UTC))


@pytest.fixture
def secrets(tmp_path: Path) -> SecretFiles:
    made = SecretFiles(tmp_path / "secrets")
    made.make()
    return made


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_binary_comes_before_docker_and_docker_only_where_it_answers(tmp_path: Path) -> None:
    works, away = program(tmp_path, "works", "exit 0"), program(tmp_path, "away", "exit 1")
    assert found({"grafana": "/usr/bin/grafana", "docker": str(works)}.get) is Kind.BINARY
    assert found({"docker": str(works)}.get) is Kind.DOCKER
    assert found({"docker": str(away)}.get) is None
    assert found({}.get) is None


def test_the_script_starts_the_grafana_of_the_machine_with_everything_in_it(
    tmp_path: Path, secrets: SecretFiles
) -> None:
    offer = prepare(Kind.BINARY, tmp_path / "grafana", Ports(8600), secrets, PERIOD)
    assert offer.address.startswith("http://127.0.0.1:8607/d/draagvlak-leadership-en?from=1767571200000&to=")
    bin_folder = tmp_path / "opt" / "bin"
    program(
        bin_folder, "grafana", 'echo "$@" "$GF_PATHS_PROVISIONING" "$GF_AUTH_ANONYMOUS_ENABLED" "$GF_SERVER_HTTP_ADDR"'
    )
    (tmp_path / "opt" / "conf").mkdir()
    (tmp_path / "opt" / "conf" / "defaults.ini").touch()
    environment = {"PATH": f"{bin_folder}:{os.environ['PATH']}"}

    def start() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", offer.script], env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    without_plugin = start()
    assert without_plugin.returncode == 1
    assert f"plugins install {PLUGIN}" in without_plugin.stdout, "it says how to fetch it, and fetches nothing"
    (tmp_path / "grafana" / "data" / "plugins" / PLUGIN).mkdir(parents=True)
    started = start()
    assert started.returncode == 0, started.stderr
    assert started.stdout.startswith("server --homepath ")
    assert f"{tmp_path}/grafana/provisioning false 127.0.0.1" in started.stdout


def test_what_is_provisioned_is_the_demos_own_metrics_api_with_a_token_from_a_file(
    tmp_path: Path, secrets: SecretFiles
) -> None:
    prepare(Kind.BINARY, tmp_path / "grafana", Ports(9100), secrets, PERIOD)
    provisioning = tmp_path / "grafana" / "provisioning"
    (source, _) = yaml.safe_load((provisioning / "datasources" / "draagvlak.yaml").read_text())["datasources"]
    assert source["url"] == "http://127.0.0.1:9102/v1"
    assert source["jsonData"]["allowedHosts"] == ["http://127.0.0.1:9102/v1/"]
    token = secrets.token(Caller.GRAFANA)
    assert source["secureJsonData"] == {"bearerToken": f"$__file{{{token}}}"}
    text = "".join(path.read_text() for path in (tmp_path / "grafana").rglob("*") if path.is_file())
    assert token.read_text().strip() not in text
    providers = yaml.safe_load((provisioning / "dashboards" / "draagvlak.yaml").read_text())["providers"]
    assert all(Path(one["options"]["path"]).is_relative_to(GENERATED) for one in providers)


def test_in_docker_the_secrets_are_mounted_and_the_image_is_pinned(tmp_path: Path, secrets: SecretFiles) -> None:
    offer = prepare(Kind.DOCKER, tmp_path / "grafana", Ports(8600), secrets, PERIOD)
    called = tmp_path / "called"
    program(tmp_path / "bin", "docker", f'printf "%s\\n" "$@" > {called}')
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    subprocess.run(["sh", offer.script], env=environment, check=True, timeout=120)
    arguments = called.read_text().splitlines()
    assert arguments[-1] == IMAGE
    assert f"{secrets.token(Caller.GRAFANA)}:/run/secrets/draagvlak/token-grafana:ro" in arguments
    assert f"{secrets.grafana_admin}:/run/secrets/grafana_admin:ro" in arguments
    for mount in (one for one in arguments if one.endswith(":ro")):
        assert Path(mount.split(":")[0]).exists(), mount
    assert not [one for one in arguments if secrets.grafana_admin.read_text().strip() in one]
