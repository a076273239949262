"""What people see of a story: a bar at a terminal, a line per wave everywhere, a trend at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from sandbox.story.metrics_client import shown_cell, shown_in_window, shown_nodes
from sandbox.story.outcome import Outcome, WavePlayed
from services.contracts.base import ROOT_ID, TextLanguage
from services.metrics.released.documents import Document

HEADLINES: Final = ("resistance", "trust")
_BAR_WIDTH: Final = 40
_TOO_FEW: Final = "too few answers"


class Programme:
    """Shows a story on ``console``; the bar appears at a terminal only."""

    def __init__(self, console: Console | None = None, language: TextLanguage = TextLanguage.NL) -> None:
        self._console = console or Console()
        self._language = language
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    @contextmanager
    def shown(self, presses: int) -> Iterator[None]:
        """The bar, over all ``presses`` of the story."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        ) as progress:
            self._progress, self._task = progress, progress.add_task("", total=presses)
            yield
        self._progress = None

    def doing(self, what: str) -> None:
        """What is going on, beside the bar."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=what)

    def pressed(self, times: int) -> None:
        """So many more presses."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, times)

    def line(self, text: str) -> None:
        """One line, above the bar."""
        console = self._progress.console if self._progress else self._console
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    def wave(self, wave: WavePlayed) -> None:
        """The line of a wave."""
        self.line(line_of(wave))

    def ending(self, outcome: Outcome) -> None:
        """Published teams, the trend, and the counts."""
        for text in ending_of(outcome, self._language, plain=not self._console.encoding.lower().startswith("utf")):
            self.line(text)


def line_of(wave: WavePlayed) -> str:
    """Response, resistance, trust, interval and verdict of a wave."""
    parts = [f"wave {wave.number}: response {wave.published.response.get(ROOT_ID, _TOO_FEW)}"]
    for measure in HEADLINES:
        verdict = wave.verdicts.get(measure)
        parts.append(f"{measure} {_said(wave.published, measure)}{f', {verdict}' if verdict else ''}")
    return " | ".join(parts)


def ending_of(outcome: Outcome, language: TextLanguage, *, plain: bool = False) -> list[str]:
    """The lines after the last wave. ``plain``: only ASCII, for terminals without block characters."""
    if not outcome.waves:
        return ["no wave was played"]
    last = outcome.waves[-1].published
    names = {node.id: node.name.in_language(language) for node in last.nodes}
    lines = ["", "Published teams (20 or more invited), last wave:"]
    for node in sorted(shown_nodes(last) - {ROOT_ID}):
        numbers = ", ".join(f"{measure} {_said(last, measure, node)}" for measure in HEADLINES)
        lines.append(f"  {names.get(node, node)}: {numbers}")
    lines += _window_of(outcome, language)
    for measure in HEADLINES:
        lines += ["", f"{measure}, 0 to 100, whole organisation:"]
        lines += [_bar(wave, measure, plain=plain) for wave in outcome.waves]
    told = [wave.covered(measure) for wave in outcome.waves for measure in HEADLINES]
    intervals = [covered for covered in told if covered is not None]
    lines += [
        "",
        f"{sum(intervals)} of {len(intervals)} published intervals hold the simulated people's true value.",
        f"{sum(wave.confirmed for wave in outcome.waves)} answers confirmed, {outcome.presses} presses "
        f"({outcome.presses_a_second:.0f} a second), {outcome.announcements} announcements, {outcome.seconds:.0f} s.",
    ]
    return lines


def _window_of(outcome: Outcome, language: TextLanguage) -> list[str]:
    """The teams under twenty, in the last window that was published."""
    windows = [wave.published for wave in outcome.waves if wave.published.windows]
    if not windows:
        return []
    document = windows[-1]
    first, *_, last = document.windows[0].waves
    lines = ["", f"Smaller teams, per three waves ({first} to {last}):"]
    found = {(cell.node_id, cell.measure): cell for cell in document.window_cells}
    for node in sorted(shown_in_window(document)):
        cells = [(measure, found[node, measure]) for measure in HEADLINES if (node, measure) in found]
        numbers = ", ".join(f"{measure} {cell.score_label or _TOO_FEW}" for measure, cell in cells)
        lines.append(f"  {document.node[node].name.in_language(language)}: {numbers}")
    return lines


def _bar(wave: WavePlayed, measure: str, *, plain: bool) -> str:
    cell = shown_cell(wave.published, measure)
    filled = ("#" if plain else "█") * round((cell.score or 0.0) / 100 * _BAR_WIDTH) if cell else ""
    return f"  wave {wave.number}  {filled:<{_BAR_WIDTH}}  {_said(wave.published, measure)}"


def _said(published: Document, measure: str, node: str = ROOT_ID) -> str:
    """A number with its interval in words."""
    cell = shown_cell(published, measure, node)
    if cell is None:
        return _TOO_FEW
    said = cell.score_label or f"{cell.score:g}"
    return said if cell.low is None or cell.high is None else f"{said} ({cell.low:g} to {cell.high:g})"
