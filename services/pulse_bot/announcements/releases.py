"""Released results as the metrics API serves them to everybody: read once, kept in the ledger, never computed on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import aiohttp
import orjson
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from sqlalchemy import Connection, select

from services.contracts.base import ROOT_ID, Text
from services.pulse_bot.http import proxy_for
from services.pulse_bot.ledger.announcing import ReleaseRow
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import WaveRow
from services.pulse_bot.ledger.writer import Operation

MEASURES = ("resistance", "trust")
_SECONDS = aiohttp.ClientTimeout(total=10)


class MetricsAway(RuntimeError):
    """The metrics API does not answer as it should; the text says with what."""


class Part(BaseModel):
    """Of an answer of the metrics API; what is not named here is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Figures(Part):
    """What is published of one number; None where there were too few answers."""

    score: float | None = None
    score_label: str | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    n_band: str | None = None
    response_band: str | None = None


class ReleasedCell(Figures):
    """One number as published of a node."""

    node_id: str
    measure: str
    status: str


class ReleasedNode(Part):
    """A node of the tree as it stood in the wave."""

    id: str
    name: Text


class Move(Part):
    """How a headline measure of the organisation moved since the round before: one of the four agreed verdicts."""

    measure: str
    verdict: str | None = None


class Released(Part):
    """A wave's results, and the published points of the trend up to it."""

    wave: str
    title: Text
    closed_at: datetime
    nodes: tuple[ReleasedNode, ...]
    cells: tuple[ReleasedCell, ...]
    moves: tuple[Move, ...] = ()
    pictures: Mapping[str, str] = {}

    def cell(self, node_id: str, measure: str) -> ReleasedCell | None:
        """The number of a node, where the release has a row for it."""
        return next((c for c in self.cells if c.node_id == node_id and c.measure == measure), None)

    def verdict(self, measure: str) -> str | None:
        """The verdict on the organisation's change."""
        return next((move.verdict for move in self.moves if move.measure == measure), None)


@dataclass(frozen=True)
class Point:
    """A published score (0 to 100) of a round, with its interval where one is shown."""

    closed_on: date
    score: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class MetricsApi:
    """Where released results are read, with a token of scope ``metrics:read``."""

    session: aiohttp.ClientSession
    url: str
    token: SecretStr

    async def released(self, wave_id: str) -> Released | None:
        """The wave's results; None as long as it is not released. Raises MetricsAway."""
        document = await self._get(f"/v1/releases/{wave_id}", {})
        if document is None:
            return None
        rows = await self.rows("trends", team=ROOT_ID)
        moves = [row for row in rows if row.get("wave") == wave_id and row.get("measure") in MEASURES]
        try:
            return Released.model_validate(document | {"moves": moves})
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
            raise MetricsAway(f"the release of {wave_id} cannot be read: {fields}") from None

    async def rows(self, path: str, **query: str) -> list[Any]:
        """The rows of a path below ``/v1``; none where it is not found. Raises MetricsAway."""
        found = await self._get(f"/v1/{path}", query)
        return found if isinstance(found, list) else []

    async def _get(self, path: str, query: Mapping[str, str]) -> Any:
        url = self.url.rstrip("/") + path
        headers = {"Authorization": f"Bearer {self.token.get_secret_value()}"}
        try:
            async with self.session.get(
                url, params=query, headers=headers, timeout=_SECONDS, proxy=proxy_for(url)
            ) as response:
                content = await response.read()
                if response.status == 404:
                    return None
                if response.status != 200:
                    raise MetricsAway(f"the metrics API answers {path} with {response.status}")
                return orjson.loads(content)
        except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError) as error:
            raise MetricsAway(f"the metrics API at {self.url} does not answer ({type(error).__name__})") from None


def put(released: Released) -> Operation[None]:
    """Keep a release, and the ids of its pictures in Slack."""

    def operation(connection: Connection) -> None:
        values = {"wave_id": released.wave, "content": released.model_dump_json()}
        connection.execute(
            insert_for(connection, ReleaseRow)
            .values(values)
            .on_conflict_do_update(index_elements=["wave_id"], set_=values)
        )

    return operation


def of_campaign(connection: Connection, campaign_id: str) -> tuple[Released, ...]:
    """The releases that are known of a campaign, the oldest first."""
    rows = connection.execute(
        select(ReleaseRow.content)
        .join(WaveRow, WaveRow.id == ReleaseRow.wave_id)
        .where(WaveRow.campaign_id == campaign_id)
        .order_by(WaveRow.number)
    )
    return tuple(Released.model_validate_json(row.content) for row in rows)


def series(released: Sequence[Released]) -> dict[str, list[Point]]:
    """The organisation's points of the trend for each headline measure, oldest first."""
    ordered = sorted(released, key=lambda one: one.closed_at)
    found: dict[str, list[Point]] = {}
    for measure in MEASURES:
        cells = [(one, one.cell(ROOT_ID, measure)) for one in ordered]
        found[measure] = [
            Point(one.closed_at.date(), cell.score, cell.low, cell.high)
            for one, cell in cells
            if cell is not None and cell.score is not None
        ]
    return found
