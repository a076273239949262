"""The metrics API, as the story reads it: the same numbers that everybody gets."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import aiohttp
from pydantic import TypeAdapter, ValidationError

from sandbox.story.faults import StoryFault
from services.contracts.base import ROOT_ID
from services.metrics.released.documents import Document, PublishedCell
from services.metrics.released.rows import Row

_LOOK_EVERY: Final = 0.1
_NOT_YET: Final = frozenset({404, 503})
_ROWS: Final = TypeAdapter(list[Row])


def shown_cell(document: Document, measure: str, node: str = ROOT_ID) -> PublishedCell | None:
    """The cell of a measure at a node; None where it is hidden or not asked."""
    cell = document.cell.get((node, measure))
    return cell if cell is not None and cell.score is not None else None


def shown_nodes(document: Document) -> frozenset[str]:
    """The nodes of which any number is shown."""
    return frozenset(cell.node_id for cell in document.cells if cell.score is not None)


def shown_in_window(document: Document) -> frozenset[str]:
    """The nodes that are shown in the window of this document, and never by the wave."""
    small = {node.id for node in document.nodes if node.cadence == "window"}
    return frozenset(cell.node_id for cell in document.window_cells if cell.score is not None and cell.node_id in small)


class MetricsClient:
    """Reads with a bearer token. Use it as an async context manager."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "MetricsClient":
        timeout = aiohttp.ClientTimeout(total=20.0)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout, trust_env=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def wait_released(self, wave_id: str, seconds: float) -> Document:
        """The release of a wave, as soon as it is there. Raises StoryFault after ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            status, body = await self._get(f"/v1/releases/{wave_id}")
            if status == 200:
                try:
                    return Document.model_validate_json(body)
                except ValidationError as error:
                    raise StoryFault(f"the release of {wave_id} has another shape than expected: {error}") from error
            if status not in _NOT_YET or time.monotonic() > deadline:
                raise StoryFault(
                    f"the wave {wave_id} was to close and is not released after {seconds:.0f} s (the metrics API "
                    f"answers {status}); see the logs of bot, ingest and release watch"
                )
            await asyncio.sleep(_LOOK_EVERY)

    async def verdicts(self, wave_id: str, measures: Sequence[str]) -> dict[str, str]:
        """Measure -> words of the change of the organisation's score since the wave before; the first has none."""
        query = "&".join(f"measure={measure}" for measure in measures)
        status, body = await self._get(f"/v1/trends?{query}")
        if status != 200:
            raise StoryFault(f"the metrics API answers {status} when it is asked for the trend")
        rows = _ROWS.validate_json(body)
        return {row.measure: row.verdict for row in rows if row.wave == wave_id and row.verdict is not None}

    async def _get(self, path: str) -> tuple[int, bytes]:
        if self._session is None:
            raise RuntimeError("use MetricsClient as an async context manager")
        async with self._session.get(self._url + path) as response:
            return response.status, await response.read()
