"""compose.yaml: read by compose itself, judged by compose-lint, and held to each rule; a broken one is caught."""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml
from pydantic_settings import BaseSettings

from sandbox.slack.settings import WorkspaceSettings
from services.command_line import COMMANDS
from services.ingest.rights import TOPIC_RIGHTS
from services.ingest.settings import IngestSettings
from services.metrics.settings import MetricsSettings, ReleaseSettings
from services.pulse_bot.settings import ServingSettings
from services.runtime import secret_files
from tests.deploy.test_production_packages import ROOT

FOLDER = ROOT / "deploy" / "compose"
RESTORES = {"restore-clickhouse": "ingest", "restore-ledger": "pulse-bot"}
"""Who brings a backup back -> as whom it speaks to Kafka."""
DESK = {"dead-letters", "import", *RESTORES}
BACKUPS = {"backup-clickhouse", "backup-ledger"}
OURS = {"pulse-bot", "ingest", "metrics", "release-watch", "retention", "migrate", "topics", "secrets", "plan"}
OURS |= DESK | BACKUPS
SANDBOX = {"organisation", "workspace"}
SERVERS = {"kafka", "clickhouse", "postgres", "grafana"}
ONCE = {"migrate", "topics", "secrets", "plan", "organisation"} | DESK
LISTENING = {"pulse-bot", "ingest", "metrics", "release-watch", "workspace"} | SERVERS
Config = dict[str, Any]


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [Path(sys.executable).with_name(name), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=240, cwd=FOLDER)


def compose(*arguments: str, env_file: str = ".env.example") -> subprocess.CompletedProcess[str]:
    """What compose says; it ends with 0 whatever it thinks, so look at what it wrote to stderr."""
    return tool("docker-compose", "--env-file", env_file, "--file", "compose.yaml", *arguments)


def as_compose_reads() -> Config:
    """What compose makes of the file, with every profile."""
    done = compose("--profile", "*", "config", "--format", "json")
    assert done.stderr == ""
    made: Config = json.loads(done.stdout)
    return made


@pytest.fixture(scope="module")
def config() -> Config:
    """The file as compose understands it."""
    return as_compose_reads()


def faults(config: Config) -> list[str]:
    """Every rule that a service breaks: ``service: what``."""
    found = [
        f"{name}: {what}"
        for name, service in config["services"].items()
        for what, is_kept in RULES.items()
        if not is_kept(name, service)
    ]
    if not config["networks"]["data"].get("internal"):
        found.append("networks: data leads outside")
    return found


def _ports(service: Config) -> list[Config]:
    ports: list[Config] = service.get("ports", [])
    return ports


def _is_rotated(service: Config) -> bool:
    logging = service.get("logging", {})
    return logging.get("driver") == "json-file" and {"max-size", "max-file"} <= set(logging.get("options", {}))


def _no_secret_in(service: Config) -> bool:
    """No variable is named like a secret unless it names a file or folder of secrets."""
    return all(
        str(value).startswith("/run/secrets/draagvlak")
        for name, value in (service.get("environment") or {}).items()
        if re.search(r"PASSWORD|SECRET|TOKEN", name)
    )


def _waits(service: Config) -> bool:
    """Waits for what it needs to be healthy or done, and for nothing merely to have started."""
    return all(
        needed["condition"] == ("service_completed_successfully" if other in ONCE else "service_healthy")
        for other, needed in service.get("depends_on", {}).items()
    )


