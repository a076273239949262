"""`draagvlak grafana publish` and `verify` through the front door, against a stand-in for Grafana's API."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import GRAFANA_PYTHON
from grafana.names import METRICS_UID
from services.contracts.base import TextLanguage
from tests.contract.grafana.organisations import Organisation
from tests.contract.grafana.stand_in import TOKEN, StandIn, listening

pytestmark = pytest.mark.needs("grafana-client")
METRICS_TOKEN = "of-the-metrics-api"


@pytest.fixture
def state(organisations: dict[str, Organisation]) -> StandIn:
    return StandIn(organisations["mostly hidden"])


@pytest.fixture
def grafana(state: StandIn, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment in which the commands find the stand-in."""
    (tmp_path / "grafana_token").write_text(TOKEN)
    (tmp_path / "metrics_token").write_text(METRICS_TOKEN)
    with listening(state) as url:
        yield {
            "DRAAGVLAK_GRAFANA_URL": url,
            "DRAAGVLAK_GRAFANA_TOKEN_FILE": str(tmp_path / "grafana_token"),
            "DRAAGVLAK_METRICS_TOKEN_FILE": str(tmp_path / "metrics_token"),
        }


def draagvlak(settings: dict[str, str], *arguments: str, python: str | Path = GRAFANA_PYTHON) -> tuple[int, str]:
    """Exit code and everything that was said."""
    done = subprocess.run(
        [python, "-m", "services.command_line", "grafana", *arguments],
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return done.returncode, done.stdout + done.stderr


def test_what_is_published_is_verified_and_a_second_time_changes_nothing(
    grafana: dict[str, str], state: StandIn
) -> None:
    code, said = draagvlak(grafana, "publish")
    assert code == 0, said
    assert METRICS_TOKEN not in said
    assert TOKEN not in said
    assert len(state.dashboards) == 10
    assert {group["interval"] for group in state.groups.values()} == {60, 900}
    first = (dict(state.sources), dict(state.dashboards), dict(state.groups))
    assert draagvlak(grafana, "publish")[0] == 0
    assert (state.sources, state.dashboards, state.groups) == first
    for language in TextLanguage:
        code, said = draagvlak(grafana, "verify", "--language", language.value)
        assert code == 0, said
        assert "Everything that leadership sees is in order" in said
        assert "hidden rows, none shows a number" in said
    assert len(state.asked) > 50
    by_number = [path for _, path in state.asked if re.search(r"/\d+(/|$)|/id/", path)]
    assert by_number == [], "numeric ids are off since Grafana 13"


def test_folders_are_seen_by_those_who_should(grafana: dict[str, str], state: StandIn) -> None:
    code, said = draagvlak(grafana, "publish", "--permissions-only")
    assert code == 0, said
    assert not state.dashboards
    for uid, items in state.permissions.items():
        roles = {item["role"] for item in items}
        assert roles == ({"Editor"} if "operations" in uid else {"Viewer", "Editor"})
        assert {item["permission"] for item in items} == {1}, "look, and change nothing"
    assert len(state.permissions) == 4


def test_whatever_is_not_in_order_is_found(grafana: dict[str, str], state: StandIn) -> None:
    assert draagvlak(grafana, "publish")[0] == 0
    state.version, state.anonymous, state.leaking = "10.4.1", True, True
    state.sources[METRICS_UID]["jsonData"].update(unsecuredQueryHandling="allow")
    state.dashboards.pop("draagvlak-voice-en")
    state.dashboards["draagvlak-teams-en"]["dashboard"].update(editable=True)
    state.dashboards["draagvlak-successes-en"]["dashboard"]["panels"].pop()
    state.groups.pop("draagvlak-operations")
    code, said = draagvlak(grafana, "verify")
    assert code == 1
    for expected in (
        "BAD Grafana: version 10.4.1",
        "BAD anonymous access",
        f"BAD data source {METRICS_UID}: is open",
        "BAD dashboard draagvlak-voice-en: does not exist",
        "BAD dashboard draagvlak-teams-en: can be edited",
        "BAD dashboard draagvlak-successes-en: asks other things",
        "BAD alert rules: missing: draagvlak-wave-overdue",
        "BAD hidden cells of /teams",
    ):
        assert expected in said
    assert said.count("BAD ") >= 8

    state.sources[METRICS_UID]["jsonData"].update(unsecuredQueryHandling="deny", allowedHosts=[])
    del state.sources["draagvlak-prometheus"]
    code, said = draagvlak(grafana, "verify")
    assert f"BAD data source {METRICS_UID}: is open" in said
    assert "BAD data source draagvlak-prometheus: does not exist" in said


def test_a_wrong_token_and_an_absent_grafana_are_one_sentence(grafana: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "grafana_token").write_text("wrong")
    code, said = draagvlak(grafana, "verify")
    assert (code, said.count("\n")) == (1, 1)
    assert "Unauthorized" in said
    code, said = draagvlak(grafana | {"DRAAGVLAK_GRAFANA_URL": "http://127.0.0.1:9"}, "publish")
    assert code == 1
    assert "Traceback" not in said


def test_without_grafana_client_the_command_says_how_to_get_it(grafana: dict[str, str]) -> None:
    code, said = draagvlak(grafana, "verify", python=sys.executable)
    assert code == 2
    assert "make grafana" in said


def test_without_an_address_it_asks_for_one() -> None:
    code, said = draagvlak({}, "verify")
    assert code == 2
    assert "DRAAGVLAK_GRAFANA_URL" in said


def test_the_client_is_not_among_the_dependencies_of_the_services() -> None:
    """It brings a replacement of urllib3, through which clickhouse-connect speaks."""
    for lock in ("requirements.lock", "requirements-sandbox.lock", "requirements-dev.lock"):
        assert "urllib3-future" not in Path(lock).read_text(encoding="utf-8")
    assert "grafana-client==5" in Path("requirements-grafana.lock").read_text(encoding="utf-8")
