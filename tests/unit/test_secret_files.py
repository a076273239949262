"""`draagvlak secrets init`: what can be made is made, once, for its reader alone; the rest is asked for."""

import re
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import yaml
from typer.testing import CliRunner

from services.ingest.migrating import passwords
from services.ingest.migrating.plan import packaged
from services.runtime import secret_files
from services.runtime.secrets_cli import secrets
from services.runtime.settings import SettingsFault
from services.runtime.tokens import Scope, TokenFile


def read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_everything_is_made_once_and_never_overwritten(tmp_path: Path) -> None:
    first = secret_files.make(tmp_path)
    before = read(tmp_path)
    second = secret_files.make(tmp_path)
    assert sorted(first.made) == sorted(before) == sorted((*secret_files.generated(), *secret_files.DERIVED))
    assert (second.made, sorted(second.kept)) == ((), sorted(before))
    assert read(tmp_path) == before
    made_up = [before[name] for name in secret_files.generated()]
    assert len(set(made_up)) == len(made_up)
    assert all(len(secret.strip()) >= 32 for secret in made_up)


def test_only_the_owner_reads_them_and_the_group_what_servers_read(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    secret_files.make(folder, sandbox=True)
    assert mode(folder) == 0o700
    for path in folder.iterdir():
        assert mode(path) == (0o640 if path.name in secret_files.READ_BY_SERVERS else 0o600), path.name


def test_what_only_a_person_has_is_named_until_it_is_there(tmp_path: Path) -> None:
    done = CliRunner().invoke(secrets, ["init", str(tmp_path)])
    assert done.exit_code == 0
    for name in ("slack-bot-token", "slack-signing-secret"):
        assert re.search(rf"^yours to supply: .*/{name} – .+", done.output, re.MULTILINE)
        (tmp_path / name).write_text("from Slack\n")
    again = CliRunner().invoke(secrets, ["init", str(tmp_path)])
    assert again.exit_code == 0
    assert "yours to supply" not in again.output
    assert (tmp_path / "slack-bot-token").read_text() == "from Slack\n"


def test_nothing_secret_is_printed(tmp_path: Path) -> None:
    printed = CliRunner().invoke(secrets, ["init", str(tmp_path), "--sandbox"]).output
    for name in secret_files.generated(sandbox=True):
        assert (tmp_path / name).read_text().strip() not in printed


def test_the_sandbox_needs_no_person(tmp_path: Path) -> None:
    done = secret_files.make(tmp_path, sandbox=True)
    assert not done.yours
    assert (tmp_path / "slack-bot-token").read_text().startswith("xoxb-")


def test_each_token_opens_what_its_caller_needs_and_nothing_else(tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    known = TokenFile(tmp_path / "tokens.yaml")
    scopes = {}
    for caller in secret_files.TOKENS:
        secret = (tmp_path / f"token-{caller}").read_text().strip()
        assert secret not in (tmp_path / "tokens.yaml").read_text()
        owner = known.owner_of(secret)
        assert owner is not None
        scopes[owner.name] = owner.scopes
    assert scopes == {
        "bot": {Scope.METRICS_READ},
        "review": {Scope.COMMENTS_REVIEW},
        "grafana": {Scope.METRICS_READ},
        "gateway": {Scope.OUTCOMES_WRITE, Scope.ANNOUNCEMENTS_DRAFT},
        "clock": set(),
    }


def test_a_changed_token_changes_its_hash_and_tokens_of_others_stay(tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    other = {"name": "payroll", "sha256": "a" * 64, "scopes": ["outcomes:write"]}
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(yaml.safe_dump([*yaml.safe_load(tokens.read_text()), other]))
    (tmp_path / "token-gateway").write_text("another\n")
    assert secret_files.make(tmp_path).made == ("tokens.yaml",)
    written = {entry["name"]: entry for entry in yaml.safe_load(tokens.read_text())}
    assert written["gateway"]["sha256"] == sha256(b"another").hexdigest()
    assert written["payroll"] == other


def test_clickhouse_knows_the_hash_of_one_user_who_makes_the_others(tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    users = Xml.parse(tmp_path / "clickhouse-users.xml").find("users")
    assert users is not None
    assert [user.tag for user in users] == ["default", "draagvlak_migrate"]
    assert users[0].attrib == {"remove": "1"}
    password = (tmp_path / "clickhouse-migrate-password").read_text().strip()
    assert users.findtext("draagvlak_migrate/password_sha256_hex") == sha256(password.encode()).hexdigest()


def test_every_user_of_the_migrations_gets_a_password_and_nobody_else(tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    statements = [statement for migration in packaged() for statement in migration.statements]
    made = {match[1] for s in statements if (match := re.match(r"CREATE USER IF NOT EXISTS (\w+)", s))}
    assert set(passwords.read(tmp_path)) == made


def test_an_empty_file_is_a_fault_and_not_an_empty_password(tmp_path: Path) -> None:
    (tmp_path / "postgres-password").write_text("\n")
    with pytest.raises(SettingsFault, match="postgres-password is empty"):
        secret_files.make(tmp_path)
    assert (tmp_path / "postgres-password").read_text() == "\n"


def test_a_tokens_file_that_is_none_is_left_alone_and_named(tmp_path: Path) -> None:
    (tmp_path / "tokens.yaml").write_text("tokens: []\n")
    with pytest.raises(SettingsFault, match=r"tokens\.yaml is not a list of tokens"):
        secret_files.make(tmp_path)
    assert (tmp_path / "tokens.yaml").read_text() == "tokens: []\n"


def test_a_password_that_kafka_could_not_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kafka-ingest-password").write_text('with"quote\n')
    with pytest.raises(SettingsFault, match="kafka-ingest-password"):
        secret_files.make(tmp_path)
