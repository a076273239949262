"""The two manifests ask for exactly what the code uses."""

import ast
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from sandbox.slack.web_api.dispatch import METHODS
from services.pulse_bot.commands.slack import slack
from services.pulse_bot.manifest import COMMAND, EVENTS, SCOPES_OF, Mode, manifest, scopes
from services.pulse_bot.messages import commands

SOURCES = [path for path in Path("services/pulse_bot").rglob("*.py") if "migrations" not in path.parts]
HTTP = manifest(Mode.HTTP, "https://pulse.example.org/")
SOCKET = manifest(Mode.SOCKET)


def calls(name: str) -> set[str]:
    """The first arguments, where they are plain strings, of every call of a method with this name."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def test_every_method_that_the_code_calls_has_its_scopes_here_and_no_other_has() -> None:
    assert calls("_call") | calls("api_call") == set(SCOPES_OF)


def test_scopes_are_those_of_the_emulated_workspace_which_refuses_a_call_without_them() -> None:
    kept_apart = {"conversations.history", "conversations.info", "conversations.members"}  # by kind of conversation
    for method, needed in SCOPES_OF.items():
        if method not in kept_apart:
            assert needed == set(METHODS[method].scopes), method


def test_the_manifests_ask_for_no_more_than_the_design_allows() -> None:
    allowed = (
        "chat:write im:write im:history users:read commands usergroups:read channels:read groups:read reactions:read "
        "files:write"
    )
    assert set(scopes()) == set(allowed.split())
    for content in (HTTP, SOCKET):
        assert content["oauth_config"]["scopes"] == {"bot": scopes()}


def test_the_events_and_the_command_are_those_that_somebody_listens_to() -> None:
    assert calls("event") == set(EVENTS)
    assert commands.COMMAND == COMMAND
    for content in (HTTP, SOCKET):
        assert content["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)
        assert [command["command"] for command in content["features"]["slash_commands"]] == [COMMAND]


def test_http_mode_names_the_bots_address_everywhere_and_socket_mode_nowhere() -> None:
    address = "https://pulse.example.org/slack/events"
    assert HTTP["settings"]["event_subscriptions"]["request_url"] == address
    assert HTTP["settings"]["interactivity"]["request_url"] == address
    assert HTTP["features"]["slash_commands"][0]["url"] == address
    assert "https://" not in str(SOCKET)
    assert (HTTP["settings"]["socket_mode_enabled"], SOCKET["settings"]["socket_mode_enabled"]) == (False, True)


def test_the_manifests_keep_slacks_limits() -> None:
    for content in (HTTP, SOCKET):
        assert len(content["display_information"]["name"]) <= 35
        assert len(content["display_information"]["description"]) <= 140
        assert len(content["features"]["bot_user"]["display_name"]) <= 80


@pytest.mark.parametrize("url", [None, "http://pulse.example.org", "pulse.example.org"])
def test_http_mode_without_an_https_address_is_refused(url: str | None) -> None:
    with pytest.raises(ValueError, match="https://"):
        manifest(Mode.HTTP, url)


def test_the_command_prints_yaml_that_can_be_pasted() -> None:
    done = CliRunner().invoke(slack, ["manifest", "--mode", "socket"])
    assert done.exit_code == 0
    assert yaml.safe_load(done.stdout) == SOCKET
    done = CliRunner().invoke(slack, ["manifest", "--mode", "http", "--url", "https://pulse.example.org"])
    assert yaml.safe_load(done.stdout) == HTTP
    assert CliRunner().invoke(slack, ["manifest", "--mode", "http"]).exit_code == 2
