"""`draagvlak waves tick`."""

import asyncio
from typing import Annotated, Final

import typer
from rich.progress import Progress, TaskID

from services.pulse_bot.commands.output import fail, opened_ledger, out, say
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.waves import sending
from services.pulse_bot.waves.operator import operator_workshop, ticker
from services.pulse_bot.waves.tick import TickReport
from services.runtime import logs
from services.runtime.settings import load

tick = typer.Typer(add_completion=False)

_POLL_SECONDS: Final = 0.25


@tick.command()
def run(
    until_sent: Annotated[
        bool, typer.Option("--until-sent", help="Go on until nothing more is due, with progress")
    ] = False,
) -> None:
    """Do once, now, whatever is due: close, open, send. The bot does the same by itself."""
    settings = load(BotSettings)
    logs.configure(settings, "waves")
    with opened_ledger(settings) as ledger:
        report = asyncio.run(_tick(settings, ledger, until_sent=until_sent))
    if report.busy_elsewhere is not None:
        fail(f"{report.busy_elsewhere} ticks now, and one process does at a time; nothing was done")
    for verb, done in (("opened", report.opened), ("closed", report.closed), ("skipped", report.skipped)):
        for wave_id in done:
            out.print(f"{verb} {wave_id}")
    if report.faults:
        fail("\n".join(report.faults))
    out.print("done" + ("; more is due, tick again" if report.more_to_do else ""))


async def _tick(settings: BotSettings, ledger: Ledger, *, until_sent: bool) -> TickReport:
    async with operator_workshop(settings, ledger) as workshop:
        if not until_sent:
            return await ticker(workshop).tick()
        with Progress(console=out, disable=not out.is_terminal) as bar:
            ticking = ticker(workshop, _Bar(bar).tell)
            report = await ticking.tick()
            while report.more_to_do and not report.faults and report.busy_elsewhere is None:
                if not out.is_terminal:
                    say("sending goes on")
                await asyncio.sleep(_POLL_SECONDS)
                report = report.then(await ticking.tick())
            return report


class _Bar:
    """A bar for each kind of message of each wave."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[tuple[str, str], tuple[TaskID, int]] = {}
        self._before: dict[tuple[str, str], int] = {}

    def tell(self, progress: sending.Progress) -> None:
        """Show how far it is."""
        name = (progress.wave_id, progress.kind.value)
        if name not in self._tasks:
            task = self._bar.add_task(f"{name[0]} {name[1]}", total=progress.due)
            self._tasks[name] = (task, progress.due)
        task, total = self._tasks[name]
        self._bar.update(task, completed=total - progress.due + progress.done)
