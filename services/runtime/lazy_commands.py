"""Groups of commands whose modules are imported only when one of them is called."""

import gc
import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command as command_of

Commands = Mapping[str, tuple[str, str]]
"""Command -> (``module:application``, help)."""


def lazy(commands: Commands) -> type[TyperGroup]:
    """A class of groups that has ``commands`` before its own; to list them imports none of them."""

    class Lazy(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return [*commands, *super().list_commands(ctx)]

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in commands:
                return super().get_command(ctx, cmd_name)
            return _listed(cmd_name, commands[cmd_name][1])

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name, command, rest = super().resolve_command(ctx, args)
            return name, _imported(name, *commands[name]) if name and name in commands else command, rest

    return Lazy


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What imports make stays: to look through it for garbage, then and at the end, is a fifth of a short command."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _imported(name: str, target: str, text: str) -> Any:
    module, _, attribute = target.partition(":")
    with _nothing_collected():
        application = getattr(importlib.import_module(module), attribute)
    command: Any = command_of(application)
    command.name, command.help = name, command.help or text
    return command


def _listed(name: str, text: str) -> Any:
    """Stands for a command in the list of commands."""
    listed: Final = typer.Typer()
    listed.command(name=name, help=text)(lambda: None)
    return command_of(listed)
