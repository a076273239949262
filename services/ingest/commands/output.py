"""What the commands of ingest share: where they write, and how they end."""

from typing import NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True, markup=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def failed(sentence: str) -> NoReturn:
    """Say what went wrong and end with exit code 1."""
    err.print(sentence)
    raise typer.Exit(1)


def misused(sentence: str) -> NoReturn:
    """Say what was asked for wrongly and end with exit code 2."""
    err.print(sentence)
    raise typer.Exit(2)
