"""D-cells: how answers were spread, of nodes of which every class holds ten answers or more."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from services.contracts.base import ROOT_ID
from services.contracts.survey import Item, Measure, Polarity
from services.contracts.visibility import shown_per_wave
from services.metrics.release.cells import Status
from services.metrics.release.class_tables import ClassSpreads, ItemSpread, WaveClasses
from services.metrics.release.rounding import EXACT_MEAN_FROM, answer_band
from services.metrics.release.shares import RoundedShare, round_share
from services.metrics.statistics.intervals import share_interval
from services.metrics.statistics.scores import ScoredItem

RESISTER_FROM = 75
"""The score of resistance from which somebody counts as against: points 1 and 2 of A1."""
_ENDS_STEP = 5


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the answers to one item were spread; every field but the key and status is None in a hidden one.

    The meaning of each field: `services.metrics.released.documents.PublishedDistribution`.
    """

    window: str | None
    node_id: str
    item: str
    status: Status = Status.TOO_FEW_ANSWERS
    n_band: str | None = None
    shares: tuple[RoundedShare, ...] | None = None
    resisters: RoundedShare | None = None
    resisters_low: float | None = None
    resisters_high: float | None = None
    rather_not_say: RoundedShare | None = None


def is_headline(item: Item) -> bool:
    """A1 and A2: the items without a driver or facet, which alone are published below the organisation."""
    return item.driver is None


def distributions(tables: WaveClasses) -> tuple[Distribution, ...]:
    """Of every headline item and every node shown per wave, hidden or not; of other items for the organisation."""
    wave = tables.wave
    shown = shown_per_wave(tables.tree, wave.nodes)
    rows = []
    for item in wave.items:
        for node in wave.nodes:
            if node.id not in shown or not (is_headline(item) or node.id == ROOT_ID):
                continue
            spreads = [tables.node_spreads[node.id].items[item.id]] if node.id in tables.distributions_of else []
            found = _distribution(None, node.id, item, spreads)
            if node.id == ROOT_ID and spreads and spreads[0].answers >= EXACT_MEAN_FROM:
                invited = tables.node_scores[ROOT_ID].invited
                rows.append(_with_interval(found, item, spreads[0], invited))
            elif is_headline(item):
                rows.append(found)
    return tuple(rows)


def window_distributions(
    window: str, waves: Sequence[WaveClasses], items: Sequence[Item], nodes: Sequence[str], needed: int
) -> tuple[Distribution, ...]:
    """Of `items` (headlines asked in every one of `waves`), the mean over the waves in which a node is in D."""
    rows = []
    for item in items:
        for node in nodes:
            found = [spreads.items[item.id] for spreads in counted_spreads(node, waves, needed)]
            rows.append(_distribution(window, node, item, found))
    return tuple(rows)


def counted_spreads(node: str, waves: Sequence[WaveClasses], needed: int) -> list[ClassSpreads]:
    """The node in those of the waves in which it is in D; nothing where these are fewer than `needed`."""
    found = [wave.node_spreads[node] for wave in waves if node in wave.distributions_of]
    return found if len(found) >= needed else []


def _distribution(window: str | None, node: str, item: Item, spreads: Sequence[ItemSpread]) -> Distribution:
    """The mean of the shares of the waves; hidden for none."""
    if not spreads:
        return Distribution(window, node, item.id)
    n = min(spread.answers for spread in spreads)
    shares = [_mean([Fraction(s.histogram[x], s.answers) for s in spreads]) for x in range(item.points)]
    against = _against(item)
    return Distribution(
        window=window,
        node_id=node,
        item=item.id,
        status=Status.SHOWN,
        n_band=answer_band(n).label,
        shares=tuple(round_share(share, n) for share in shares),
        resisters=round_share(sum((shares[x - 1] for x in against), Fraction(0)), n) if against else None,
        rather_not_say=round_share(_mean([Fraction(s.unsaid, s.answers + s.unsaid) for s in spreads]), n),
    )


def _with_interval(found: Distribution, item: Item, spread: ItemSpread, invited: int) -> Distribution:
    against = _against(item)
    if not against:
        return found
    number = sum(spread.histogram[x - 1] for x in against)
    interval = share_interval(number, spread.answers, invited)
    return replace(
        found,
        resisters_low=float(math.floor(100 * interval.low / _ENDS_STEP) * _ENDS_STEP),
        resisters_high=float(math.ceil(100 * interval.high / _ENDS_STEP) * _ENDS_STEP),
    )


def _against(item: Item) -> tuple[int, ...]:
    """The points of the headline of resistance that count as being against; none of any other item."""
    if not is_headline(item) or item.measure is not Measure.RESISTANCE:
        return ()
    return _resisting(ScoredItem(item.id, item.points, item.polarity is Polarity.LESS))


@cache
def _resisting(item: ScoredItem) -> tuple[int, ...]:
    return tuple(x for x in range(1, item.points + 1) if item.score(x) >= RESISTER_FROM)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return values[0] if len(values) == 1 else sum(values, Fraction(0)) / len(values)
