"""`draagvlak dead-letters`: records that could not be understood."""

from typing import Annotated

import typer
from kafka.errors import KafkaError

from services.ingest.commands.output import failed, out, store
from services.ingest.dead_letters import Kept, in_store, in_topic
from services.ingest.settings import IngestSettings
from services.runtime.settings import load

dead_letters = typer.Typer(no_args_is_help=True, help="List and show records that could not be understood.")


@dead_letters.command("list")
def list_all() -> None:
    """List them, without what they hold. Those of answers and comments need a role that may read ballots."""
    letters = _all()
    for letter in letters:
        wave = f", wave {letter.wave_id}" if letter.wave_id else ""
        out.print(f"{letter.short_id}  {letter.topic}{wave}: {letter.error_class}: {letter.error_text}")
    out.print(f"{len(letters)} dead letters")


@dead_letters.command("show")
def show(
    letter_id: Annotated[str, typer.Argument(help="The first characters of its id, as `list` prints it.")],
) -> None:
    """Show one with its bytes. It may hold an answer: show it to nobody who does not have to mend it."""
    found = [letter for letter in _all() if letter.letter_id.startswith(letter_id)]
    if len(found) != 1:
        failed(f"{len(found)} dead letters have an id that starts with {letter_id}; `list` prints the ids")
    letter = found[0]
    out.print(f"id: {letter.letter_id}\ntopic: {letter.topic}\nplace: {letter.place or 'not kept'}")
    out.print(f"wave: {letter.wave_id or 'not known'}\nfault: {letter.error_class}: {letter.error_text}")
    out.print(f"{len(letter.raw)} bytes: {letter.raw[:2000]!r}{' …' if len(letter.raw) > 2000 else ''}")


def _all() -> list[Kept]:
    settings = load(IngestSettings)
    with store(settings) as client:
        kept = in_store(client)
    try:
        return [*kept, *in_topic(settings)]
    except KafkaError as error:
        failed(f"Kafka at {settings.kafka_bootstrap} cannot be reached ({type(error).__name__})")
