"""Everything that needs no more than an acknowledgement: events nobody acts on, and buttons nobody knows any more."""

import re
from collections.abc import Callable

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from services.contracts.base import Language
from services.pulse_bot.answers.replies import Replies, Reply
from services.pulse_bot.messages import notices
from services.pulse_bot.messages.message import Json
from services.pulse_bot.payloads import parse_click

_ANY = re.compile(".*")


def register(app: AsyncApp, replies: Replies, language: Callable[[], Language]) -> None:
    """Listen to the rest; register this last."""

    async def event(ack: AsyncAck) -> None:
        await ack()  # without it Slack delivers the event three more times

    async def button(ack: AsyncAck, body: Json) -> None:
        click = parse_click(body)
        if click.response_url is not None:
            replies.put(Reply(click.response_url, notices.unknown_question(language()).beside()))
        await ack()

    app.event(_ANY)(event)
    app.action(_ANY)(button)
