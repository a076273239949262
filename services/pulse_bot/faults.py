"""The one error handler: a reference for the person, a class and a place for the log; never a message body."""

import secrets
import traceback
from collections.abc import Callable

import structlog
from pydantic import ValidationError
from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from services.contracts.base import Language
from services.pulse_bot.answers.replies import Replies, Reply
from services.pulse_bot.messages import notices
from services.pulse_bot.messages.message import Json
from services.pulse_bot.payloads import Malformed
from services.pulse_bot.slack_faults import SlackRefuses
from services.pulse_bot.telemetry import Telemetry

_log = structlog.get_logger(__name__)
_FRAMES = 6
_TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired"})
"""A modal has to be opened within three seconds of the press, and once."""


def place_of(error: BaseException) -> str:
    """Where an error arose, innermost first; without its text, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))


def response_url(body: Json) -> str | None:
    """Where the person can be told something beside what they pressed."""
    url = body.get("response_url")
    return url if isinstance(url, str) else None


def register(app: AsyncApp, replies: Replies, telemetry: Telemetry, language: Callable[[], Language]) -> None:
    """Register the handler for everything that a listener does not expect."""

    async def on_error(error: Exception, body: Json) -> BoltResponse:
        if isinstance(error, Malformed):
            return BoltResponse(status=400, body="malformed")
        if isinstance(error, ValidationError):  # signed, and still no value that a modal of ours can give
            _log.warning("a request holds what no modal offers", error=error.title, place=place_of(error))
            return BoltResponse(status=400, body="malformed")
        if isinstance(error, SlackRefuses) and error.code in _TOO_LATE and (url := response_url(body)) is not None:
            replies.put(Reply(url, notices.press_again(language()).beside()))
            return BoltResponse(status=200, body="")
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=404, body="unhandled")
        reference = secrets.token_hex(4)
        telemetry.errors.inc()
        _log.error("request failed", reference=reference, error=type(error).__name__, place=place_of(error))
        url = response_url(body)
        if url is not None:
            replies.put(Reply(url, notices.fault(language(), reference).beside()))
            return BoltResponse(status=200, body="")
        return BoltResponse(status=500, body="")

    app.error(on_error)
