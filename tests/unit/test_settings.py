"""Wrong settings: every fault at once with the name of its variable, before anything is touched, and exit code 2."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from services.ingest.settings import IngestSettings, MigrateSettings, RetentionSettings, TopicsSettings
from services.metrics.settings import MetricsSettings, ReleaseSettings
from services.pulse_bot.settings import BotSettings, LedgerSettings, ServingSettings
from services.runtime.serving import PortTaken, bind
from services.runtime.setting_names import known, unknown
from services.runtime.settings import KafkaSettings, RuntimeSettings, SettingsFault, load
from tests.certificates import Authority

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _nothing_else_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DRAAGVLAK_")]:
        monkeypatch.delenv(name)


def faults(monkeypatch: pytest.MonkeyPatch, settings: type[RuntimeSettings], **given: str | Path) -> Mapping[str, str]:
    """Variable, without its prefix -> what is wrong with it; empty where all is well."""
    for name, value in given.items():
        monkeypatch.setenv(f"DRAAGVLAK_{name}", str(value))
    try:
        load(settings)
    except SettingsFault as fault:
        lines = [line.partition(": ") for line in str(fault).splitlines()]
        return {name.removeprefix("DRAAGVLAK_"): text for name, _, text in lines}
    return {}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("s3cr3t-that-is-nowhere-told\n")
    return path


def test_one_list_has_wrong_values_unreadable_files_and_wrong_combinations(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (empty := tmp_path / "empty").write_text(" \n")
    found = faults(
        monkeypatch,
        ServingSettings,
        TICK_SECONDS="-1",
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        METRICS_URL="metrics:8602",
        REVIEW_URL="http://release:8606",
        SLACK_BOT_TOKEN_FILE=empty,
        CLOCK_URL="http://clock:8600",
        CLOCK_TOKEN_FILE=tmp_path / "nowhere",
        SLACK_BOT_TOKN_FILE="typo",
    )
    assert set(found) == {
        "TICK_SECONDS",
        "METRICS_URL",
        "KAFKA_SASL_MECHANISM",
        "KAFKA_USERNAME",
        "KAFKA_PASSWORD_FILE",
        "KAFKA_CA_FILE",
        "SLACK_SIGNING_SECRET_FILE",
        "REVIEW_TOKEN_FILE",
        "SLACK_BOT_TOKEN_FILE",
        "CLOCK_TOKEN_FILE",
        "SLACK_BOT_TOKN_FILE",
    }
    assert found["SLACK_BOT_TOKEN_FILE"] == f"{empty} is empty"
    assert found["SLACK_BOT_TOKN_FILE"].endswith("did you mean DRAAGVLAK_SLACK_BOT_TOKEN_FILE?")


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"KAFKA_SASL_MECHANISM": "PLAIN"}, "KAFKA_SASL_MECHANISM"),
        ({"KAFKA_CA_FILE": "{ca}"}, "KAFKA_CA_FILE"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL"}, "KAFKA_CA_FILE"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CA_FILE": "{secret}"}, "KAFKA_CA_FILE"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CA_FILE": "{ca}", "KAFKA_CERT_FILE": "{own}"}, "KAFKA_KEY_FILE"),
        (
            {
                "KAFKA_SECURITY_PROTOCOL": "SSL",
                "KAFKA_CA_FILE": "{ca}",
                "KAFKA_CERT_FILE": "{own}",
                "KAFKA_KEY_FILE": "{other}",
            },
            "KAFKA_CERT_FILE",
        ),
        ({"KAFKA_BOOTSTRAP": "kafka-0:9092,kafka-1"}, "KAFKA_BOOTSTRAP"),
        ({"KAFKA_BOOTSTRAP": "kafka:99999"}, "KAFKA_BOOTSTRAP"),
        (
            {
                "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
                "KAFKA_SASL_MECHANISM": "PLAIN",
                "KAFKA_PASSWORD_FILE": "{secret}",
            },
            "KAFKA_USERNAME",
        ),
    ],
)
def test_a_wrong_combination_for_kafka_is_one_fault_of_the_setting_to_mend(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: Path, given: dict[str, str], wrong: str
) -> None:
    authority = Authority(tmp_path)
    (own, _), (_, other) = authority.issued("own"), authority.issued("other")
    places = {"ca": authority.certificate, "own": own, "other": other, "secret": secret}
    given = {name: value.format(**places) for name, value in given.items()}
    assert list(faults(monkeypatch, KafkaSettings, **given)) == [wrong]


@pytest.mark.needs("openssl")
def test_a_right_combination_for_kafka_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issued("own")
    assert not faults(
        monkeypatch,
        KafkaSettings,
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_SASL_MECHANISM="SCRAM-SHA-512",
        KAFKA_USERNAME="ingest",
        KAFKA_PASSWORD_FILE=secret,
        KAFKA_CA_FILE=authority.certificate,
        KAFKA_CERT_FILE=certificate,
        KAFKA_KEY_FILE=key,
        KAFKA_BOOTSTRAP="kafka-0:9093, kafka-1:9093,[::1]:9093",
    )


@pytest.mark.parametrize(
    ("settings", "given", "wrong"),
    [
        (ReleaseSettings, {"CLICKHOUSE_CA_FILE": "{secret}"}, ["CLICKHOUSE_CA_FILE"]),
        (ReleaseSettings, {"CLICKHOUSE_SECURE": "true", "CLICKHOUSE_CA_FILE": "{secret}"}, ["CLICKHOUSE_CA_FILE"]),
        (ReleaseSettings, {"CLOCK_URL": "http://clock:1"}, ["CLOCK_TOKEN_FILE"]),
        (ReleaseSettings, {"CLICKHOUSE_HOST": "http://clickhouse"}, ["CLICKHOUSE_HOST"]),
        (ReleaseSettings, {"TOKENS_FILE": "{secret}"}, ["TOKENS_FILE"]),
        (MetricsSettings, {}, ["TOKENS_FILE"]),
        (MigrateSettings, {"CLICKHOUSE_PORT": "80443"}, ["CLICKHOUSE_PORT"]),
        (MigrateSettings, {"CLICKHOUSE_PASSWORD_FILE": "/nowhere/at/all"}, ["CLICKHOUSE_PASSWORD_FILE"]),
        (IngestSettings, {"INGEST_FLUSH_ROWS": "0", "TOKENS_FILE": "/none"}, ["INGEST_FLUSH_ROWS", "TOKENS_FILE"]),
        (RetentionSettings, {"RETENTION_BALLOTS_DAYS": "0"}, ["RETENTION_BALLOTS_DAYS"]),
        (TopicsSettings, {"KAFKA_REPLICATION_FACTOR": "0"}, ["KAFKA_REPLICATION_FACTOR"]),
        (TopicsSettings, {"CLICKHOUSE_PASSWORD_FILE": "/nowhere"}, []),
        (LedgerSettings, {"LEDGER_URL": "mysql://x"}, ["LEDGER_URL"]),
        (LedgerSettings, {"LEDGER_URL": "nonsense"}, ["LEDGER_URL"]),
        (LedgerSettings, {"LEDGER_URL": "postgresql+asyncpg://x/y"}, ["LEDGER_URL"]),
        (LedgerSettings, {"TIMEZONE": "Europe/Amstelveen"}, ["TIMEZONE"]),
        (LedgerSettings, {"ITEMS_FILE": "/nowhere.yaml"}, ["ITEMS_FILE"]),
        (LedgerSettings, {"CAMPAIGN_FILE": "/nowhere.yaml"}, []),
        (LedgerSettings, {"CLOCK_TOKEN_FILE": "/nowhere"}, []),
        (LedgerSettings, {"LEDGER_PASSWORD_FILE": "{secret}"}, ["LEDGER_PASSWORD_FILE"]),
        (
            LedgerSettings,
            {"LEDGER_URL": "postgresql://a:b@host/x", "LEDGER_PASSWORD_FILE": "{secret}"},
            ["LEDGER_PASSWORD_FILE"],
        ),
        (BotSettings, {"SLACK_API_URL": "https://me:pw@slack.com/api/"}, ["SLACK_API_URL", "SLACK_BOT_TOKEN_FILE"]),
        (
            ServingSettings,
            {"SLACK_MODE": "socket", "SLACK_BOT_TOKEN_FILE": "{secret}"},
            ["SLACK_APP_TOKEN_FILE"],
        ),
    ],
)
def test_every_service_tells_what_is_wrong_with_its_own_settings(
    monkeypatch: pytest.MonkeyPatch,
    secret: Path,
    tmp_path: Path,
    settings: type[RuntimeSettings],
    given: dict[str, str],
    wrong: list[str],
) -> None:
    monkeypatch.setenv("DRAAGVLAK_STATE", str(tmp_path))
    found = faults(monkeypatch, settings, **{name: value.format(secret=secret) for name, value in given.items()})
    assert list(found) == wrong
    assert "s3cr3t" not in str(found)
    assert "pw" not in str(found)


def test_tokens_of_slack_that_were_exchanged_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (bot := tmp_path / "bot").write_text("xapp-1-secret-part")
    (app := tmp_path / "app").write_text("xoxb-secret-part")
    found = faults(
        monkeypatch,
        ServingSettings,
        STATE=tmp_path,
        SLACK_MODE="socket",
        SLACK_BOT_TOKEN_FILE=bot,
        SLACK_APP_TOKEN_FILE=app,
    )
    assert found["SLACK_BOT_TOKEN_FILE"] == f"{bot} holds an app-level token (xapp-…); this one begins with xoxb-"
    assert found["SLACK_APP_TOKEN_FILE"] == f"{app} holds the bot's token (xoxb-…); this one begins with xapp-"
    assert "secret-part" not in str(found)


def test_a_ledger_that_cannot_be_kept_in_its_folder_is_told_before_it_is_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (taken := tmp_path / "taken").write_text("a file")
    assert "LEDGER_URL" in faults(monkeypatch, LedgerSettings, LEDGER_URL=f"sqlite:///{taken}/deep/ledger.sqlite")
    assert list(tmp_path.iterdir()) == [taken], "nothing was made"


def test_a_variable_that_is_there_and_empty_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not faults(monkeypatch, KafkaSettings, KAFKA_CA_FILE="", KAFKA_SASL_MECHANISM="", KAFKA_BOOTSTRAP="")


def test_a_mistyped_variable_is_told_with_what_it_may_mean_and_one_of_another_service_is_not() -> None:
    given = {
        "DRAAGVLAK_KAFKA_BOOTSTRAPS": "kafka:9092",
        "DRAAGVLAK_METRICS_PORT": "1",
        "DRAAGVLAK_SANDBOX_RATE_SCALE": "0",
        "DRAAGVLAK_ELEPHANT": "1",
        "PATH": "/bin",
    }
    assert unknown(given) == (
        "DRAAGVLAK_ELEPHANT: is no setting, and nothing reads it",
        "DRAAGVLAK_KAFKA_BOOTSTRAPS: is no setting, and nothing reads it; did you mean DRAAGVLAK_KAFKA_BOOTSTRAP?",
    )


def classes() -> Iterator[type[BaseSettings]]:
    """Every settings class of ours, found by importing every module that can declare one."""
    for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("sandbox/**/*.py"), *ROOT.glob("grafana/**/*.py")]:
        if "(RuntimeSettings" in (text := path.read_text()) or "BaseSettings)" in text or "Settings, " in text:
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for value in vars(module).values():
                if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__:
                    yield value


def test_the_names_read_in_the_sources_are_those_of_the_classes() -> None:
    declared = {
        f"{settings.model_config.get('env_prefix', '')}{name.upper()}"
        for settings in classes()
        for name in settings.model_fields
    }
    assert len(declared) > 80
    assert declared <= known()
    assert known() - declared == {"DRAAGVLAK_ALERT_EMAIL"}


COMMANDS = {
    "bot": ["bot"],
    "waves": ["waves", "tick"],
    "roster": ["roster", "sync"],
    "forget": ["forget", "U1"],
    "ingest": ["ingest"],
    "migrate": ["migrate", "apply"],
    "topics": ["topics", "apply"],
    "dead-letters": ["dead-letters", "list"],
    "retention": ["retention"],
    "metrics": ["metrics"],
    "release": ["release", "watch"],
    "one wave": ["release", "w1"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_ends_with_2_and_the_whole_list_before_it_touches_anything(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.command_line", *COMMANDS[name]],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DRAAGVLAK_STATE": str(tmp_path / "state"),
            "DRAAGVLAK_LOG_LEVEL": "loud",
            "DRAAGVLAK_KAFKA_BOOTSTRAP": "nowhere",
            "DRAAGVLAK_CLICKHOUSE_PORT": "none",
            "DRAAGVLAK_KAFKA_PASSWORD_FILE": str(tmp_path / "no-such-file"),
            "DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE": str(tmp_path / "no-such-file"),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    told = {line.split(":")[0].removeprefix("DRAAGVLAK_") for line in done.stderr.splitlines()}
    kafka = {"KAFKA_BOOTSTRAP", "KAFKA_PASSWORD_FILE"}
    store = {"CLICKHOUSE_PORT", "CLICKHOUSE_PASSWORD_FILE"}
    own = {
        "bot": kafka | {"SLACK_BOT_TOKEN_FILE", "SLACK_SIGNING_SECRET_FILE"},
        "waves": kafka | {"SLACK_BOT_TOKEN_FILE"},
        "roster": kafka | {"SLACK_BOT_TOKEN_FILE"},
        "forget": kafka | {"SLACK_BOT_TOKEN_FILE"},
        "migrate": store,
        "topics": kafka,
        "metrics": store | {"TOKENS_FILE"},
        "release": store,
        "one wave": store,
    }.get(name, kafka | store)
    assert (done.returncode, told) == (2, own | {"LOG_LEVEL"}), done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_this_machine_does_not_have_is_said_with_the_setting() -> None:
    with pytest.raises(PortTaken, match="DRAAGVLAK_METRICS_HOST"):
        bind("192.0.2.1", 0, "DRAAGVLAK_METRICS_PORT")
