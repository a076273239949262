"""What goes on after Slack has had its answer: Slack waits three seconds, and a call to Slack may take longer."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import structlog

from services.contracts.base import Language
from services.pulse_bot.answers.patience import waited
from services.pulse_bot.answers.replies import Replies, Reply
from services.pulse_bot.faults import place_of
from services.pulse_bot.messages import notices
from services.pulse_bot.messages.message import Message
from services.pulse_bot.slack import Slack
from services.pulse_bot.slack_faults import SlackFault

_log = structlog.get_logger(__name__)
_PATIENCE: Final = 1.5
"""Seconds from the arrival of a press after which it is answered, whatever it set going."""


class Afterwards:
    """Messages and errands that nobody at Slack's end waits for; each fault is logged, and no message is sent twice."""

    def __init__(self, slack: Slack, replies: Replies, language: Callable[[], Language]) -> None:
        self._slack = slack
        self._replies = replies
        self._language = language
        self._running: set[asyncio.Task[None]] = set()

    def say(self, member: str, *messages: Message) -> None:
        """Send messages to a person's DM, one after the other; returns at once."""
        self._keep(self._post(member, messages))

    async def patiently(
        self, work: Coroutine[Any, Any, None], context: Mapping[str, Any], response_url: str | None
    ) -> None:
        """Wait for ``work`` as long as Slack can be kept waiting; then it goes on by itself.

        Its error is raised here if it comes in time; later the person is told, with a reference that the log has.
        """
        task = asyncio.get_running_loop().create_task(work)
        done, _ = await asyncio.wait([task], timeout=max(0.0, _PATIENCE - waited(context)))
        if done:
            task.result()
        else:
            self._keep(self._finish(task, response_url))

    async def close(self, seconds: float) -> None:
        """Let what is under way end, for at most ``seconds``."""
        if self._running:
            _, left = await asyncio.wait(self._running, timeout=seconds)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _post(self, member: str, messages: tuple[Message, ...]) -> None:
        for message in messages:
            try:
                await self._slack.post(member, message)
            except SlackFault as fault:
                _log.warning("a person was not told", fault=fault.code)

    async def _finish(self, task: asyncio.Task[None], response_url: str | None) -> None:
        try:
            await task
        except Exception as error:  # its text may hold anything
            reference = secrets.token_hex(4)
            _log.error("an errand failed", reference=reference, error=type(error).__name__, place=place_of(error))
            if response_url is not None:
                self._replies.put(Reply(response_url, notices.fault(self._language(), reference).beside()))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
