"""Released documents made up, without ballots behind them: for tests and benchmarks of what is made of released rows.

They have the shape of `services.metrics.released.documents`; nothing here is ever released.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import orjson
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError

from services.contracts.base import ROOT_ID
from services.metrics.released.archive import Archive
from services.metrics.released.copies import Copy
from services.metrics.released.documents import Document, Released
from services.runtime.causes import Cause
from services.runtime.causes.obstacle import Obstacle

FIRST_OPENING: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
ITEMS: Final[Mapping[str, str]] = {"A1": "resistance", "A2": "trust", "JS1": "job_security", "JS2": "job_security"}
"""Item -> the measure it makes, of most documents here."""

Fields = dict[str, Any]

_HIDDEN: Final[Fields] = {
    "status": "too few answers",
    "score": None,
    "score_label": None,
    "n_band": None,
    "standard_error": None,
    "degrees_of_freedom": None,
}
_HIDDEN_CELL: Final[Fields] = _HIDDEN | {"low": None, "high": None}


class StillArchive(Archive):
    """An archive that has what it was given, and looks for nothing."""

    def __init__(self, copy: Copy | None) -> None:
        super().__init__(_nowhere, 60, Obstacle("ClickHouse", lambda error: Cause(str(error), "look for nothing")))
        self._copy = copy

    def start(self) -> None:
        """Nothing to begin."""

    def stop(self) -> None:
        """Nothing to end."""


def released(documents: Sequence[Document]) -> dict[str, Released]:
    """Documents as a copy holds them."""
    found: dict[str, Released] = {}
    for one in documents:
        content = orjson.dumps(one.model_dump(mode="json"))
        beside = next(reversed(found.values())).document if found else None
        found[one.wave] = Released.of(content, sha256(content).hexdigest(), beside)
    return found


def wave_id(number: int, campaign: str = "zorg") -> str:
    """The id of wave ``number`` (from 1)."""
    return f"{campaign}-w{number:02d}"


def cell(node: str, measure: str, score: float | None, error: float = 4.0, **other: Any) -> Fields:
    """A cell of a wave: a score with this standard error, the interval of two of them; None is hidden."""
    key: Fields = {"node_id": node, "measure": measure, "n": None, "response_band": None}
    return key | (_HIDDEN_CELL if score is None else _shown(score, error) | {"response_band": "70+ %"}) | other


def window_cell(window: str, node: str, measure: str, score: float | None, error: float = 6.0, **other: Any) -> Fields:
    """A cell of a window."""
    key: Fields = {"window": window, "node_id": node, "measure": measure}
    return key | (_HIDDEN_CELL if score is None else _shown(score, error)) | other


def arm(  # noqa: PLR0917 - its key, one by one
    announcement: str | None, name: str, wave: str, measure: str, score: float | None, error: float = 3.0
) -> Fields:
    """The score of an arm in a wave; None is hidden."""
    key: Fields = {"announcement": announcement, "arm": name, "wave": wave, "window": None, "measure": measure}
    if score is None:
        return key | _HIDDEN | {"classes": None}
    shown = {name: value for name, value in _shown(score, error).items() if name not in ("low", "high")}
    return key | shown | {"classes": 4}


def distribution(node: str, item: str, resisters: int | None, not_said: int, window: str | None = None) -> Fields:
    """Shares in steps of 5 per cent; `resisters` None for items that are not the headline of resistance."""
    return {
        "window": window,
        "node_id": node,
        "item": item,
        "status": "shown",
        "n_band": "50+",
        "shares": [_share(20)] * 5,
        "resisters": None if resisters is None else _share(resisters),
        "resisters_low": None if resisters is None else max(0.0, resisters - 10.0),
        "resisters_high": None if resisters is None else min(100.0, resisters + 10.0),
        "rather_not_say": _share(not_said),
    }


def window(number: int, waves: Sequence[int], campaign: str = "zorg", measures: Sequence[str] = ("trust",)) -> Fields:
    """A window of waves; its cells stand beside it in the document of the last."""
    return {
        "id": f"{campaign}-v{number:02d}",
        "waves": [wave_id(one, campaign) for one in waves],
        "opened_at": _opening(min(waves)),
        "closed_at": _opening(max(waves)) + timedelta(days=7),
        "measures": [{"name": name, "items": _items_of(name, ITEMS)} for name in measures],
    }


def document(
    number: int,
    cells: Sequence[Fields],
    *,
    teams: Mapping[str, str] | None = None,
    campaign: str = "zorg",
    items: Mapping[str, str] = ITEMS,
    response: Mapping[str, str] | None = None,
    **parts: Any,
) -> Document:
    """The document of wave ``number``. `teams`: node -> cadence, all below the organisation."""
    teams = {"a": "wave", "b": "wave"} if teams is None else teams
    nodes = [_node(ROOT_ID, None, "wave"), *(_node(team, ROOT_ID, cadence) for team, cadence in teams.items())]
    responses = {ROOT_ID: "70+ %"} if response is None else response
    return Document.model_validate(
        {
            "format": 2,
            "wave": wave_id(number, campaign),
            "campaign": campaign,
            "title": {"nl": f"Zorg · ronde {number}", "en": f"Care · round {number}"},
            "opened_at": _opening(number),
            "closed_at": _opening(number) + timedelta(days=7),
            "items": [_item(item, measure) for item, measure in items.items()],
            "measures": [{"name": name, "items": _items_of(name, items)} for name in dict.fromkeys(items.values())],
            "nodes": nodes,
            "cells": list(cells),
            "responses": [{"node_id": node, "response_band": band} for node, band in responses.items()],
            **parts,
        }
    )


def _nowhere() -> Client:
    raise OperationalError("there is no ClickHouse behind this archive")


def _shown(score: float, error: float) -> Fields:
    return {
        "status": "shown",
        "score": float(score),
        "score_label": f"{score:g}",
        "low": max(0.0, score - 2 * error),
        "high": min(100.0, score + 2 * error),
        "n_band": "20-34",
        "standard_error": error,
        "degrees_of_freedom": 40.0,
    }


def _share(per_cent: int) -> Fields:
    label = f"{per_cent} %" if 10 <= per_cent <= 90 else "< 10 %" if per_cent < 10 else "> 90 %"
    return {"share": float(min(95, max(5, per_cent))), "label": label}


def _opening(number: int) -> datetime:
    return FIRST_OPENING + timedelta(weeks=2 * (number - 1))


def _items_of(measure: str, items: Mapping[str, str]) -> list[str]:
    return [item for item, of in items.items() if of == measure]


def _item(item: str, measure: str) -> Fields:
    text = {"nl": "Hoe sta je hier tegenover?", "en": "How do you feel about this?"}
    return {"id": item, "measure": measure, "less": item == "A1", "text": text, "scale": [text] * 5}


def _node(node: str, parent: str | None, cadence: str) -> Fields:
    return {"id": node, "parent": parent, "name": {"nl": f"Team {node}", "en": f"Team {node}"}, "cadence": cadence}