RULES: dict[str, Callable[[str, Config], bool]] = {
    "listens beyond this machine": lambda _, s: all(port.get("host_ip") == "127.0.0.1" for port in _ports(s)),
    "has a writable root": lambda _, s: s.get("read_only") is True,
    "has capabilities": lambda _, s: s.get("cap_drop") == ["ALL"] and not s.get("cap_add"),
    "may gain privileges": lambda _, s: s.get("security_opt") == ["no-new-privileges:true"] and not s.get("privileged"),
    "has no init": lambda _, s: s.get("init") is True,
    "is not given a minute to stop": lambda _, s: s.get("stop_grace_period") == "1m0s",
    "fills the disk with logs": lambda _, s: _is_rotated(s),
    "has no limit of memory": lambda _, s: int(s.get("mem_limit", 0)) >= 64 * 1024**2,
    "has no limit of processes": lambda _, s: 0 < int(s.get("pids_limit", 0)) <= 4096,
    "runs as root or as nobody named": lambda _, s: re.fullmatch(r"[1-9]\d*:\d+", s.get("user", "")) is not None,
    "has no version": lambda _, s: re.search(r":[\w.-]*\d[\w.-]*$", s["image"]) is not None,
    "has a secret in its environment": lambda _, s: _no_secret_in(s),
    "has a secret elsewhere": lambda _, s: all(
        secret["target"] == f"/run/secrets/draagvlak/{secret['source']}"
        or secret["source"] == "clickhouse-users.xml"  # ClickHouse reads users from a folder of its own
        for secret in s.get("secrets", [])
    ),
    "does not wait for what it needs": lambda _, s: _waits(s),
    "does not come back": lambda n, s: n in ONCE or s.get("restart") == "unless-stopped",
    "comes back although it is done": lambda n, s: n not in ONCE or s.get("restart") in (None, "on-failure:3"),
    "cannot tell whether it is well": lambda n, s: n not in LISTENING or bool(s.get("healthcheck", {}).get("test")),
    "reaches the engine of containers": lambda _, s: all(
        "docker.sock" not in str(volume.get("source")) for volume in s.get("volumes", [])
    ),
    "shares a namespace of the machine": lambda _, s: (
        s.get("network_mode") in (None, "none") and not s.get("pid") and not s.get("ipc")
    ),
    "is on the way in without need": lambda n, s: (
        "front" not in (s.get("networks") or {}) or n in {"pulse-bot", "ingest", "metrics", "grafana", "workspace"}
    ),
    "has a tmpfs without an end": lambda _, s: all("size=" in place for place in s.get("tmpfs", [])),
}
"""What must not be said of a service -> whether that is so."""

BROKEN: dict[str, tuple[str, Callable[[Config], Any]]] = {
    "listens beyond this machine": ("pulse-bot", lambda s: s["ports"][0].pop("host_ip")),
    "has a writable root": ("ingest", lambda s: s.pop("read_only")),
    "has capabilities": ("metrics", lambda s: s.update(cap_add=["NET_ADMIN"])),
    "may gain privileges": ("kafka", lambda s: s.pop("security_opt")),
    "has no init": ("retention", lambda s: s.pop("init")),
    "is not given a minute to stop": ("ingest", lambda s: s.update(stop_grace_period="10s")),
    "fills the disk with logs": ("clickhouse", lambda s: s["logging"]["options"].pop("max-size")),
    "has no limit of memory": ("release-watch", lambda s: s.pop("mem_limit")),
    "has no limit of processes": ("postgres", lambda s: s.update(pids_limit=0)),
    "runs as root or as nobody named": ("clickhouse", lambda s: s.update(user="0:0")),
    "has no version": ("pulse-bot", lambda s: s.update(image="draagvlak:latest")),
    "has a secret in its environment": ("postgres", lambda s: s["environment"].update(POSTGRES_PASSWORD="x")),
    "has a secret elsewhere": ("metrics", lambda s: s["secrets"][0].update(target="/tmp/x")),
    "does not wait for what it needs": (
        "ingest",
        lambda s: s["depends_on"]["migrate"].update(condition="service_started"),
    ),
    "does not come back": ("grafana", lambda s: s.update(restart="no")),
    "comes back although it is done": ("migrate", lambda s: s.update(restart="always")),
    "cannot tell whether it is well": ("kafka", lambda s: s.pop("healthcheck")),
    "reaches the engine of containers": (
        "pulse-bot",
        lambda s: s["volumes"].append({"type": "bind", "source": "/var/run/docker.sock", "target": "/d"}),
    ),
    "shares a namespace of the machine": ("release-watch", lambda s: s.update(pid="host")),
    "is on the way in without need": ("clickhouse", lambda s: s["networks"].update(front=None)),
    "has a tmpfs without an end": ("topics", lambda s: s.update(tmpfs=["/tmp"])),
}
"""The same rules -> the service that a test breaks, and how."""


