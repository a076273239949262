"""`draagvlak dead-letters`: records that could not be understood."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Annotated, Final

import typer
from clickhouse_connect.driver.client import Client
from kafka.errors import KafkaError

from services.contracts.topics import TopicName
from services.ingest.causes import DEAD_LETTERS, replaying
from services.ingest.commands.in_clickhouse import tables
from services.ingest.commands.in_kafka import allowed, kafka_failed
from services.ingest.commands.output import err, failed, misused, out
from services.ingest.commands.progress import teller
from services.ingest.dead_letters import Kept, Wanted, everything
from services.ingest.errors import IngestStopped, Unavailable
from services.ingest.replaying import Refusal, Replay, ReplayFailed, judge, situation, write_back
from services.ingest.settings import DeadLetterSettings
from services.runtime import kafka
from services.runtime.causes.kafka import why
from services.runtime.settings import load

dead_letters = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List and show records that could not be understood, and write them back.",
)

_CLIENT: Final = "draagvlak-dead-letters"
_NOTHING_WRITTEN: Final = "; nothing was written"

_Topic = Annotated[TopicName | None, typer.Option("--topic", help="Only those of this topic.")]
_Class = Annotated[str | None, typer.Option("--class", help="Only those of this class of error.")]
_Wave = Annotated[str | None, typer.Option("--wave", help="Only those of this wave.")]


@dead_letters.command("list")
def list_all(topic: _Topic = None, error_class: _Class = None, wave: _Wave = None) -> None:
    """List them, without what they hold. Those of answers and comments need a role that may read ballots."""
    settings = load(DeadLetterSettings)
    with tables(settings) as client:
        letters = _chosen(client, settings, Wanted(topic, error_class, wave))
    for letter in letters:
        of_wave = f", wave {letter.wave_id}" if letter.wave_id else ""
        mark = " (replayed)" if letter.replayed else ""
        out.print(f"{letter.short_id}  {letter.topic}{of_wave}: {letter.error_class}: {letter.error_text}{mark}")
    out.print(f"{len(letters)} dead letters")


@dead_letters.command("show")
def show(
    letter_id: Annotated[str, typer.Argument(help="The first characters of its id, as `list` prints it.")],
) -> None:
    """Show one with its bytes. It may hold an answer: show it to nobody who does not have to mend it."""
    settings = load(DeadLetterSettings)
    with tables(settings) as client:
        found = _chosen(client, settings, Wanted(ids=(letter_id,)))
    if len(found) != 1:
        failed(f"{len(found)} dead letters have an id that starts with {letter_id}; `list` prints the ids")
    letter = found[0]
    out.print(f"id: {letter.letter_id}\ntopic: {letter.topic}\nplace: {letter.place or 'not kept'}")
    out.print(f"wave: {letter.wave_id or 'not known'}\nfault: {letter.error_class}: {letter.error_text}")
    out.print(f"replayed: {'yes' if letter.replayed else 'no'}")
    out.print(f"{len(letter.raw)} bytes: {letter.raw[:2000]!r}{' …' if len(letter.raw) > 2000 else ''}")


@dead_letters.command("replay")
def replay(  # noqa: PLR0917 - every parameter is an option with a name
    ids: Annotated[list[str] | None, typer.Argument(help="The first characters of ids, as `list` prints them.")] = None,
    topic: _Topic = None,
    error_class: _Class = None,
    wave: _Wave = None,
    every: Annotated[bool, typer.Option("--all", help="All that there are.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those that were written back before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")] = False,
) -> None:
    """Write records back to their topics, byte for byte, when what could not be understood is understood now.

    What would be put aside again stays, and so does everything of a released wave; each with its reason. Exit code 1
    when something stays.
    """
    wanted = Wanted(topic, error_class, wave, tuple(ids or ()))
    if wanted.everything and not every:
        misused("name what to replay: ids, --topic, --class or --wave; or --all")
    settings = load(DeadLetterSettings)
    with tables(settings) as client:
        letters = _chosen(client, settings, wanted)
        chosen = [letter for letter in letters if again or not letter.replayed]
        if len(letters) > len(chosen):
            out.print(
                f"{len(letters) - len(chosen)} were written back before and are left out (--again takes them too)"
            )
        judged = _judged(client, settings, chosen)
        replays = [one for one in judged if isinstance(one, Replay)]
        refusals = [one for one in judged if isinstance(one, Refusal)]
        for refusal in refusals:
            err.print(f"stays: {refusal.letter.short_id}  {refusal.letter.topic}: {refusal.reason}")
        if dry_run:
            _say("would write back", replays)
        elif replays:
            _write_back(client, settings, replays)
    out.print(f"{len(refusals)} stay" if refusals else "nothing stays")
    if refusals and not dry_run:
        raise typer.Exit(1)


def _chosen(client: Client, settings: DeadLetterSettings, wanted: Wanted) -> list[Kept]:
    allowed(settings, _CLIENT, DEAD_LETTERS)
    try:
        return [letter for letter in everything(client, settings) if wanted.has(letter)]
    except KafkaError as error:
        kafka_failed(settings, error)


def _judged(client: Client, settings: DeadLetterSettings, letters: Sequence[Kept]) -> list[Replay | Refusal]:
    if not letters:
        return []
    allowed(settings, _CLIENT, replaying(letter.topic for letter in letters), _NOTHING_WRITTEN)
    try:
        now = situation(client, settings)
        return [judge(letter, now) for letter in letters]
    except KafkaError as error:
        kafka_failed(settings, error, _NOTHING_WRITTEN)
    except (Unavailable, IngestStopped) as error:
        failed(f"{error}{_NOTHING_WRITTEN}")


def _write_back(client: Client, settings: DeadLetterSettings, replays: Sequence[Replay]) -> None:
    try:
        producer = kafka.producer(settings, _CLIENT)
    except KafkaError as error:
        kafka_failed(settings, error, _NOTHING_WRITTEN)
    done = 0
    with ExitStack() as stack:
        stack.callback(kafka.end_producer, producer, 5.0)
        tell = teller(stack)
        tell("writing back", 0, len(replays))
        try:
            for done in write_back(producer, client, replays):
                tell("writing back", done, len(replays))
        except ReplayFailed as failure:
            cause = why(settings, failure.__cause__ or failure)
            failed(f"{cause}; {done} of {len(replays)} were written back and marked. Run the same again.")
    _say("wrote back", replays)


def _say(verb: str, replays: Sequence[Replay]) -> None:
    for topic, count in sorted(Counter(replay.letter.topic for replay in replays).items()):
        out.print(f"{verb} {count} to {topic}")
