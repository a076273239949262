"""How long a person has been kept waiting: counted from the moment at which their request arrived."""

import time
from collections.abc import Mapping
from typing import Any, Final

_ARRIVED: Final = "draagvlak_arrived"


def arriving() -> dict[str, Any]:
    """What goes with a request through bolt, made as soon as it has arrived."""
    return {_ARRIVED: time.monotonic()}


def waited(context: Mapping[str, Any]) -> float:
    """For how many seconds the person of this request has waited."""
    now = time.monotonic()
    return now - float(context.get(_ARRIVED, now))
