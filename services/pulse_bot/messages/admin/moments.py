"""Moments in words, in the zone that they carry."""

from datetime import datetime

from babel.dates import format_datetime

from services.contracts.base import Language


def moment(at: datetime, language: Language) -> str:
    """A moment, in the zone that it carries."""
    return str(format_datetime(at, "EEEE d MMMM, HH:mm", tzinfo=at.tzinfo, locale=language))
