"""The command line loads a part of the product only when one of its commands is called."""

import subprocess
import sys

import pytest

from sandbox.commands import sandbox
from services import backup_command
from services.command_line import COMMANDS
from services.pulse_bot.commands import waves
from services.runtime.lazy_commands import Commands

_GROUPS: dict[str, Commands] = {
    "": COMMANDS,
    "backup": backup_command.PARTS,
    "sandbox": sandbox.COMMANDS,
    "waves": waves.COMMANDS,
}


_BELOW: list[list[str]] = [[group, command] for group, commands in _GROUPS.items() if group for command in commands]
"""Those of the first level are called in tests/deploy/test_production_packages.py."""

_RUN: str = """
import sys
from services.command_line import main
try:
    main()
except SystemExit:
    THEN
"""


def _draagvlak(*arguments: str, then: str = "raise") -> subprocess.CompletedProcess[str]:
    code = _RUN.replace("THEN", then)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("words", [*_BELOW, ["demo"]], ids=" ".join)
def test_every_command_that_is_listed_is_there_and_explains_itself(words: list[str]) -> None:
    done = _draagvlak(*words, "--help")
    assert done.returncode == 0, done.stderr
    assert f"Usage: draagvlak {' '.join(words)}" in done.stdout
    assert "completion" not in done.stdout


@pytest.mark.parametrize("group", _GROUPS, ids=lambda name: name or "all")
def test_a_list_of_commands_loads_none_of_them(group: str) -> None:
    loaded = (
        "print([name for name in sys.modules if name.endswith(('.slack', 'kafka', 'clickhouse_connect', 'numpy'))])"
    )
    done = _draagvlak(*filter(None, [group]), "--help", then=loaded)
    for command, (_, text) in _GROUPS[group].items():
        assert command in done.stdout
        assert text.split()[0] in done.stdout
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_waves_are_planned_without_slack_and_kafka() -> None:
    loaded = "print([name for name in ('aiohttp', 'kafka', 'slack_sdk', 'fastapi') if name in sys.modules])"
    assert _draagvlak("waves", "plan", "--help", then=loaded).stdout.splitlines()[-1] == "[]"


def test_topics_are_made_without_clickhouse() -> None:
    loaded = "print([name for name in ('clickhouse_connect', 'fastapi') if name in sys.modules])"
    assert _draagvlak("topics", "apply", "--help", then=loaded).stdout.splitlines()[-1] == "[]"


def test_a_command_that_does_not_exist_is_wrong_use() -> None:
    for words in (["nope"], ["waves", "nope"]):
        done = _draagvlak(*words)
        assert done.returncode == 2
        assert "No such command 'nope'" in done.stderr
