"""What the manifests tell the services is what the services' settings ask for."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final
from unittest import mock
from urllib.parse import urlsplit

import certifi

from services.ingest.settings import (
    BackUpClickHouseSettings,
    DeadLetterSettings,
    ImportSettings,
    IngestSettings,
    MigrateSettings,
    RestoreClickHouseSettings,
    RetentionSettings,
)
from services.metrics.settings import MetricsSettings, ReleaseSettings
from services.pulse_bot.commands.backup import BackUpLedgerSettings, RestoreLedgerSettings
from services.pulse_bot.manifest import Mode
from services.pulse_bot.settings import ServingSettings
from services.runtime.secret_files import CLICKHOUSE_ROLES, clickhouse_password, clickhouse_user, kafka_password, make
from services.runtime.settings import RuntimeSettings, SettingsFault, load
from tests.deploy.manifests import Document, Manifests, Pod

CLASSES: Final[dict[str, type[RuntimeSettings]]] = {
    "pulse-bot": ServingSettings,
    "ingest": IngestSettings,
    "metrics": MetricsSettings,
    "release-watch": ReleaseSettings,
    "retention": RetentionSettings,
    "migrate": MigrateSettings,
    "backup-clickhouse": BackUpClickHouseSettings,
    "backup-ledger": BackUpLedgerSettings,
    "restore-clickhouse": RestoreClickHouseSettings,
    "restore-ledger": RestoreLedgerSettings,
    "dead-letters": DeadLetterSettings,
    "import": ImportSettings,
}
"""Workload -> the settings that its process loads."""

COMMANDS: Final[dict[str, list[str] | None]] = {
    "pulse-bot": ["bot"],
    "ingest": ["ingest"],
    "metrics": ["metrics"],
    "release-watch": ["release", "watch"],
    "retention": ["retention"],
    "migrate": ["migrate", "apply"],
    "backup-clickhouse": ["backup", "clickhouse", "create"],
    "backup-ledger": ["backup", "ledger", "create"],
    "restore-clickhouse": ["backup", "clickhouse", "restore"],
    "restore-ledger": ["backup", "ledger", "restore"],
    "dead-letters": None,
    "import": None,
}
"""Workload -> its arguments; None where an operator gives the command."""

OPTIONAL: Final = {"dead-letters", "import"}
"""Workloads that an overlay may do without."""

_KAFKA: Final = {"kafka_bootstrap", "kafka_ca_file", "kafka_sasl_mechanism", "kafka_username", "kafka_password_file"}
_CLICKHOUSE: Final = {"clickhouse_host", "clickhouse_port", "clickhouse_user", "clickhouse_password_file"}
REQUIRED: Final[dict[str, set[str]]] = {
    "pulse-bot": {
        "slack_signing_secret_file",
        "slack_bot_token_file",
        "metrics_url",
        "metrics_token_file",
        "review_url",
        "review_token_file",
        "bot_instance",
        *_KAFKA,
    },
    "ingest": {"tokens_file", *_KAFKA, *_CLICKHOUSE},
    "metrics": {"tokens_file", *_CLICKHOUSE},
    "release-watch": {"tokens_file", *_CLICKHOUSE},
    "retention": {*_KAFKA, *_CLICKHOUSE},
    "migrate": {"clickhouse_passwords", *_CLICKHOUSE},
    "backup-clickhouse": {"backup_folder", *_CLICKHOUSE},
    "backup-ledger": {"backup_folder"},
    "restore-clickhouse": {"backup_folder", *_CLICKHOUSE, *_KAFKA},
    "restore-ledger": {"backup_folder", *_KAFKA},
    "dead-letters": {*_CLICKHOUSE, *_KAFKA},
    "import": {*_CLICKHOUSE, *_KAFKA},
}
"""Workload -> what it must be told beside every address whose default is this machine."""

PORTS: Final = {
    "pulse-bot": "bot_port",
    "ingest": "ingest_port",
    "metrics": "metrics_port",
    "release-watch": "release_port",
}
_PREFIX: Final = "DRAAGVLAK_"
_SECRETS, _STATE = "/run/secrets/draagvlak", "/var/lib/draagvlak"


def environment(manifests: Manifests, pod: Pod) -> dict[str, str]:
    """The variables of a pod's one container, those of config maps first; a field of the pod has a made-up value."""
    (container,) = pod.spec["containers"]
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found.update(manifests.get("ConfigMap", source["configMapRef"]["name"]).get("data", {}))
    for variable in container.get("env", []):
        found[variable["name"]] = variable.get("value") or f"of-{pod.name}"
    return found


