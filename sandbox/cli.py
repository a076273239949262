"""``draagvlak sandbox …``: the processes of the sandbox, one by one; and ``draagvlak demo``: all of them at once."""

import typer
from pydantic import Field

from sandbox.broker.cli import broker
from sandbox.store.cli import store
from services.runtime.settings import RuntimeSettings

sandbox = typer.Typer(no_args_is_help=True, help="Run one process of the sandbox: broker, store, workspace.")
sandbox.command()(broker)
sandbox.command()(store)

demo = typer.Typer(help="Play the product on this machine: everything embedded, Slack emulated.")


class DemoSettings(RuntimeSettings):
    """Where the demo keeps its state, and its ports."""

    port_base: int = Field(default=8600, ge=1024, le=65_500)


@sandbox.command()
def workspace() -> None:
    """Serve the emulated Slack workspace. Settings: DRAAGVLAK_SANDBOX_…"""
    from sandbox.slack.app import run  # noqa: PLC0415 - the other two need none of it

    run()
