"""`draagvlak waves`. Exit codes: 0 done, 1 failed, 2 wrong use or settings."""

from typing import Final

import typer

from services.runtime.lazy_commands import Commands, lazy

COMMANDS: Final[Commands] = {
    "plan": ("services.pulse_bot.commands.planning:plan", "Write a campaign's waves into the ledger and show them."),
    "tick": ("services.pulse_bot.commands.ticking:tick", "Do once, now, whatever is due: close, open, send."),
    "close": ("services.pulse_bot.commands.closing:close", "Close a wave now and wait until it is closed."),
    "stop": ("services.pulse_bot.commands.steering:stop", "Stop a wave for good: no further message goes out."),
    "extend": ("services.pulse_bot.commands.steering:extend", "Move the close of an open wave to a later time."),
    "preview": ("services.pulse_bot.commands.steering:preview", "Send one champion the invitation as it will be."),
}

waves = typer.Typer(cls=lazy(COMMANDS), no_args_is_help=True, add_completion=False, help="Plan, tick and close waves.")


@waves.callback()
def _waves() -> None:
    """The group itself does nothing."""
