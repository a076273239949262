"""Two clocks: the wall clock for protocols and logs, the campaign clock for what a campaign does and when."""

import time
from datetime import UTC, datetime
from typing import Protocol

import httpx

from services.runtime.settings import ClockSettings, read_secret


class Clock(Protocol):
    """Tells the campaign's time."""

    def now(self) -> datetime:
        """The current campaign time; aware, UTC. May block briefly; not for an event loop."""


class ClockUnavailable(RuntimeError):
    """The sandbox's clock does not answer."""


class WallClock:
    """Campaign time outside the sandbox: the wall clock."""

    def now(self) -> datetime:
        """The current time; aware, UTC."""
        return datetime.now(UTC)


class ServedClock:
    """Campaign time as the sandbox serves it over HTTP, asked at most once every ``max_age`` seconds."""

    def __init__(self, url: str, token: str, max_age: float = 0.1) -> None:
        self._url = url
        self._client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=5.0)
        self._max_age = max_age
        self._asked = float("-inf")
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """The served time; aware, UTC. Raises ClockUnavailable."""
        if time.monotonic() - self._asked < self._max_age:
            return self._last
        try:
            answer = self._client.get(self._url)
            answer.raise_for_status()
            self._last = datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise ClockUnavailable(f"the campaign clock at {self._url} does not answer: {error}") from error
        self._asked = time.monotonic()
        return self._last


def campaign_clock(settings: ClockSettings) -> Clock:
    """The served clock where one is set, else the wall clock."""
    if settings.clock_url is None:
        return WallClock()
    token = read_secret(settings.clock_token_file, "clock_token_file")
    return ServedClock(settings.clock_url, token.get_secret_value())
