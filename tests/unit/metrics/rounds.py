"""Several waves of one organisation, released one after the other as the store would have it, in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from services.contracts.survey import Item
from services.contracts.tree import Phase, WaveNode
from services.metrics.release.ballots import Ballot, count
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.compute import Beside, Release, UnfinishedWindow, compute
from services.metrics.release.wave import ClosedWave
from services.metrics.released.documents import Document
from tests.unit.metrics.organisations import PULSE, Spec, ballots_of, closed_wave, nodes_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Vote = Callable[[Spec, int], list[Ballot]]


def alike(value: int = 3, items: Sequence[Item] = PULSE) -> Vote:
    """Everybody gives the same answer in every wave."""
    return lambda spec, _: ballots_of(spec, items, value)


def with_phases(nodes: Sequence[WaveNode], phases: Mapping[str, str]) -> tuple[WaveNode, ...]:
    return tuple(
        node.model_copy(update={"phase": Phase(phases[node.id]) if node.id in phases else None}) for node in nodes
    )


def wave_of(
    spec: Spec, number: int = 1, phases: Mapping[str, str] | None = None, items: Sequence[Item] = PULSE
) -> ClosedWave:
    plain = closed_wave(with_phases(nodes_of(spec), phases or {}), items)
    later = timedelta(weeks=2 * (number - 1))
    return replace(
        plain,
        wave_id=f"zorg-w{number:02d}",
        opened_at=plain.opened_at + later,
        closed_at=plain.closed_at + later,
    )


def released(
    spec: Spec,
    *,
    number: int = 1,
    value: int = 3,
    phases: Mapping[str, str] | None = None,
    items: Sequence[Item] = PULSE,
    beside: Beside | None = None,
    vote: Vote | None = None,
) -> Release:
    """One wave, all of whose answers are `value` unless `vote` says otherwise."""
    wave = wave_of(spec, number, phases, items)
    ballots = (vote or alike(value, items))(spec, number)
    return compute(wave, count(wave.nodes, items, ballots), beside or Beside())


def window(specs: Sequence[Spec], *, votes: Sequence[Vote] | None = None, **more: object) -> Release:
    """Three waves; the release of the last, which brings the window."""
    tables: list[WaveClasses] = []
    for number, spec in enumerate(specs[:-1], start=1):
        vote = votes[number - 1] if votes else None
        tables.append(released(spec, number=number, vote=vote, **more).tables)  # type: ignore[arg-type]
    beside = Beside(window=UnfinishedWindow("zorg-window-01", tuple(tables), ()))
    vote = votes[-1] if votes else None
    return released(specs[-1], number=len(specs), beside=beside, vote=vote, **more)  # type: ignore[arg-type]


def read(release: Release) -> Document:
    return Document.model_validate_json(release.published.content)


def told(part: "DataclassInstance") -> dict[str, object]:
    """What a part of a document tells: its fields that are not null."""
    return {name: value for name, value in asdict(part).items() if value is not None}
