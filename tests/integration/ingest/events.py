"""Made-up events, seeded: a wave of two items, its answers, and every kind of broken record."""

from datetime import UTC, datetime
from enum import StrEnum
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


class Broken(StrEnum):
    """The ways in which a record can be broken."""

    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    TRUNCATED = "truncated"
    WRONG_VERSION = "wrong version"
    UNKNOWN_TYPE = "unknown type"
    DUPLICATE_KEY = "duplicate key"
    NUL = "NUL"
    ESCAPED_NUL = "escaped NUL"
    NOT_UTF_8 = "not UTF-8"
    SURROGATE = "half a surrogate pair"
    OUT_OF_RANGE = "value out of range"
    WRONG_KIND = "text for a number"
    SHORT_ID = "short id"
    NO_OBJECT = "no object"


def broken(kind: Broken, wave_id: str, seed: Random) -> bytes:
    """A record that can never be stored, broken in this way alone; no two are alike."""
    good = wire.encode(answer(wave_id, seed.getrandbits(100)))
    content = orjson.loads(good)
    match kind:
        case Broken.MALFORMED:
            return good.replace(b":", b"=", 1)
        case Broken.OVERSIZED:
            return orjson.dumps(content | {"of_the_future": "x" * 1_000_000})
        case Broken.TRUNCATED:
            return good[: seed.randrange(70, len(good) - 1)]
        case Broken.WRONG_VERSION:
            return orjson.dumps(content | {"version": 2})
        case Broken.UNKNOWN_TYPE:
            return orjson.dumps(content | {"type": "answer.taken"})
        case Broken.DUPLICATE_KEY:
            return good[:-1] + b',"value":5}'
        case Broken.NUL:
            return good.replace(b"answer.given", b"answer.given\0")
        case Broken.ESCAPED_NUL:
            return orjson.dumps(content | {"of_the_future": "\0"})
        case Broken.NOT_UTF_8:
            return good.replace(b'"t"', b'"\xff\xfe"')
        case Broken.SURROGATE:
            return good.replace(b'"t"', b'"\\ud800"')
        case Broken.OUT_OF_RANGE:
            return orjson.dumps(content | {"value": 300})
        case Broken.WRONG_KIND:
            return orjson.dumps(content | {"value": "4"})
        case Broken.SHORT_ID:
            return orjson.dumps(content | {"ballot_id": content["event_id"][:8]})
        case Broken.NO_OBJECT:
            return orjson.dumps([seed.random()])


def poison(wave_id: str, seed: Random) -> bytes:
    """A record broken in some way; one in ten times the usual is as large as brokers allow."""
    weights = [1 if kind is Broken.OVERSIZED else 10 for kind in Broken]
    return broken(seed.choices(list(Broken), weights=weights)[0], wave_id, seed)
