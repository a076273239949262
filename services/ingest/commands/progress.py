"""How far a command is: a bar at a terminal, else a line when something begins and ends."""

from collections.abc import Callable
from contextlib import ExitStack

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.ingest.commands.output import out

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def teller(stack: ExitStack) -> Tell:
    """What to call; the bar goes with ``stack``."""
    if not out.is_terminal:

        def line(doing: str, done: int, total: int) -> None:
            if done in (0, total):
                out.print(f"{doing}: {done} of {total}")

        return line
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars = stack.enter_context(Progress(*columns, console=out))
    tasks = {}

    def bar(doing: str, done: int, total: int) -> None:
        if doing not in tasks:
            tasks[doing] = bars.add_task(doing, total=total)
        bars.update(tasks[doing], completed=done)

    return bar
