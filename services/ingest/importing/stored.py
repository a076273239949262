"""What is stored already, and whether an import fits beside it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import orjson
from clickhouse_connect.driver.client import Client

from services.contracts.events import WaveOpened
from services.contracts.survey import Item
from services.contracts.units import may_share_teams
from services.ingest.importing.answers import Ballot
from services.runtime.clickhouse import sql

_SQL = "services.ingest.importing.sql"


class Refused(RuntimeError):
    """The import does not fit beside what is stored; the text says why and what to do."""


class State(Enum):
    """How far this very import has come."""

    NEW = "nothing of it is stored"
    BEGUN = "it was cut off; the rest is to be sent"
    DONE = "all of it was taken in before"


@dataclass(frozen=True)
class Progress:
    """What of a wave is stored."""

    opened: bool
    markers: int
    closed: bool


class Stored:
    """Reads facts and ballots. All methods raise clickhouse-connect's errors."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def progress(self, wave_id: str) -> Progress:
        """How much of the wave is stored."""
        opened, markers, closed = self._rows("progress", wave=wave_id)[0]
        return Progress(bool(opened), markers, bool(closed))

    def state(self, opened: WaveOpened, ballots: Sequence[Ballot]) -> State:
        """How far this import has come. Raises Refused when another wave has this name."""
        wave_id = opened.wave_id
        if not self._rows("wave", wave=wave_id):
            return State.NEW
        if (difference := self._difference(opened)) is not None:
            raise Refused(
                f"a wave named {wave_id} exists and is another one (its {difference} differs): choose another name "
                "with --wave, or import the same files again"
            )
        known = {ballot.ballot_id for ballot in ballots}
        if any(_text(ballot_id) not in known for (ballot_id,) in self._rows("ballot_ids", wave=wave_id)):
            raise Refused(
                f"a wave named {wave_id} exists with other answers: what is stored is never replaced. Choose another "
                "name with --wave, or import the same answers again"
            )
        return State.DONE if self.progress(wave_id).closed else State.BEGUN

    def refuse_overlap(self, opened: WaveOpened) -> None:
        """Raises Refused when another wave of these people was open at the same time."""
        period = {"opens": opened.opens_at, "closes": opened.closes_at}
        ours = [node.id for node in opened.nodes if node.parent is not None]
        for wave_id, campaign_id, node_ids in self._rows("overlapping", wave=opened.wave_id, **period):
            if campaign_id == opened.campaign_id or not ours or not node_ids or may_share_teams(ours, node_ids):
                raise Refused(
                    f"the wave {wave_id} was open in the same period for the same people; two results of one moment "
                    "could be subtracted from each other. Correct --opened and --closed, or leave this survey out"
                )

    def refuse_repetition(self, opened: WaveOpened, ballots: Sequence[Ballot]) -> None:
        """Raises Refused when more than half of the rows stand in an earlier import that is still stored."""
        earlier: dict[str, list[tuple[str, dict[str, int | None]]]] = {}
        for wave_id, unit, items, values in self._rows("imported_ballots", wave=opened.wave_id):
            answers = {item: None if value < 0 else value for item, value in zip(items, values, strict=True)}
            earlier.setdefault(wave_id, []).append((unit, answers))
        for wave_id, rows in earlier.items():
            equal = equal_rows([(ballot.unit, ballot.values) for ballot in ballots], rows)
            if 2 * equal > len(ballots):
                raise Refused(
                    f"{equal} of {len(ballots)} rows are equal to rows of the import {wave_id}, which is still stored: "
                    "the same answers are published once. If this is another survey after all, import it when the "
                    "ballots of that one are erased"
                )

    def _difference(self, opened: WaveOpened) -> str | None:
        """The first thing in which the stored wave is unlike this one."""
        campaign, title_nl, title_en, opens_at, closes_at, items, score, distribution, imported = self._rows(
            "wave", wave=opened.wave_id
        )[0]
        nodes = [
            (node.id, node.parent or "", node.name.nl, node.name.en, node.phase or "", str(node.cadence))
            for node in opened.nodes
        ]
        invited = {node.id: node.invited for node in opened.nodes}
        stored_invited = dict(self._rows("invited", wave=opened.wave_id))
        floors = opened.thresholds
        equal = {
            "origin": bool(imported),
            "campaign": campaign == opened.campaign_id,
            "title": (title_nl, title_en) == (opened.title.nl, opened.title.en),
            "period": (_utc(opens_at), _utc(closes_at)) == (opened.opens_at, opened.closes_at),
            "survey": [Item.model_validate(item) for item in orjson.loads(items)] == list(opened.items),
            "floors": (score, distribution) == (floors.score, floors.distribution),
            "tree": [tuple(row) for row in self._rows("nodes", wave=opened.wave_id)] == nodes,
            "number of people": not stored_invited or stored_invited == invited,
        }
        return next((name for name, same in equal.items() if not same), None)

    def _rows(self, name: str, **parameters: Any) -> Sequence[Any]:
        return self._client.query(sql(_SQL, name), parameters=parameters).result_rows


def equal_rows(
    ours: Sequence[tuple[str, Mapping[str, int | None]]], theirs: Sequence[tuple[str, Mapping[str, int | None]]]
) -> int:
    """How many of our rows have an equal one of theirs each: same unit, same answers to the items that both ask.

    0 where fewer than half of our items are asked by both.
    """
    our_items = {item for _, values in ours for item in values}
    common = sorted(our_items & {item for _, values in theirs for item in values})
    if 2 * len(common) < len(our_items):
        return 0

    def counted(rows: Sequence[tuple[str, Mapping[str, int | None]]]) -> Counter[object]:
        return Counter((unit, tuple(values.get(item, 0) for item in common)) for unit, values in rows)

    return (counted(ours) & counted(theirs)).total()


def _text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
