"""`draagvlak secrets`: what a new installation needs before it can start."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.runtime import secret_files

secrets = typer.Typer(no_args_is_help=True, add_completion=False, help="Passwords, keys and tokens of an installation.")

_out = Console(highlight=False, soft_wrap=True, markup=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@secrets.callback()
def _secrets() -> None:
    """Keeps `init` a command of its own: typer would fold a single one into the group."""


@secrets.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")] = Path("secrets"),
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Also what the emulated workspace needs, in the place of Slack's own.")
    ] = False,
) -> None:
    """Make every secret that can be made, and say which only you can supply. Overwrites none; harmless to repeat.

    Hashes of tokens and lists of users are derived from the other files, and follow when one of those changes.
    """
    try:
        done = secret_files.make(folder, sandbox=sandbox)
    except OSError as error:
        _err.print(f"{error.filename or folder}: {error.strerror}")
        raise typer.Exit(1) from None
    for name in done.made:
        _out.print(f"made {folder / name}")
    if done.kept:
        _out.print(f"{len(done.kept)} were there already and stay as they are")
    for name, where in done.yours.items():
        _out.print(f"yours to supply: {folder / name} – {where}")
    for name, where in secret_files.YOURS_IF_ASKED.items():
        if done.yours and not (folder / name).exists():
            _out.print(f"only if you use it: {folder / name} – {where}")
