"""App Home, and the slash command that points to it."""

from collections.abc import Callable
from typing import Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import Connection

from services.contracts.base import Language
from services.pulse_bot.ledger import invitations
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.messages import home
from services.pulse_bot.messages.message import Json
from services.pulse_bot.payloads import Malformed
from services.pulse_bot.slack import Slack

COMMAND: Final = "/pulse"


class HomeListener:
    """Shows App Home in the person's language."""

    def __init__(self, slack: Slack, ledger: Ledger, language: Callable[[], Language]) -> None:
        self._slack = slack
        self._ledger = ledger
        self._language = language

    async def opened(self, ack: AsyncAck, event: Json) -> None:
        """The person looks at the app; harmless when Slack tells it twice."""
        member = event.get("user")
        if not isinstance(member, str):
            raise Malformed("event.user")
        if event.get("tab") == "home":
            await self._slack.publish_home(member, home.home(await self._language_of(member)))
        await ack()

    async def command(self, ack: AsyncAck, body: Json) -> None:
        """``/pulse``, seen by the person alone."""
        member = body.get("user_id")
        if not isinstance(member, str):
            raise Malformed("user_id")
        await ack(text=home.command_help(await self._language_of(member)), response_type="ephemeral")

    async def _language_of(self, member: str) -> Language:
        workspace = (await self._slack.identity()).workspace

        def find(connection: Connection) -> Language | None:
            return invitations.language_of(connection, workspace, member)

        return await self._ledger.read(find) or self._language()


def register(app: AsyncApp, listener: HomeListener) -> None:
    """Listen to the opening of App Home and to the command."""
    app.event("app_home_opened")(listener.opened)
    app.command(COMMAND)(listener.command)
