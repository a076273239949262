"""``draagvlak sandbox …``: the processes of the sandbox one by one."""

from typing import Final

import typer

from services.runtime.lazy_commands import Commands, lazy

COMMANDS: Final[Commands] = {
    "broker": ("sandbox.commands.broker:broker", "Become the broker, on loopback, in memory."),
    "store": ("sandbox.commands.store:store", "Serve ClickHouse's HTTP interface on loopback."),
    "workspace": ("sandbox.commands.workspace:workspace", "Serve the emulated Slack workspace."),
    "organisation": ("sandbox.commands.organisation:organisation", "Write the files of a simulated organisation."),
}

sandbox = typer.Typer(
    cls=lazy(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    help="Run one process of the sandbox: broker, store, workspace.",
)


@sandbox.callback()
def _sandbox() -> None:
    """The group itself does nothing."""
