"""How a command reaches Slack."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.pulse_bot.http import http_session
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.slack import Slack
from services.runtime.settings import read_secret


@asynccontextmanager
async def slack_of(settings: BotSettings) -> AsyncIterator[Slack]:
    """Slack's Web API until the block ends. Raises SettingsFault."""
    token = read_secret(settings.slack_bot_token_file, "slack_bot_token_file").get_secret_value()
    session = http_session()
    try:
        yield Slack(settings.slack_api_url, token, session)
    finally:
        await session.close()
