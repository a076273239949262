"""Settings, secrets, tokens and clocks of a process."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from services.runtime.clock import ClockUnavailable, ServedClock, WallClock
from services.runtime.ports import PortTaken
from services.runtime.serving import bind
from services.runtime.settings import KafkaSettings, SettingsFault, load, read_secret
from services.runtime.tokens import Scope, TokenFile, bearer


def test_all_faults_in_settings_are_told_at_once_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAAGVLAK_KAFKA_SESSION_TIMEOUT_MS", "soon")
    monkeypatch.setenv("DRAAGVLAK_LOG_LEVEL", "loud")
    with pytest.raises(SettingsFault) as caught:
        load(KafkaSettings)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "DRAAGVLAK_LOG_LEVEL",
        "DRAAGVLAK_KAFKA_SESSION_TIMEOUT_MS",
    ]


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_missing_or_empty_secret_is_said_with_its_setting(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsFault, match="DRAAGVLAK_SLACK_BOT_TOKEN_FILE"):
        read_secret(path, "slack_bot_token_file")


def token_file(path: Path, *entries: tuple[str, str, list[str]]) -> Path:
    path.write_text(
        yaml.safe_dump([{"name": n, "sha256": sha256(s.encode()).hexdigest(), "scopes": c} for n, s, c in entries])
    )
    return path


def test_a_token_is_known_by_its_secret_and_has_its_scopes(tmp_path: Path) -> None:
    tokens = TokenFile(token_file(tmp_path / "tokens", ("grafana", "open sesame", ["metrics:read"])))
    owner = tokens.owner_of("open sesame")
    assert owner is not None
    assert owner.scopes == {Scope.METRICS_READ}
    assert tokens.owner_of("open sesam") is None


def test_a_changed_token_file_counts_at_once_and_a_broken_one_does_not(tmp_path: Path) -> None:
    path = token_file(tmp_path / "tokens", ("grafana", "first", ["metrics:read"]))
    tokens = TokenFile(path)
    token_file(path, ("grafana", "second one", ["metrics:read"]))
    assert tokens.owner_of("first") is None
    assert tokens.owner_of("second one") is not None
    for broken in ("not: [a, list", "- {name: 2026-02-30}", "- &a [*a]", "- !!int three", f"{'[' * 1500}{']' * 1500}"):
        path.write_text(broken)
        assert tokens.owner_of("second one") is not None, broken
    with pytest.raises(SettingsFault, match="is not a list of tokens"):
        TokenFile(path)


@pytest.mark.parametrize(
    ("header", "secret"),
    [("Bearer abc", "abc"), ("bearer abc", "abc"), ("Basic abc", None), ("Bearer ", None), (None, None)],
)
def test_the_secret_of_a_bearer_header(header: str | None, secret: str | None) -> None:
    assert bearer(header) == secret


def test_the_wall_clock_is_aware_and_utc() -> None:
    before = datetime.now(UTC)
    now = WallClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_a_clock_that_does_not_answer_is_said_with_its_address() -> None:
    with pytest.raises(ClockUnavailable, match=r"127\.0\.0\.1:9"):
        ServedClock("http://127.0.0.1:9/clock", "token").now()


def test_a_taken_port_is_said_with_the_setting_that_moves_it() -> None:
    first = bind("127.0.0.1", 0, "DRAAGVLAK_METRICS_PORT")
    try:
        with pytest.raises(PortTaken, match="DRAAGVLAK_METRICS_PORT"):
            bind("127.0.0.1", first.getsockname()[1], "DRAAGVLAK_METRICS_PORT")
    finally:
        first.close()
