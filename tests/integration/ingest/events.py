"""Made-up events, seeded: a wave of two items, its answers, and every kind of broken record."""

from datetime import UTC, datetime
from random import Random

import orjson

from services.contracts import wire
from services.contracts.base import Text
from services.contracts.events import AnswerGiven, WaveOpened
from services.contracts.survey import Item
from services.contracts.tree import Cadence, WaveNode

_LABELS = tuple(Text(nl=f"punt {n}", en=f"point {n}") for n in range(1, 6))
ITEMS = tuple(
    Item(id=name, measure="trust", polarity="more", text=Text(nl=name, en=name), scale=_LABELS) for name in ("A1", "A2")
)


def opened(wave_id: str) -> WaveOpened:
    """A wave of a team of 30."""
    name = Text(nl="Team", en="Team")
    return WaveOpened(
        wave_id=wave_id,
        campaign_id="c",
        title=name,
        opens_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
        closes_at=datetime(2026, 3, 9, 8, tzinfo=UTC),
        items=ITEMS,
        nodes=(
            WaveNode(id="organisation", parent=None, name=name, invited=0, cadence=Cadence.WAVE),
            WaveNode(id="t", parent="organisation", name=name, invited=30, cadence=Cadence.WAVE),
        ),
    )


def answer(wave_id: str, ballot: int, item: int = 0, value: int | None = 3, revision: int = 1) -> AnswerGiven:
    """An answer of the ballot with this number."""
    return AnswerGiven(
        wave_id=wave_id,
        ballot_id=f"{ballot:032x}",
        node_id="t",
        item_id=ITEMS[item].id,
        value=value,
        revision=revision,
    )


def poison(wave_id: str, seed: Random) -> bytes | None:
    """A record that can never be stored; no two are alike."""
    good = wire.encode(answer(wave_id, seed.getrandbits(100)))
    content = orjson.loads(good)
    kinds = (
        seed.randbytes(20) + b"\xff\x00",
        good[: len(good) // 2],
        orjson.dumps(content | {"version": 2}),
        orjson.dumps(content | {"type": "answer.taken"}),
        orjson.dumps(content | {"value": 300}),
        orjson.dumps(content | {"value": "4"}),
        orjson.dumps(content | {"ballot_id": "short"}),
        orjson.dumps([seed.random()]),
        good.replace(b'"t"', b'"\\ud800"') + str(seed.random()).encode(),
        b"x" * 900_000 + seed.randbytes(8),
    )
    return kinds[seed.choices(range(len(kinds)), weights=[10] * (len(kinds) - 1) + [1])[0]]
