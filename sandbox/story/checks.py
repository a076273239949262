"""What must hold in every story; a breach ends it."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np

from sandbox.slack.wire import Json
from sandbox.story.answering import Tally
from sandbox.story.behaviour import Sheet
from sandbox.story.faults import StoryFault
from sandbox.story.measured import ballots_of
from sandbox.story.metrics_client import shown_cell, shown_nodes
from sandbox.story.simulation import SimulatedWave
from sandbox.story.truth import scores
from services.contracts.base import ROOT_ID
from services.contracts.floors import SMALL_NODE
from services.metrics.release.rounding import EXACT_MEAN_FROM
from services.metrics.release.units import takes_part_in_lot
from services.metrics.released.documents import Document

_ROUNDING: Final = 0.1


def all_confirmed(sheet: Sheet, tally: Tally) -> None:
    """What the bot confirmed to a person is what that person meant to answer."""
    if tally.confirmed != sheet.final:
        raise StoryFault(
            f"{sheet.member} meant to answer {len(sheet.final)} questions and saw {len(tally.confirmed)} confirmed, "
            f"or others; see the log of the bot"
        )


def one_invitation(member: str, messages: tuple[Json, ...], wave_id: str) -> None:
    """Nobody gets two invitations to a wave."""
    first_blocks = [message["blocks"][0].get("block_id", "") for message in messages if message.get("blocks")]
    invitations = sum(block == f"invitation:{wave_id}" for block in first_blocks)
    if invitations != 1:
        raise StoryFault(f"{member} has {invitations} invitations to the wave {wave_id} instead of one")


def published_as_answered(wave: SimulatedWave, published: Document) -> None:
    """The organisation's score is that of the answers given, but for rounding and what the lot left out."""
    lots = _lots(wave)
    fewest = min(_answers(wave))
    for measure, expected in _scores_given(wave).items():
        # A ballot left out moves a mean of n answers by at most its distance from the mean over n - 1.
        slack = _ROUNDING + lots * max(expected, 100.0 - expected) / (fewest - lots)
        cell = shown_cell(published, measure)
        if cell is not None and cell.score is not None and abs(cell.score - expected) > slack:
            raise StoryFault(
                f"{measure} of {wave.id} is published as {cell.score:g}, but the answers given make {expected:.1f}"
            )


def only_large_teams(wave: SimulatedWave, published: Document) -> None:
    """Only the organisation and nodes of 20 or more are shown per wave; the try-out is not even named."""
    plan = wave.organisation.plan
    named = {node.id for node in published.nodes}
    if plan.tryout in named:
        raise StoryFault(f"the release of {wave.id} names the try-out {plan.tryout}")
    merged = wave.organisation.merged
    invited = {node: sum(merged.invited[below] for below in merged.tree.subtree(node)) for node in merged.tree.by_id}
    if plan.tryout in {cell.node_id for cell in published.window_cells}:
        raise StoryFault(f"the window of {wave.id} names the try-out {plan.tryout}")
    for node in shown_nodes(published) - {ROOT_ID}:
        if invited.get(node, 0) < SMALL_NODE:
            raise StoryFault(f"the release of {wave.id} shows {node}, which has fewer than {SMALL_NODE} people")


def _scores_given(wave: SimulatedWave) -> Mapping[str, float]:
    """Mean of item means of the answers given, per published measure; nothing where an item has fewer than 50."""
    if min(_answers(wave)) < EXACT_MEAN_FROM:
        return {}
    means: dict[str, list[float]] = {}
    for item in wave.items:
        given = [value for sheet in wave.sheets if (value := sheet.final.get(item.id)) is not None]
        means.setdefault(item.published_as, []).append(float(scores(item, np.array(given, dtype=np.int64)).mean()))
    return {measure: sum(values) / len(values) for measure, values in means.items()}


def _answers(wave: SimulatedWave) -> list[int]:
    """The number of answers to each item, without "rather not say"."""
    return [sum(sheet.final.get(item.id) is not None for sheet in wave.sheets) for item in wave.items]


def _lots(wave: SimulatedWave) -> int:
    """How many ballots the lot leaves out: one in each small unit where nearly everybody answered."""
    ballots = Counter(ballot.unit for ballot in ballots_of(wave))
    invited = wave.organisation.merged.invited
    return sum(takes_part_in_lot(invited[unit], number) for unit, number in ballots.items())
