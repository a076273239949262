"""``draagvlak sandbox …``: the processes of the sandbox, one by one. ``draagvlak demo`` runs them all."""

import typer

from sandbox.broker.cli import broker
from sandbox.store.cli import store

app = typer.Typer(no_args_is_help=True, help="The sandbox's own processes: broker, store, workspace.")
app.command()(broker)
app.command()(store)
