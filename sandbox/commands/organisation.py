"""``draagvlak sandbox organisation``: the files of a simulated organisation."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.story.simulation import simulation_of
from sandbox.story.stage import set_stage, start_clock

organisation = typer.Typer(add_completion=False)


@organisation.command()
def write(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which simulated people.")] = 1,
) -> None:
    """Write a simulated care organisation: directory of the workspace, roster, campaign, and a clock for it.

    For a workspace beside real engines. A clock that is there already is left alone.
    """
    stage = set_stage(simulation_of(seed).organisation, folder)
    start_clock(stage, folder / "workspace")
    typer.echo(f"{folder}: {stage.directory.name}, {stage.roster.name}, {stage.campaign.name}")
