"""Small organisations for tests, in the notation of the design: unit -> (invited, answered)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from services.contracts.base import ROOT_ID, Text
from services.contracts.survey import Item, Measure, Polarity
from services.contracts.tree import Cadence, Tree, WaveNode
from services.metrics.release.ballots import Ballot
from services.metrics.release.units import Headcount
from services.metrics.release.wave import ClosedWave

Spec = Mapping[str, tuple[int, int | tuple[int, ...]]]
"""Unit -> invited and answered (one number, or one per item). "a/p" lies under "a"; "o" holds people of the root."""


def node_id(path: str) -> str:
    return ROOT_ID if path == "o" else path


def nodes_of(spec: Spec) -> tuple[WaveNode, ...]:
    """The wave's nodes, parents first; parents that have no people of their own are added."""
    invited = {ROOT_ID: 0}
    for path in sorted(spec):
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            invited.setdefault(node_id("/".join(parts[:depth])), 0)
    invited |= {node_id(path): counts[0] for path, counts in spec.items()}
    below = {
        node: sum(n for other, n in invited.items() if node == ROOT_ID or other == node or other.startswith(f"{node}/"))
        for node in invited
    }
    return tuple(
        WaveNode.model_construct(
            id=node,
            parent=None if node == ROOT_ID else node.rpartition("/")[0] or ROOT_ID,
            name=Text(nl=f"Team {node}", en=f"Team {node}"),
            phase=None,
            invited=number,
            cadence=Cadence.WAVE if below[node] >= 20 else Cadence.WINDOW,
        )
        for node, number in invited.items()
    )


def tree_of(nodes: Sequence[WaveNode]) -> Tree:
    return Tree.model_construct(nodes=tuple(nodes))


def headcounts(spec: Spec, nodes: Sequence[WaveNode]) -> dict[str, Headcount]:
    per_item = next((len(a) for _, a in spec.values() if isinstance(a, tuple)), 1)
    answered = {
        node_id(path): counts[1] if isinstance(counts[1], tuple) else (counts[1],) * per_item
        for path, counts in spec.items()
    }
    return {node.id: Headcount(node.invited, answered.get(node.id, (0,) * per_item)) for node in nodes}


def item(
    identifier: str = "A1",
    measure: Measure = Measure.RESISTANCE,
    driver: str | None = None,
    points: int = 5,
    polarity: Polarity = Polarity.MORE,
) -> Item:
    labels = tuple(Text(nl=str(x), en=str(x)) for x in range(1, points + 1))
    return Item(
        id=identifier,
        measure=measure,
        driver=driver,
        polarity=polarity,
        text=Text(nl="Hoe sta je hier tegenover?", en="How do you feel about this?"),
        scale=labels,
    )


ONE_ITEM = (item(),)
PULSE = (
    item("A1", Measure.RESISTANCE, polarity=Polarity.LESS),
    item("A2", Measure.TRUST),
    item("JS1", Measure.RESISTANCE, "job_security"),
    item("JS2", Measure.RESISTANCE, "job_security"),
    item("OU1", Measure.EXPERIENCE, "usage"),
)


def closed_wave(nodes: Sequence[WaveNode], items: Sequence[Item] = ONE_ITEM) -> ClosedWave:
    return ClosedWave(
        wave_id="zorg-w01",
        campaign_id="zorg",
        title=Text(nl="Zorg · ronde 1", en="Care · round 1"),
        opened_at=datetime(2026, 1, 5, 8, tzinfo=UTC),
        closed_at=datetime(2026, 1, 12, 8, tzinfo=UTC),
        items=tuple(items),
        score_floor=5,
        distribution_floor=10,
        nodes=tuple(nodes),
    )


def ballots_of(spec: Spec, items: Sequence[Item] = ONE_ITEM, value: int = 3) -> list[Ballot]:
    """`answered` ballots in every unit, all with the same value."""
    return [
        Ballot(f"{node_id(path)}-{number:06d}", node_id(path), {i.id: min(value, i.points) for i in items})
        for path, (_, answered) in spec.items()
        for number in range(answered if isinstance(answered, int) else answered[0])
    ]