def test_compose_understands_the_file() -> None:
    done = compose("--profile", "*", "config", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_compose_does_not_understand_everything(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("services: {kafka: {image: x, read_onyl: true}}\n")
    done = tool("docker-compose", "--file", str(tmp_path / "wrong.yaml"), "config", "--quiet")
    assert "read_onyl is not allowed" in done.stderr


def test_every_rule_is_kept(config: Config) -> None:
    assert set(config["services"]) == OURS | SANDBOX | SERVERS
    assert faults(config) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_broken_service_is_caught(config: Config, rule: str) -> None:
    name, wreck = BROKEN[rule]
    broken = copy.deepcopy(config)
    wreck(broken["services"][name])
    assert f"{name}: {rule}" in faults(broken)


def test_a_data_network_that_leads_outside_is_caught(config: Config) -> None:
    broken = copy.deepcopy(config)
    broken["networks"]["data"].pop("internal")
    assert faults(broken) == ["networks: data leads outside"]


def test_compose_lint_finds_nothing_high() -> None:
    """But one, which it cannot know: a folder of passwords is named, and no password."""
    done = tool("compose-lint", "check", "--format", "json", "compose.yaml")
    found = json.loads(done.stdout)
    listed = found["findings"] if isinstance(found, dict) else found
    grave = [
        (finding["rule_id"], finding["service"])
        for finding in listed
        if finding["severity"].upper() in {"HIGH", "CRITICAL"}
    ]
    assert grave == [("CL-0020", "migrate")]


def test_compose_lint_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text("services: {a: {image: 'x:1', privileged: true, volumes: ['/var/run/docker.sock:/s']}}\n")
    assert tool("compose-lint", "check", str(wrong)).returncode == 1


def test_every_variable_is_in_the_example_and_every_one_there_is_used() -> None:
    used = set(re.findall(r"\$\{(\w+)", (FOLDER / "compose.yaml").read_text()))
    document = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    for service in document["services"].values():
        used |= {name for name, value in (service.get("environment") or {}).items() if value is None}
    example = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (FOLDER / ".env.example").read_text(), re.MULTILINE)
    assert set(example) == used | {"COMPOSE_PROFILES", "COMPOSE_FILE"}
    shown = re.findall(r"^#([A-Z][A-Z0-9_]+)=(.*)$", (FOLDER / ".env.example").read_text(), re.MULTILINE)
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]+)\}", (FOLDER / "compose.yaml").read_text()))
    for name, default in defaults.items():
        assert (name, default) in shown or name == "DRAAGVLAK_SLACK_API_URL", name


def test_a_setting_of_a_service_can_be_set_in_env_and_has_else_the_value_shown(tmp_path: Path) -> None:
    """What pages and runbooks tell to change reaches whoever reads it."""
    example = (FOLDER / ".env.example").read_text()
    own = {  # who reads it -> the names of those settings
        ServingSettings: ("pulse-bot", r"(send_per_minute|bot_requests_at_once|items_file|shutdown_delay_seconds)"),
        IngestSettings: ("ingest", r"(gateway_.*|tracing_share|tracing_url)"),
        MetricsSettings: ("metrics", r"(metrics_requests_at_once|tracing_url)"),
        ReleaseSettings: ("release-watch", r"(release_requests_at_once|tracing_url)"),
    }
    (tmp_path / "env").write_text(re.sub(r"^#(DRAAGVLAK_(?!CLOCK|CONFIG|SLACK))", r"\1", example, flags=re.MULTILINE))
    done = compose("config", "--format", "json", env_file=str(tmp_path / "env"))
    services = json.loads(done.stdout)["services"]
    without_value = ("tracing_url", "items_file")
    for settings, (service, wanted) in own.items():
        found = [name for name in settings.model_fields if re.fullmatch(wanted, name)]
        assert len(found) >= 2
        for name in found:
            told = services[service]["environment"].get(f"DRAAGVLAK_{name.upper()}")
            assert told is not None, name
            assert name in without_value or float(told) == settings.model_fields[name].default, name


