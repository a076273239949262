"""What operators are told to type exists: every command in the runbooks and in the metrics' advice."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from typer.main import get_command

from services.command_line import COMMANDS
from services.runtime.metric_names import ALL

TEXTS = {path.name: path.read_text(encoding="utf-8") for path in Path("docs/runbooks").glob("*.md")} | {
    metric.name: metric.help for metric in ALL
}


def commands() -> Iterator[tuple[str, str]]:
    for name, text in TEXTS.items():
        for said in re.findall(r"`draagvlak ([^`]+)`", " ".join(text.split())):
            yield name, said


def command(name: str) -> Any:
    module, _, attribute = COMMANDS[name][0].partition(":")
    return get_command(getattr(importlib.import_module(module), attribute))


def context(of: Any) -> click.Context:
    return click.Context(of, info_name=of.name)


@pytest.mark.parametrize("said", sorted({said for _, said in commands()}))
def test_a_command_that_is_advised_exists_with_its_options(said: str) -> None:
    first, *rest = said.split()
    assert first in COMMANDS
    found = command(first)
    words = iter(rest)
    for word in words:
        below = found.list_commands(context(found)) if hasattr(found, "list_commands") else []
        if word.startswith("--"):
            option = next((parameter for parameter in found.params if word in parameter.opts), None)
            assert option is not None, f"no {word}"
            if not option.is_flag:
                assert not next(words, "--").startswith("--"), f"{word} wants a value"
        elif below:
            assert word in below, f"no command {word}"
            _, found, _ = found.resolve_command(context(found), [word])
        else:
            assert word.isupper() or word == "watch", f"what is {word}?"


def test_settings_that_are_advised_exist() -> None:
    known = {
        f"DRAAGVLAK_{name.upper()}"
        for path in Path("services").rglob("settings.py")
        for name in re.findall(r"^    (\w+): ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    advised = {name for text in TEXTS.values() for name in re.findall(r"DRAAGVLAK_\w+", text)}
    assert advised
    assert advised <= known
