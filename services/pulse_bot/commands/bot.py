"""`draagvlak bot`."""

import typer

from services.pulse_bot import app
from services.pulse_bot.commands.output import opened_ledger
from services.pulse_bot.settings import ServingSettings
from services.runtime import logs
from services.runtime.settings import load

bot = typer.Typer(add_completion=False, help="Run the Slack bot.")


@bot.command()
def run() -> None:
    """Run the Slack bot until it is told to stop."""
    settings = load(ServingSettings)
    logs.configure(settings, "bot")
    with opened_ledger(settings):
        pass  # one that is of no use is told before anything is served
    app.run(settings)