def test_without_an_env_file_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    done = compose("config", "--quiet", env_file=str(tmp_path / "empty"))
    assert "copy .env.example to .env" in done.stderr


def test_every_secret_is_one_that_is_made_or_asked_for(config: Config) -> None:
    made = {*secret_files.generated(sandbox=True), *secret_files.DERIVED, *secret_files.YOURS}
    named = set(config["secrets"])
    assert named <= made
    for name, secret in config["secrets"].items():
        assert Path(secret["file"]).name == name
    mounted = {secret["source"] for service in config["services"].values() for secret in service.get("secrets", [])}
    assert mounted == named


def test_servers_can_read_their_secrets_and_nobody_elses(config: Config) -> None:
    for name in SERVERS:
        service = config["services"][name]
        assert {secret["source"] for secret in service["secrets"]} <= secret_files.READ_BY_SERVERS, name
        assert service["group_add"] == ["10001"]
    for name in OURS:
        assert config["services"][name]["user"] == "10001:10001"


def test_each_service_has_the_secrets_that_its_settings_name_and_no_others(config: Config) -> None:
    for name in OURS - {"secrets"}:
        service = config["services"][name]
        named = {
            Path(value).name
            for value in (service.get("environment") or {}).values()
            if str(value).startswith("/run/secrets/draagvlak/")
        }
        mounted = {secret["source"] for secret in service.get("secrets", [])}
        if name == "migrate":
            named |= {secret_files.clickhouse_password(role) for role in secret_files.CLICKHOUSE_ROLES}
        assert mounted <= named, name
        # Compose gives everybody the same settings; these follow no campaign clock.
        follows_no_clock = {"ingest", "metrics", "migrate", "topics", "dead-letters", "backup-clickhouse"}
        follows_no_clock |= {"restore-clickhouse"}
        assert named - mounted == ({"token-clock"} if name in follows_no_clock else set()), name


def test_the_page_says_of_every_secret_who_reads_it() -> None:
    further = ("compose.socket.yaml", "compose.previous-signing-secret.yaml", "compose.tracing.yaml")
    files = [word for file in further for word in ("--file", file)]
    done = compose(*files, "--profile", "*", "config", "--format", "json")
    readers: dict[str, set[str]] = {}
    for name, service in json.loads(done.stdout)["services"].items():
        for secret in service.get("secrets", []):
            readers.setdefault(secret["source"], set()).add(name)
    table = (ROOT / "deploy" / "README.md").read_text().partition("| file | what | who reads it (in compose) |")[2]
    rows = re.findall(r"^\| `([\w.-]+)` \| [^|]*\| ([^|]+) \|$", table.partition("\n\n")[0], re.MULTILINE)
    told = {name: set(who.split(", ")) for name, who in rows if not who.startswith("–")}
    assert told == readers
    assert {name for name, _ in rows} >= set(secret_files.generated(sandbox=True)) | set(secret_files.DERIVED)


def test_what_runs_all_the_time_may_take_as_much_memory_as_the_page_of_sizes_says(config: Config) -> None:
    always = [name for name, service in config["services"].items() if name not in ONCE and not service.get("profiles")]
    gigabytes = sum(int(config["services"][name]["mem_limit"]) for name in always) / 1024**3
    ours = [name for name in always if name not in SERVERS]
    page = (ROOT / "docs" / "operations.md").read_text()
    assert f"{len(ours) - 1} × 0.5 + 1 = {len(ours) / 2 + 0.5:g} GB" in page
    assert f"= {gigabytes:g} GB at most" in page


