"""`draagvlak ingest`: the consumer."""

import typer

from services.ingest import process
from services.ingest.commands.output import failed
from services.ingest.settings import IngestSettings
from services.runtime import logs
from services.runtime.settings import load

ingest = typer.Typer(add_completion=False, help="Run the consumer from Kafka into ClickHouse.")


@ingest.command()
def run() -> None:
    """Take records in until told to stop (SIGTERM or Ctrl-C). Exit code 1 when somebody must look."""
    settings = load(IngestSettings)
    logs.configure(settings, "ingest")
    failure = process.run(settings)
    if failure is not None:
        failed(failure)
