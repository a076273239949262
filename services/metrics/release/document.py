"""The published bytes of a wave: one JSON document, the same bytes for the same numbers, and their hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from services.contracts.survey import Item, Polarity
from services.contracts.tree import WaveNode
from services.metrics.release.arms import ArmScore
from services.metrics.release.cells import Cell
from services.metrics.release.distributions import Distribution
from services.metrics.release.reliability import Reliability
from services.metrics.release.wave import ClosedWave
from services.metrics.release.windows import Window, WindowCell
from services.metrics.statistics.scores import Measure

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Published:
    """The document as stored and served, and the hexadecimal SHA-256 of it."""

    content: bytes
    sha256: str


@dataclass(frozen=True)
class Contents:
    """All numbers of a document. `responses`: node -> band, where there is one."""

    cells: tuple[Cell, ...]
    responses: Mapping[str, str]
    window: Window | None
    window_cells: tuple[WindowCell, ...]
    distributions: tuple[Distribution, ...]
    arms: tuple[ArmScore, ...]
    reliability: tuple[Reliability, ...]


def publishable(wave: ClosedWave, contents: Contents) -> Published:
    """The document of a wave. What each field is: `services.metrics.released.documents`.

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
            "measures": [_measure(measure) for measure in wave.measures],
            "nodes": [_node(node) for node in wave.nodes],
            "cells": contents.cells,
            "responses": [{"node_id": node, "response_band": band} for node, band in contents.responses.items()],
            "windows": [_window(contents.window)] if contents.window else [],
            "window_cells": contents.window_cells,
            "distributions": contents.distributions,
            "arms": contents.arms,
            "reliability": contents.reliability,
        },
        option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z,
    )
    return Published(content, sha256(content).hexdigest())


def _window(window: Window) -> dict[str, Any]:
    return {
        "id": window.id,
        "waves": [tables.wave.wave_id for tables in window.waves],
        "opened_at": window.opened_at,
        "closed_at": window.closed_at,
        "measures": [_measure(measure) for measure in window.measures],
    }


def _measure(measure: Measure) -> dict[str, Any]:
    return {"name": measure.name, "items": [item.item_id for item in measure.items]}


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