def test_every_command_is_one_of_ours(config: Config) -> None:
    for name in OURS | SANDBOX:
        assert config["services"][name]["command"][0] in COMMANDS, name
        assert config["services"][name].get("entrypoint") is None, name


def test_a_service_that_follows_the_campaign_clock_can_ask_for_it(config: Config) -> None:
    for name in ("pulse-bot", "release-watch", "retention", "plan", "import", "backup-ledger", "restore-ledger"):
        assert "token-clock" in {secret["source"] for secret in config["services"][name]["secrets"]}, name


def test_kafka_makes_no_topic_by_itself_and_lets_nobody_in_without_a_password(config: Config) -> None:
    environment = config["services"]["kafka"]["environment"]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    protocols = dict(part.split(":") for part in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    listeners = [part.partition("://")[0] for part in environment["KAFKA_LISTENERS"].split(",")]
    assert {protocols[listener] for listener in listeners} == {"SASL_PLAINTEXT"}


def test_kafka_lets_everybody_do_what_the_contracts_say_before_any_service_starts(config: Config) -> None:
    """What the rights are, and that they hold, is in test_rights_on_kafka."""
    services = config["services"]
    environment = services["kafka"]["environment"]
    assert environment["KAFKA_AUTHORIZER_CLASS_NAME"].endswith(".StandardAuthorizer")
    assert environment["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"
    assert set(environment["KAFKA_SUPER_USERS"].split(";")) == {"User:broker", "User:topics"}
    assert services["topics"]["command"] == ["topics", "apply", "--rights"]
    users = {
        name: service["environment"]["DRAAGVLAK_KAFKA_USERNAME"]
        for name, service in services.items()
        if "DRAAGVLAK_KAFKA_USERNAME" in (service.get("environment") or {})
    }
    assert set(users.values()) - {"topics"} == set(TOPIC_RIGHTS)
    for name, user in users.items():
        if name != "topics":
            assert user == RESTORES.get(name, name), "nobody else borrows another's rights"
            assert services[name]["depends_on"]["topics"]["condition"] == "service_completed_successfully"


def test_a_backup_of_each_store_is_made_every_night_by_one_who_reads_no_other(config: Config) -> None:
    for part in ("clickhouse", "ledger"):
        service = config["services"][f"backup-{part}"]
        assert service["command"] == ["backup", part, "create", "--nightly"]
        assert service.get("profiles") is None, "without being asked for"
        environment = service["environment"]
        assert environment["DRAAGVLAK_BACKUP_FOLDER"] == "/backups"
        assert (environment["DRAAGVLAK_BACKUP_AT"], environment["DRAAGVLAK_BACKUP_DAYS"]) == ("02:00", "14")
        assert [(one["type"], one["target"]) for one in service["volumes"]] == [("bind", "/backups")]
        other = "LEDGER" if part == "clickhouse" else "CLICKHOUSE"
        assert not [name for name in environment if name.startswith(f"DRAAGVLAK_{other}_")]
    assert config["services"]["backup-clickhouse"]["environment"]["DRAAGVLAK_CLICKHOUSE_USER"] == "draagvlak_backup"


@pytest.mark.parametrize("part", ["clickhouse", "ledger"])
def test_a_backup_that_was_not_made_is_seen_and_a_fresh_installation_is_well(
    config: Config, tmp_path: Path, part: str
) -> None:
    asked = config["services"][f"backup-{part}"]["healthcheck"]["test"]
    assert asked[:3] == ["CMD", "python", "-c"]
    code = asked[3].replace("/backups", str(tmp_path / "backups")).replace("/proc", str(tmp_path))
    (tmp_path / "1").mkdir()
    (tmp_path / "backups").mkdir()

    def is_well(hours_up: float) -> bool:
        began = 1000 * 100  # ticks after the machine's own start
        (tmp_path / "uptime").write_text(f"{1000 + hours_up * 3600:.2f} 5.00\n")
        (tmp_path / "1" / "stat").write_text(f"1 (a) b) {' '.join(['S', *['0'] * 18, str(began)])} 0 0\n")
        return subprocess.run([sys.executable, "-c", code], check=False, timeout=240).returncode == 0

    def made(name: str, hours_ago: float) -> None:
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        (tmp_path / "backups" / name.replace("AT", at.strftime("%Y%m%dT%H%M%SZ"))).mkdir()

    assert (is_well(0), is_well(25), is_well(27)) == (True, True, False)
    made(f"{part}-AT", 27)
    made(f"{part}-AT.unfinished", 1)
    made("ledger-AT" if part == "clickhouse" else "clickhouse-AT", 1)
    assert (is_well(0), is_well(27)) == (False, False), "also after a machine was started again"
    made(f"{part}-AT", 25)
    assert (is_well(0), is_well(27)) == (True, True)


def test_retention_comes_after_the_backup_and_sees_what_is_in_it(config: Config) -> None:
    """Until then Kafka alone has what was released by day."""
    service, backup = config["services"]["retention"], config["services"]["backup-clickhouse"]
    assert service["command"] == ["retention", "--nightly"]
    for name in ("DRAAGVLAK_BACKUP_AT", "DRAAGVLAK_BACKUP_TIMEZONE", "DRAAGVLAK_BACKUP_FOLDER"):
        assert service["environment"][name] == backup["environment"][name], "what it waits for"
    (seen,), (written,) = service["volumes"], backup["volumes"]
    assert seen == {**written, "read_only": True}


@pytest.mark.parametrize(("part", "job"), [("clickhouse", "clickhouse"), ("ledger", "ledger-postgres")])
def test_each_backup_is_brought_back_by_one_who_may_and_without_the_bot(config: Config, part: str, job: str) -> None:
    """As the job of Kubernetes of that name, in the folder where the backup was made."""
    service = config["services"][f"restore-{part}"]
    text = (ROOT / "deploy" / "k8s" / "components" / "backup" / job / f"restore-{part}.yaml").read_text()
    pod = yaml.safe_load(text)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert service["command"] == container["args"]
    assert service["profiles"] == ["desk"], "never by itself"
    environment = service["environment"]
    others = {"DRAAGVLAK_BACKUP_FOLDER", "DRAAGVLAK_LEDGER_URL"}  # which name another place
    for setting in container["env"]:
        assert setting["name"] in others or environment[setting["name"]] == setting["value"]
    made_by = config["services"][f"backup-{part}"]
    for name in ("DRAAGVLAK_BACKUP_FOLDER", *(("DRAAGVLAK_LEDGER_URL",) if part == "ledger" else ())):
        assert environment[name] == made_by["environment"][name]
    assert service["volumes"] == made_by["volumes"]
    needed = set(service["depends_on"])
    for other in needed:
        needed = needed | set(config["services"][other].get("depends_on", {}))
    assert not needed & {"pulse-bot", "ingest", "release-watch", "retention", *BACKUPS}, "these must be stopped"
    readme = (ROOT / "deploy" / "README.md").read_text()
    assert f"docker compose run --rm restore-{part} " in readme


@pytest.mark.parametrize(
    ("file", "secret", "told", "services"),
    [
        (
            "compose.socket.yaml",
            "slack-app-token",
            {"SLACK_MODE": "socket", "SLACK_APP_TOKEN_FILE": None},
            {"pulse-bot": ServingSettings},
        ),
        (
            "compose.previous-signing-secret.yaml",
            "slack-previous-signing-secret",
            {"SLACK_PREVIOUS_SIGNING_SECRET_FILE": None},
            {"pulse-bot": ServingSettings},
        ),
        (
            "compose.tracing.yaml",
            "tracing-token",
            {"TRACING_TOKEN_FILE": None},
            {
                "pulse-bot": ServingSettings,
                "ingest": IngestSettings,
                "metrics": MetricsSettings,
                "release-watch": ReleaseSettings,
            },
        ),
    ],
)
def test_a_second_file_gives_services_one_secret_more_and_changes_nothing_else(
    config: Config, file: str, secret: str, told: dict[str, str | None], services: dict[str, type[BaseSettings]]
) -> None:
    done = compose("--file", file, "--profile", "*", "config", "--format", "json")
    assert done.stderr == ""
    changed: Config = json.loads(done.stdout)
    assert faults(changed) == []
    path = f"/run/secrets/draagvlak/{secret}"
    new = {f"DRAAGVLAK_{name}": value or path for name, value in told.items()}
    for service, settings in services.items():
        its, before = changed["services"].pop(service), config["services"][service]
        assert its.pop("environment") == {**before["environment"], **new}
        assert {name.removeprefix("DRAAGVLAK_").lower() for name in new} <= set(settings.model_fields)
        assert {one["source"]: one["target"] for one in its.pop("secrets")} == {
            **{one["source"]: one["target"] for one in before["secrets"]},
            secret: path,
        }
        assert its == {name: value for name, value in before.items() if name not in ("environment", "secrets")}
    assert changed["services"] == {name: it for name, it in config["services"].items() if name not in services}
    assert file in (ROOT / "deploy" / "README.md").read_text() + (FOLDER / ".env.example").read_text()


def test_files_that_env_names_add_up(tmp_path: Path) -> None:
    """And so no page tells to name one with --file, which would leave out the others for that time."""
    named = "COMPOSE_FILE=compose.yaml:compose.tracing.yaml:compose.previous-signing-secret.yaml\n"
    (tmp_path / "env").write_text(named + (FOLDER / ".env.example").read_text())
    done = tool("docker-compose", "--env-file", str(tmp_path / "env"), "config", "--format", "json")
    secrets = {secret["source"] for secret in json.loads(done.stdout)["services"]["pulse-bot"]["secrets"]}
    assert {"tracing-token", "slack-previous-signing-secret"} <= secrets
    for page in (*ROOT.glob("docs/**/*.md"), ROOT / "deploy" / "README.md", ROOT / "README.md"):
        assert not re.search(r"docker compose (--file|-f) ", page.read_text()), page


def test_who_is_on_either_network_reaches_the_workspace_by_its_name(config: Config) -> None:
    """It has an address on both; the name alone would be one of them."""
    environment = config["services"]["workspace"]["environment"]
    assert environment["DRAAGVLAK_SANDBOX_HOST"] == "0.0.0.0"
    assert environment["DRAAGVLAK_SANDBOX_PUBLIC_HOST"] == "workspace"
    assert set(WorkspaceSettings.model_fields) >= {
        name.removeprefix("DRAAGVLAK_SANDBOX_").lower() for name in environment
    }


def test_postgresql_logs_no_row(config: Config) -> None:
    """A violation of uniqueness would name a member: docs/adr/0011."""
    assert config["services"]["postgres"]["command"] == ["postgres", "-c", "log_error_verbosity=terse"]


def test_bots_review_reaches_the_release(config: Config) -> None:
    environment = config["services"]["pulse-bot"]["environment"]
    assert environment["DRAAGVLAK_REVIEW_URL"] == "http://release-watch:8606"
    assert environment["DRAAGVLAK_REVIEW_TOKEN_FILE"] == "/run/secrets/draagvlak/token-review"


def test_clickhouse_keeps_no_log_of_statements() -> None:
    root = Xml.parse(FOLDER / "clickhouse" / "draagvlak.xml").getroot()
    gone = {element.tag for element in root if element.get("remove")}
    assert {"query_log", "query_thread_log", "part_log", "text_log", "trace_log"} <= gone
    assert root.findtext("logger/level") == "warning"


def test_no_machine_and_no_registry_is_named() -> None:
    for path in FOLDER.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert not re.search(r"https?://(?!127\.0\.0\.1|slack\.com|[a-z-]+:\d+)", text), path.name
            assert str(FOLDER.parent) not in text, path.name
