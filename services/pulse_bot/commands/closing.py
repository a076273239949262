"""`draagvlak waves close`."""

import asyncio
import time
from typing import Annotated, Final

import typer

from services.pulse_bot.commands.output import fail, opened_ledger, out
from services.pulse_bot.ledger import leases
from services.pulse_bot.ledger import waves as wave_rows
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import NoSuchWave, Wave
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.waves.closing import finish_closing
from services.pulse_bot.waves.operator import operator_workshop
from services.pulse_bot.waves.workshop import EXPECTED_FAULTS, Workshop
from services.runtime import logs
from services.runtime.settings import load

close = typer.Typer(add_completion=False)

_CLOSE_SECONDS: Final = 180.0
_POLL_SECONDS: Final = 0.25


@close.command()
def run(wave_id: Annotated[str, typer.Argument(metavar="WAVE")]) -> None:
    """Close a wave now and wait until it is closed; harmless when it is closing or closed already."""
    settings = load(BotSettings)
    logs.configure(settings, "waves")
    with opened_ledger(settings) as ledger:
        try:
            wave = ledger.write_now(lambda c: wave_rows.begin_closing(c, wave_id, settings.operator))
        except NoSuchWave as fault:
            fail(str(fault))
        if wave.state in (WaveState.PLANNED, WaveState.OPENING, WaveState.SKIPPED):
            fail(f"the wave {wave_id} is {wave.state.value}: it has never been open, so there is nothing to close")
        asyncio.run(_close(settings, ledger, wave_id))
    out.print(f"closed {wave_id}")


async def _close(settings: BotSettings, ledger: Ledger, wave_id: str) -> None:
    ends = time.monotonic() + _CLOSE_SECONDS
    said = ""
    async with operator_workshop(settings, ledger) as workshop:
        with out.status(f"{wave_id} is closing") as status:
            while True:
                wave, bots = await ledger.read(lambda c: (wave_rows.find(c, wave_id), leases.live_instances(c)))
                if wave.state is WaveState.CLOSED:
                    return
                doing = _doing(wave, bots) if bots else await _close_here(workshop, wave)
                if doing != said and not out.is_terminal:
                    out.print(doing)
                said = doing
                status.update(doing)
                if time.monotonic() > ends:
                    fail(f"{doing}: not done after {_CLOSE_SECONDS:.0f} s; the close goes on by itself, see the logs")
                await asyncio.sleep(_POLL_SECONDS)


def _doing(wave: Wave, bots: frozenset[str]) -> str:
    step = "writing the markers and erasing" if wave.counted else "answers in flight are settled"
    return f"{wave.id}: {step} by {', '.join(sorted(bots))}"


async def _close_here(workshop: Workshop, wave: Wave) -> str:
    """Without a live bot this process closes the wave itself."""
    other = await workshop.ledger.write(leases.acquire(workshop.holder))
    if other is not None:
        return f"{wave.id}: waiting for the lease of {other}"
    try:
        await finish_closing(workshop, wave, await asyncio.to_thread(workshop.clock.now))
    except EXPECTED_FAULTS as fault:
        return f"{wave.id}: {fault}; trying again"
    return f"{wave.id}: closed here, no bot is running"
