"""What the bot's commands share: where they print, how they fail, how they open the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError, OperationalError

from services.contracts.tree import TreeError
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import NoSuchWave
from services.pulse_bot.ledger.writer import LedgerAway, LedgerFault, told
from services.pulse_bot.roster.faults import RosterSourceGone
from services.pulse_bot.settings import LedgerSettings
from services.pulse_bot.slack_faults import SlackFault
from services.runtime.clock import ClockUnavailable

out: Final = Console(highlight=False)
errors: Final = Console(stderr=True, highlight=False)


def fail(text: str) -> NoReturn:
    """Say what is wrong and end with exit code 1."""
    errors.print(text, markup=False, soft_wrap=True)
    raise typer.Exit(1)


def say(text: str) -> None:
    """One plain line."""
    out.print(text, markup=False, soft_wrap=True)


def unusable(settings: LedgerSettings, error: DBAPIError | LedgerAway | LedgerFault) -> str:
    """What is wrong with the ledger, in one line, without any value of a row."""
    reason: object = error
    if isinstance(error, DBAPIError):
        known = told(error)
        reason = error.orig if known is error or isinstance(error, OperationalError) else known
    return f"the ledger at {settings.shown_ledger_address} cannot be used: {' '.join(str(reason).split())}"


@contextmanager
def opened_ledger(settings: LedgerSettings) -> Iterator[Ledger]:
    """The ledger until the block ends; expected faults inside of it end the command with a clear word."""
    try:
        ledger = Ledger(settings.ledger_address)
    except DBAPIError as error:
        fail(unusable(settings, error))
    try:
        yield ledger
    except (SlackFault, NoSuchWave, RosterSourceGone, TreeError, ClockUnavailable) as fault:
        fail(str(fault))
    except (DBAPIError, LedgerAway, LedgerFault) as error:
        fail(unusable(settings, error))
    finally:
        ledger.close()
