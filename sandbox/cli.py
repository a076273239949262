"""``draagvlak demo``: the whole sandbox; ``draagvlak sandbox …``: its own processes one by one."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sandbox.broker.cli import broker
from sandbox.store.cli import store

demo = typer.Typer(add_completion=False)
sandbox = typer.Typer(no_args_is_help=True, help="Run one process of the sandbox: broker, store, workspace.")
sandbox.command()(broker)
sandbox.command()(store)


@sandbox.command()
def workspace() -> None:
    """Serve the emulated Slack workspace. Settings: DRAAGVLAK_SANDBOX_…"""
    from sandbox.slack.app import run  # noqa: PLC0415 - the other two need none of it

    run()


@sandbox.command()
def organisation(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which simulated people.")] = 1,
) -> None:
    """Write a simulated care organisation: directory of the workspace, roster, campaign, and a clock for it.

    For a workspace beside real engines. A clock that is there already is left alone.
    """
    from sandbox.story import driver  # noqa: PLC0415 - the processes above need no story
    from sandbox.story.stage import set_stage, start_clock  # noqa: PLC0415

    stage = set_stage(driver.simulation_of(seed).organisation, folder)
    start_clock(stage, folder / "workspace")
    typer.echo(f"{folder}: {stage.directory.name}, {stage.roster.name}, {stage.campaign.name}")


@demo.command()
def play_demo(
    once: Annotated[bool, typer.Option("--once", help="End when the story has been played.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Go on with what the last demo left; no story.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which simulated people.")] = 1,
) -> None:
    """Start everything, play the story, and stay up for a browser until Ctrl-C."""
    from sandbox.demo import run_demo  # noqa: PLC0415 - the processes above need no story

    sys.exit(run_demo(once=once, keep=keep, seed=seed))
