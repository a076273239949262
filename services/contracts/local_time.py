"""A time of day without a zone, as a file of people's making says it."""

import re
from datetime import time
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")


def _told_plainly(value: Any) -> Any:
    """Text or a naive ``time`` alone: YAML 1.1 reads 10:00 without quotes as the number 600, ten past midnight."""
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, str) and _CLOCK.fullmatch(value.strip()):
        return value
    raise ValueError(
        f'{value!r} is no time of day: write hours and minutes without a zone, with quotes round them, such as "09:30"'
    )


LocalTime = Annotated[time, BeforeValidator(_told_plainly)]
"""A time of day, HH:MM and perhaps seconds, in a zone that is told elsewhere."""
