"""The published bytes of a wave: one JSON document, the same bytes for the same numbers, and their hash."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import orjson

from services.contracts.survey import Item, Polarity
from services.contracts.tree import WaveNode
from services.metrics.release.cells import Cell
from services.metrics.release.wave import ClosedWave

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Published:
    """The document as stored and served, and the hexadecimal SHA-256 of it."""

    content: bytes
    sha256: str


def publishable(wave: ClosedWave, cells: tuple[Cell, ...], responses: Mapping[str, str]) -> Published:
    """The document of a wave; `responses`: node -> band, where there is one.

    Keys sorted, no white space, UTF-8, times in UTC; no phase, no number of people of any node.
    """
    content = orjson.dumps(
        {
            "format": FORMAT,
            "wave": wave.wave_id,
            "campaign": wave.campaign_id,
            "title": wave.title.model_dump(),
            "opened_at": wave.opened_at,
            "closed_at": wave.closed_at,
            "thresholds": {"score": wave.score_floor, "distribution": wave.distribution_floor},
            "items": [_item(item) for item in wave.items],
            "measures": [
                {"name": measure.name, "items": [item.item_id for item in measure.items]} for measure in wave.measures
            ],
            "nodes": [_node(node) for node in wave.nodes],
            "cells": [asdict(cell) for cell in cells],
            "responses": [{"node_id": node, "response_band": band} for node, band in responses.items()],
            "windows": [],
            "window_cells": [],
            "distributions": [],
            "arms": [],
            "reliability": [],
        },
        option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z,
    )
    return Published(content, sha256(content).hexdigest())


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "measure": item.published_as,
        "less": item.polarity is Polarity.LESS,
        "text": item.text.model_dump(),
        "scale": [label.model_dump() for label in item.scale],
    }


def _node(node: WaveNode) -> dict[str, Any]:
    return {"id": node.id, "parent": node.parent, "name": node.name.model_dump(), "cadence": node.cadence.value}
