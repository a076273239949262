"""More people than the bot can serve at once: those above the bound are asked at once to press again.

Without a bound everybody would wait longer and longer, until Slack gives up on all of them after 3 s.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from services.contracts.base import Language
from services.pulse_bot.answers.replies import Replies, Reply
from services.pulse_bot.messages import notices
from services.pulse_bot.messages.message import Body, Json


class Crowd:
    """Counts requests under way; ``at_most`` of them are let in."""

    def __init__(self, at_most: int, replies: Replies, language: Callable[[], Language]) -> None:
        self._at_most = at_most
        self._replies = replies
        self._language = language
        self._inside = 0

    @property
    def is_full(self) -> bool:
        """Whether one more would be one too many."""
        return self._inside >= self._at_most

    @contextmanager
    def one(self) -> Iterator[None]:
        """One request, under way for as long as the block runs."""
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def turn_away(self, body: Json) -> bool:
        """Ask the person to press again, where the request says how to reach them. Gives whether it did."""
        url = body.get("response_url")
        if not isinstance(url, str):
            return False
        self._replies.put(Reply(url, _press_again(self._language())))
        return True


@cache
def _press_again(language: Language) -> Body:
    """The same for everybody, made once: turning away has to be the cheapest of all that the bot does."""
    return notices.press_again(language).beside()
