"""Grafana beside the demo: found, never fetched. Everything that it needs is written; the visitor starts it."""

import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from grafana.building import GENERATED
from grafana.names import TAG
from grafana.provisioning_files import DASHBOARDS, TOKEN_FILE, provisioning
from sandbox.processes.ports import LOOPBACK
from sandbox.stack.ports import Ports, url
from sandbox.stack.secret_files import Caller, SecretFiles
from services.contracts.base import TextLanguage

IMAGE: Final = "grafana/grafana:13.2.0"
PLUGIN: Final = "yesoreyeram-infinity-datasource"
_HOMES: Final = ("/usr/share/grafana", "/usr/local/share/grafana", "/opt/homebrew/share/grafana")
_DOCKER_SECONDS: Final = 5.0

Which = Callable[[str], str | None]


class Kind(StrEnum):
    """What is on this machine."""

    BINARY = "grafana"
    DOCKER = "docker"


@dataclass(frozen=True, slots=True)
class Offer:
    """A Grafana that can be started with `script`, and where it will then be."""

    kind: Kind
    script: Path
    address: str


def found(which: Which = shutil.which) -> Kind | None:
    """A binary before Docker; Docker only where it answers."""
    if which("grafana"):
        return Kind.BINARY
    docker = which("docker")
    if docker is None:
        return None
    try:
        answers = subprocess.run([docker, "info"], capture_output=True, check=False, timeout=_DOCKER_SECONDS).returncode
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Kind.DOCKER if answers == 0 else None


def prepare(kind: Kind, folder: Path, ports: Ports, secrets: SecretFiles, period: tuple[datetime, datetime]) -> Offer:
    """Write provisioning and a script that starts Grafana into ``folder``; the address opens at the story's time."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    inside = kind is Kind.DOCKER
    token = secrets.token(Caller.GRAFANA).absolute()
    texts = provisioning(
        metrics_url=url(ports.metrics, "/v1"),
        token_file=TOKEN_FILE if inside else str(token),
        dashboards=DASHBOARDS if inside else str(GENERATED),
        prometheus_url=url(9090),
    )
    for name, text in texts.items():
        path = folder / "provisioning" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    script = folder / "start.sh"
    settings = _settings(ports, secrets, folder, inside=inside)
    script.write_text((_in_docker if inside else _here)(settings, folder, token), encoding="utf-8")
    script.chmod(0o700)
    begin, end = (round(moment.timestamp() * 1000) for moment in period)
    dashboard = f"/d/{TAG}-leadership-{TextLanguage.EN.value}?from={begin}&to={end}"
    return Offer(kind, script, url(ports.grafana, dashboard))


def _settings(ports: Ports, secrets: SecretFiles, folder: Path, *, inside: bool) -> dict[str, str]:
    password = secrets.grafana_admin.absolute()
    return {
        "GF_SERVER_HTTP_ADDR": LOOPBACK,
        "GF_SERVER_HTTP_PORT": str(ports.grafana),
        "GF_PATHS_PROVISIONING": "/etc/draagvlak/provisioning" if inside else str((folder / "provisioning").absolute()),
        "GF_PATHS_DATA": "/var/lib/grafana" if inside else str((folder / "data").absolute()),
        "GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/grafana_admin" if inside else str(password),
        "GF_AUTH_ANONYMOUS_ENABLED": "false",
        "GF_SECURITY_ALLOW_EMBEDDING": "false",
        "GF_PUBLIC_DASHBOARDS_ENABLED": "false",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    }


def _here(settings: dict[str, str], folder: Path, _token: Path) -> str:
    plugins = (folder / "data" / "plugins").absolute()
    lines = [
        "#!/bin/sh",
        "# Starts the Grafana of this machine on the demo's metrics API. The plugin is fetched only when you say so.",
        "set -eu",
        *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
        f"export GF_PATHS_PLUGINS={shlex.quote(str(plugins))}",
        f'if [ ! -d "$GF_PATHS_PLUGINS/{PLUGIN}" ]; then',
        f'  echo "The plugin {PLUGIN} is not in $GF_PATHS_PLUGINS yet. Fetch it with:"',
        f'  echo "  grafana cli --pluginsDir $GF_PATHS_PLUGINS plugins install {PLUGIN}"',
        "  exit 1",
        "fi",
        f'for home in {" ".join(_HOMES)} "$(dirname "$(command -v grafana)")/.."; do',
        '  if [ -f "$home/conf/defaults.ini" ]; then exec grafana server --homepath "$home"; fi',
        "done",
        'echo "The home of this Grafana was not found: start it with --homepath."',
        "exit 1",
    ]
    return "\n".join(lines) + "\n"


def _in_docker(settings: dict[str, str], folder: Path, token: Path) -> str:
    mounts = {
        folder.absolute() / "provisioning": "/etc/draagvlak/provisioning",
        GENERATED: DASHBOARDS,
        token: TOKEN_FILE,
        Path(token.parent) / "grafana_admin": "/run/secrets/grafana_admin",
    }
    options = [
        *(f"-e {name}={shlex.quote(value)}" for name, value in settings.items()),
        f"-e GF_PLUGINS_PREINSTALL_SYNC={PLUGIN}",
        *(f"-v {shlex.quote(f'{source}:{target}:ro')}" for source, target in mounts.items()),
    ]
    lines = [
        "#!/bin/sh",
        f"# Starts {IMAGE} on the demo's metrics API. When you run this, the image and the plugin are fetched.",
        "set -eu",
        'exec docker run --rm --network host --user "$(id -u)" --tmpfs /var/lib/grafana:mode=1777 \\',
        *(f"  {option} \\" for option in options),
        f"  {IMAGE}",
    ]
    return "\n".join(lines) + "\n"
