"""`draagvlak import`: an existing survey as a wave."""

from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from clickhouse_connect.driver.client import Client
from kafka.errors import KafkaError
from pydantic import TypeAdapter, ValidationError

from services.contracts.base import WaveId
from services.contracts.events import WaveOpened
from services.contracts.files import load_survey
from services.ingest.commands.in_clickhouse import tables
from services.ingest.commands.in_kafka import kafka_failed
from services.ingest.commands.output import err, failed, misused, out
from services.ingest.commands.progress import teller
from services.ingest.importing.answers import Answers, load_answers
from services.ingest.importing.roster import Roster, load_roster
from services.ingest.importing.sending import Sender, SendingFailed
from services.ingest.importing.stored import Refused, State, Stored
from services.ingest.importing.wave import WrongDates, opening, period, wave
from services.ingest.settings import ImportSettings
from services.runtime.clock import ClockUnavailable, campaign_clock
from services.runtime.kafka import producer as connect_producer
from services.runtime.settings import load

import_survey = typer.Typer(add_completion=False, help="Take in an existing survey as a wave.")

_WAVE_ID = TypeAdapter(WaveId)
_DAY: Final = ["%Y-%m-%d"]


def _file(text: str) -> Any:
    return typer.Option(help=text, exists=True, dir_okay=False, readable=True)


@import_survey.command()
def run(  # noqa: PLR0917 - every parameter is an option with a name
    survey: Annotated[Path, _file("The questions: scales, items and maybe a title, in YAML.")],
    answers: Annotated[Path, _file("One row a person: team, then a column an item.")],
    roster: Annotated[Path, _file("The teams: team, parent, name, invited.")],
    wave_name: Annotated[str, typer.Option("--wave", help="The name of the wave: a-z, 0-9 and -.")],
    opened: Annotated[datetime, typer.Option(formats=_DAY, help="The first day of the survey.")],
    closed: Annotated[datetime, typer.Option(formats=_DAY, help="The last day of the survey.")],
    campaign: Annotated[str | None, typer.Option(help="The campaign that it is a baseline of.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Read the files and say what is wrong; send nothing.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds without progress after which to give up.", min=1)] = 60,
) -> None:
    """Take in an existing survey as a wave: same contracts, topics, release and suppression.

    A bad row is reported and left out; importing the same files again changes nothing.
    """
    settings = load(ImportSettings)
    questions, people = load_survey(survey), load_roster(roster)
    given = load_answers(answers, questions, people, _wave_id(wave_name, "--wave"))
    campaign_id = _wave_id(campaign, "--campaign") if campaign else wave_name
    dates = _period(settings, opened.date(), closed.date())
    event = opening(wave_name, campaign_id, questions, people, dates)
    _report(people, given)
    if check:
        out.print("checked: the files fit together; nothing was sent")
        return
    with tables(settings) as client:
        _take_in(settings, client, event, given, patience)


def _take_in(settings: ImportSettings, client: Client, event: WaveOpened, given: Answers, patience: float) -> None:
    stored = Stored(client)
    try:
        state = stored.state(event, given.ballots)
        if state is State.DONE:
            out.print(f"{event.wave_id}: already imported, nothing changed")
            return
        stored.refuse_overlap(event)
        stored.refuse_repetition(event, given.ballots)
        if state is State.BEGUN:
            out.print(f"{event.wave_id}: an import was cut off here; going on")
        with ExitStack() as stack:
            producer = connect_producer(settings, "draagvlak-import")
            stack.callback(producer.close, timeout=5)
            sender = Sender(producer, stored, teller(stack), patience)
            if state is State.NEW:
                sender.open(event)
                stored.state(event, given.ballots)  # two imports at the same time: one of them sees the other here
            sender.rest(wave(event, given.ballots))
    except Refused as refusal:
        failed(f"not imported: {refusal}.")
    except SendingFailed as failure:
        failed(f"not complete: {failure}")
    except KafkaError as error:
        kafka_failed(settings, error, "; nothing was sent.")
    out.print(
        f"{event.wave_id}: imported {len(given.ballots)} people. `draagvlak release watch` publishes it; the result is "
        f"then at GET /v1/releases/{event.wave_id} of the metrics API, and in the dashboards."
    )


def _wave_id(text: str, option: str) -> str:
    try:
        return _WAVE_ID.validate_python(text)
    except ValidationError:
        misused(
            f"{option}: {text!r} must be lower-case letters, digits and -, at most 63, starting with a letter or digit"
        )


def _period(settings: ImportSettings, opened: date, closed: date) -> tuple[datetime, datetime]:
    try:
        return period(opened, closed, campaign_clock(settings).now().astimezone(UTC).date())
    except WrongDates as wrong:
        misused(f"--opened, --closed: {wrong}")
    except ClockUnavailable as error:
        failed(str(error))


def _report(people: Roster, given: Answers) -> None:
    """What was read: remarks, merged teams, and every row that is left out, with its line and the reason."""
    for remark in (*people.remarks, *given.remarks):
        err.print(f"note: {remark}")
    gone = {team: unit for team, unit in people.merged.unit_of.items() if team != unit}
    for unit in dict.fromkeys(gone.values()):
        teams = ", ".join(team for team, goes_to in gone.items() if goes_to == unit)
        err.print(f"note: counted together as {unit}, since fewer than 5 people were invited: {teams}")
    for fault in given.faults:
        err.print(f"left out: {fault}")
    rows = len({fault.line for fault in given.faults})
    left_out = "1 row is left out" if rows == 1 else f"{rows} rows are left out"
    out.print(f"{len(given.ballots)} people can be imported, {left_out}")
