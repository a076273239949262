"""``draagvlak demo``: the whole sandbox."""

import sys
from typing import Annotated

import typer

from sandbox.demo import run_demo

demo = typer.Typer(add_completion=False)


@demo.command()
def play_demo(
    once: Annotated[bool, typer.Option("--once", help="End when the story has been played.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Go on with what the last demo left; no story.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which simulated people.")] = 1,
) -> None:
    """Start everything, play the story, and stay up for a browser until Ctrl-C."""
    sys.exit(run_demo(once=once, keep=keep, seed=seed))
