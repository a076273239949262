"""The five dashboards: each module gives one, in any language."""

from collections.abc import Callable
from typing import Final

from grafana.board import Board
from grafana.dashboards import leadership, operations, successes, teams, voice
from grafana.words import Words

BOARDS: Final[tuple[Callable[[Words], Board], ...]] = (
    leadership.board,
    teams.board,
    successes.board,
    voice.board,
    operations.board,
)
"""In the order in which they are to be read."""
