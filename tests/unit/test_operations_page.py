"""docs/operations.md says nothing that does not exist: commands, options, settings, targets of make, pages, tests."""

import importlib
import importlib.util
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic_settings import BaseSettings
from typer.main import get_command
from typer.testing import CliRunner

from services.command_line import application

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operations.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line and not line.startswith("#")]
INLINE = re.findall(r"`((?:draagvlak|make|pytest) [^`\n]+)`", TEXT)
WRITTEN = sorted({line.split("  #")[0].strip() for line in LINES} | set(INLINE))
"""Every command on the page, without what is said of it."""

PAGES = [PAGE, *sorted((ROOT / "docs" / "runbooks").glob("*.md"))]
QUOTED = sorted(
    {
        (page.name, command)
        for page in PAGES
        for command in re.findall(r"^draagvlak [^#\n]*|(?<=`)draagvlak [^`\n]+", page.read_text(), re.MULTILINE)
    }
)
"""Page and command, of this page and of the runbooks."""


def of(program: str) -> list[str]:
    return [line for line in WRITTEN if line.split()[0] == program]


def parsed(line: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line as click understands it, without running it. Raises click's errors."""
    words = shlex.split(line)
    monkeypatch.setattr(sys, "argv", words)
    command: Any = get_command(application)
    context = click.Context(command, info_name="draagvlak")
    arguments = words[1:]
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        if not arguments:
            return context
        _, command, arguments = command.resolve_command(context, arguments)
        context = click.Context(command, parent=context, info_name=command.name)
    return command.make_context(command.name, arguments, parent=context)


@pytest.mark.parametrize("line", sorted({*of("draagvlak"), *(line.strip() for _, line in QUOTED)}))
def test_every_command_and_option_exists(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed(line, monkeypatch)


@pytest.mark.parametrize(
    "line",
    ["draagvlak bakcup list", "draagvlak backup list --all", "draagvlak waves stop", "draagvlak backup ledger undo"],
)
def test_one_that_does_not_exist_is_caught(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|there is no|missing"):
        parsed(line, monkeypatch)


def test_the_page_quotes_commands_of_every_kind() -> None:
    assert len(of("draagvlak")) >= 20
    assert {line.split()[1] for line in of("draagvlak")} >= {
        "backup",
        "migrate",
        "topics",
        "waves",
        "forget",
        "secrets",
    }


def test_a_manifest_of_slack_is_printed_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in of("draagvlak") if line.startswith("draagvlak slack manifest -")]
    assert len(lines) == 2
    for line in lines:
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        run = CliRunner().invoke(application, sys.argv[1:])
        assert run.exit_code == 0, f"{line}: {run.output}"


def test_a_command_that_needs_a_campaign_names_one() -> None:
    needing = [(page, line) for page, line in QUOTED if re.match(r"draagvlak (roster|waves plan)\b", line)]
    assert len({page for page, _ in needing}) >= 4
    assert [found for found in needing if "--campaign " not in found[1]] == []


def test_the_doctor_is_asked_about_one_workload() -> None:
    asked = [(page, line) for page, line in QUOTED if line.startswith("draagvlak doctor")]
    assert len({page for page, _ in asked}) >= 2
    assert [found for found in asked if "--for " not in found[1]] == []


def test_targets_tests_and_modules_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {line.split()[1] for line in of("make")} <= targets
    for line in of("pytest"):
        assert all((ROOT / path).exists() for path in line.split()[1:]), line
    for line in of("python"):
        assert importlib.util.find_spec(line.split()[2]), line


def test_every_setting_exists() -> None:
    for module in ("services.pulse_bot.commands.backup", "services.ingest.settings", "services.metrics.settings"):
        importlib.import_module(module)

    def below(kind: type[BaseSettings]) -> set[type[BaseSettings]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    known = {f"DRAAGVLAK_{field.upper()}" for kind in below(BaseSettings) for field in kind.model_fields}
    named = set(re.findall(r"DRAAGVLAK_[A-Z_]+", TEXT))
    assert named
    assert named <= known, named - known


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXT):
        assert (PAGE.parent / link).exists(), link