def services(manifests: Manifests) -> list[Pod]:
    """The pods that run our own processes."""
    return [pod for pod in manifests.pods() if pod.workload in CLASSES]


def told(manifests: Manifests, pod: Pod) -> RuntimeSettings:
    """The settings as the process in this pod will load them. Raises SettingsFault."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "state").mkdir()
        (here / "secrets").mkdir()
        for path in mounted_files(pod):
            name = path.rpartition("/")[2]
            if (secrets_made() / name).exists():
                (here / "secrets" / name).symlink_to(secrets_made() / name)
        variables = {
            name: value.replace(_SECRETS, f"{here}/secrets").replace(_STATE, f"{here}/state")
            for name, value in environment(manifests, pod).items()
        }
        with mock.patch.dict(os.environ, variables, clear=True):
            return load(CLASSES[pod.workload])


@cache
def secrets_made() -> Path:
    """What `draagvlak secrets init` makes, with tokens of Slack and a certificate as Strimzi's."""
    folder = Path(tempfile.mkdtemp(prefix="draagvlak-secrets-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make(folder)
    for name, text in (
        ("slack-signing-secret", "a" * 32),
        ("slack-previous-signing-secret", "b" * 32),
        ("slack-bot-token", "xoxb-1-a"),
        ("slack-app-token", "xapp-1-a"),
    ):
        (folder / name).write_text(text)
    shutil.copy(certifi.where(), folder / "kafka-ca.crt")
    return folder


def settings(manifests: Manifests) -> list[str]:
    """Every variable is a setting of its process, what must be told is told, and the process takes it."""
    faults = []
    everything = {field for settings in CLASSES.values() for field in settings.model_fields}
    missing = sorted(set(CLASSES) - OPTIONAL - {pod.workload for pod in services(manifests)})
    faults += [f"nothing runs {workload}" for workload in missing]
    for pod in services(manifests):
        fields, variables = CLASSES[pod.workload].model_fields, environment(manifests, pod)
        own = {variable["name"] for variable in pod.spec["containers"][0].get("env", [])}
        for name in variables:
            known = set(fields) if name in own else everything
            if not name.startswith(_PREFIX) or name.removeprefix(_PREFIX).lower() not in known:
                faults.append(f"{pod.where}: {name} is no setting of {CLASSES[pod.workload].__name__}")
        here = {name for name, field in fields.items() if "127.0.0.1" in str(field.default)}
        needed = REQUIRED[pod.workload] | here | {"telemetry_port"}
        faults += [
            f"{pod.where}: {_PREFIX}{name.upper()} is not set"
            for name in sorted(needed & set(fields))
            if f"{_PREFIX}{name.upper()}" not in variables
        ]
        faults += [f"{pod.where}: {name} is no setting at all" for name in sorted(needed - set(fields))]
        try:
            told(manifests, pod)
        except SettingsFault as fault:
            faults.append(f"{pod.where}: {fault}")
        if pod.spec["containers"][0].get("args") != COMMANDS[pod.workload]:
            faults.append(f"{pod.where}: runs {pod.spec['containers'][0].get('args')}")
    return faults


def accounts(manifests: Manifests) -> list[str]:
    """Each process is a user that the migrations make, or Kafka knows, with the file of that user's password."""
    faults = []
    passwords = {clickhouse_user(role): clickhouse_password(role) for role in ("migrate", *CLICKHOUSE_ROLES)}
    kafka = {user["metadata"]["name"]: kafka_password(user["metadata"]["name"]) for user in manifests.of("KafkaUser")}
    for pod in services(manifests):
        variables = environment(manifests, pod)
        for store, known in (("CLICKHOUSE_USER", passwords), ("KAFKA_USERNAME", kafka)):
            user = variables.get(f"{_PREFIX}{store}")
            if user is None:
                continue
            file = variables.get(f"{_PREFIX}{store.partition('_')[0]}_PASSWORD_FILE", "")
            if user not in known:
                faults.append(f"{pod.where}: nobody makes the user {user}")
            elif file.rpartition("/")[2] != known[user]:
                faults.append(f"{pod.where}: {file} is not the password of {user}")
        if pod.workload in users_of() and variables.get(f"{_PREFIX}CLICKHOUSE_USER") != users_of()[pod.workload]:
            faults.append(f"{pod.where}: has the rights of {variables.get(f'{_PREFIX}CLICKHOUSE_USER')}")
    return faults


def users_of() -> dict[str, str]:
    """Workload -> the user of ClickHouse that has its rights and no others."""
    roles = {
        "backup-clickhouse": "backup",
        "restore-clickhouse": "migrate",
        "ingest": "ingest",
        "metrics": "metrics",
        "release-watch": "release",
        "retention": "retention",
        "migrate": "migrate",
        "dead-letters": "dead-letters",
        "import": "import",
    }
    return {workload: clickhouse_user(role) for workload, role in roles.items()}


def mounted_files(pod: Pod) -> set[str]:
    """The paths of the files that projected volumes bring."""
    volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
    found = set()
    for container in pod.containers:
        for mount in container.get("volumeMounts", []):
            for source in volumes.get(mount["name"], {}).get("projected", {}).get("sources", []):
                found |= {f"{mount['mountPath']}/{item['path']}" for item in source.get("secret", {}).get("items", [])}
    return found


def files(manifests: Manifests) -> list[str]:
    """Every file that a setting names is mounted, and every secret that is mounted is named by one."""
    faults = []
    for pod in manifests.pods():
        if not pod.ours:
            continue
        variables = environment(manifests, pod)
        kafka = any(name.startswith("DRAAGVLAK_KAFKA_USERNAME") for name in variables)
        named = {
            value
            for name, value in variables.items()
            if name.endswith("_FILE") and (kafka or not name.startswith("DRAAGVLAK_KAFKA_"))
        }
        if pod.workload == "grafana":
            source = manifests.get("ConfigMap", "grafana-datasources")["data"]["draagvlak.yaml"]
            named.add(source.partition("$__file{")[2].partition("}")[0])
        there = mounted_files(pod)
        if folder := variables.get("DRAAGVLAK_CLICKHOUSE_PASSWORDS"):
            named |= {f"{folder}/{clickhouse_password(role)}" for role in CLICKHOUSE_ROLES}
        faults += [f"{pod.where}: {path} is not mounted" for path in sorted(named - there)]
        faults += [f"{pod.where}: {path} is mounted, and nothing reads it" for path in sorted(there - named)]
    return faults


def ports(manifests: Manifests) -> list[str]:
    """A process listens on the port that its container names, on every address; metrics on theirs."""
    faults = []
    for pod in services(manifests):
        if pod.workload not in PORTS:
            continue
        named = {port["name"]: port["containerPort"] for port in pod.spec["containers"][0].get("ports", [])}
        variables = environment(manifests, pod)
        expected = {
            "http": int(variables.get(f"{_PREFIX}{PORTS[pod.workload].upper()}", 0)),
            "telemetry": int(variables.get(f"{_PREFIX}TELEMETRY_PORT", 0)),
        }
        if named != expected:
            faults.append(f"{pod.where}: names {named}, and listens on {expected}")
        default = CLASSES[pod.workload].model_fields[PORTS[pod.workload]].default
        if expected["http"] != default:
            faults.append(f"{pod.where}: {expected['http']} is not the port of the settings, {default}")
        for host in (PORTS[pod.workload].replace("port", "host"), "telemetry_host"):
            if variables.get(f"{_PREFIX}{host.upper()}") != "0.0.0.0":
                faults.append(f"{pod.where}: {host} lets nobody in")
    return faults


def addresses(manifests: Manifests) -> list[str]:
    """What services call is there: Kafka's listener, ClickHouse's service, and each other."""
    faults, there = [], service_ports(manifests)
    for pod in services(manifests):
        variables = environment(manifests, pod)
        called = [
            urlsplit(variables[name]).netloc
            for name in ("DRAAGVLAK_METRICS_URL", "DRAAGVLAK_REVIEW_URL")
            if name in variables
        ]
        if "DRAAGVLAK_LEDGER_URL" in variables:
            called.append(f"{urlsplit(variables['DRAAGVLAK_LEDGER_URL']).hostname}:5432")
        called.append(variables.get("DRAAGVLAK_KAFKA_BOOTSTRAP", "?"))
        called.append(f"{variables.get('DRAAGVLAK_CLICKHOUSE_HOST')}:{variables.get('DRAAGVLAK_CLICKHOUSE_PORT')}")
        faults += [f"{pod.where}: nothing answers at {address}" for address in called if address not in there]
    for scaler in manifests.of("ScaledObject"):
        for trigger in scaler["spec"]["triggers"]:
            address = trigger["metadata"]["bootstrapServers"].replace(".draagvlak.svc", "")
            if address not in there:
                faults.append(f"ScaledObject/{scaler['metadata']['name']}: nothing answers at {address}")
    return faults


def service_ports(manifests: Manifests) -> set[str]:
    """``name:port`` of every service of the namespace, those that operators make included."""
    found = set()
    for service in manifests.of("Service"):
        found |= {f"{service['metadata']['name']}:{port['port']}" for port in service["spec"].get("ports", [])}
    for kafka in manifests.of("Kafka"):
        for listener in kafka["spec"]["kafka"]["listeners"]:
            found.add(f"{kafka['metadata']['name']}-kafka-bootstrap:{listener['port']}")
    for installation in manifests.of("ClickHouseInstallation"):
        for template in installation["spec"]["templates"].get("serviceTemplates", []):
            found |= {f"{template['generateName']}:{port['port']}" for port in template["spec"]["ports"]}
    return found


def bots(manifests: Manifests) -> list[str]:
    """One bot has its ledger on a volume and keeps its name; several share PostgreSQL, each under its pod's name."""
    workload = manifests.find("Deployment", "pulse-bot")
    pod = next((pod for pod in manifests.pods() if pod.workload == "pulse-bot"), None)
    if workload is None or pod is None:
        return ["there is no bot"]
    faults, variables = [], environment(manifests, pod)
    shared = variables.get("DRAAGVLAK_LEDGER_URL", "").startswith("postgresql://")
    if shared != (workload["spec"].get("replicas", 1) > 1):
        faults.append("several bots need PostgreSQL, and PostgreSQL is for several bots")
    (named,) = [v for v in pod.spec["containers"][0]["env"] if v["name"] == "DRAAGVLAK_BOT_INSTANCE"] or [{}]
    if shared != _is_of_the_pod(named):
        faults.append("the name of a bot is not its own, or not the same after a crash")
    if (
        "@" in variables.get("DRAAGVLAK_LEDGER_URL", "")
        and ":" in variables["DRAAGVLAK_LEDGER_URL"].split("//")[1].split("@")[0]
    ):
        faults.append("the ledger's address holds a password")
    if not shared:
        state = variables.get("DRAAGVLAK_STATE")
        volumes = {volume["name"] for volume in pod.spec["volumes"] if "persistentVolumeClaim" in volume}
        mounts = {mount["mountPath"] for mount in pod.spec["containers"][0]["volumeMounts"] if mount["name"] in volumes}
        if state not in mounts:
            faults.append(f"the ledger lies in {state}, which no volume keeps")
    socket = variables.get("DRAAGVLAK_SLACK_MODE") == Mode.SOCKET
    if socket and "DRAAGVLAK_SLACK_APP_TOKEN_FILE" not in variables:
        faults.append("Socket Mode without an app-level token")
    if not socket and not manifests.of("HTTPRoute"):
        faults.append("Slack has no way in")
    return faults


def _is_of_the_pod(variable: Document) -> bool:
    field: Document = variable.get("valueFrom", {}).get("fieldRef", {})
    return field.get("fieldPath") == "metadata.name"
