"""What the bot's commands share: where they print, how they fail, how they open the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError

from services.contracts.tree import TreeError
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import NoSuchWave
from services.pulse_bot.roster.faults import RosterSourceGone
from services.pulse_bot.settings import LedgerSettings
from services.pulse_bot.slack_faults import SlackFault

out: Final = Console(highlight=False)
errors: Final = Console(stderr=True, highlight=False)


def fail(text: str) -> NoReturn:
    """Say what is wrong and end with exit code 1."""
    errors.print(text, markup=False, soft_wrap=True)
    raise typer.Exit(1)


def say(text: str) -> None:
    """One plain line."""
    out.print(text, markup=False, soft_wrap=True)


@contextmanager
def opened_ledger(settings: LedgerSettings) -> Iterator[Ledger]:
    """The ledger until the block ends; expected faults inside of it end the command with a clear word."""
    try:
        ledger = Ledger(settings.ledger_address)
    except OperationalError as error:
        fail(f"the ledger at {settings.shown_ledger_address} cannot be used: {error.orig}")
    try:
        yield ledger
    except (SlackFault, NoSuchWave, RosterSourceGone, TreeError) as fault:
        fail(str(fault))
    finally:
        ledger.close()
