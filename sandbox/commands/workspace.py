"""``draagvlak sandbox workspace``: the emulated workspace as a process."""

import typer

from sandbox.slack.app import run

workspace = typer.Typer(add_completion=False)


@workspace.command()
def serve() -> None:
    """Serve the emulated Slack workspace. Settings: DRAAGVLAK_SANDBOX_…"""
    run()
