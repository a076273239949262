"""`draagvlak bot`."""

import typer

from services.pulse_bot import app
from services.pulse_bot.settings import ServingSettings
from services.runtime import logs
from services.runtime.settings import load

bot = typer.Typer(add_completion=False, help="Run the Slack bot.")


@bot.command()
def run() -> None:
    """Run the Slack bot until it is told to stop."""
    settings = load(ServingSettings)
    logs.configure(settings, "bot")
    app.run(settings)
