"""``draagvlak sandbox broker``: the broker as a process."""

import os
import sys

import typer

from sandbox.broker.command import BrokerMissing, command
from sandbox.broker.settings import BrokerSettings
from sandbox.processes.ports import PortTaken, require_free
from services.runtime.settings import SettingsFault, load

broker = typer.Typer(add_completion=False)


@broker.command()
def run() -> None:
    """Become the broker, on loopback, in memory. Settings: DRAAGVLAK_BROKER_PORT."""
    try:
        port = load(BrokerSettings).broker_port
        require_free(port, "broker", "Stop what uses it, or set DRAAGVLAK_BROKER_PORT.")
        arguments = command(port)
    except (SettingsFault, PortTaken, BrokerMissing) as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - the one sentence for the person who started it
        sys.exit(1)
    os.execv(arguments[0], arguments)  # noqa: S606 - in place of this process: one less to hold and to end
