"""What a business figure counts in, as systems tell it each other; people read words."""

from enum import StrEnum


class Unit(StrEnum):
    """What a figure counts in."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    PERCENT = "percent"
    COUNT = "count"
    PER_HUNDRED = "per_100"
    EURO = "euro"
