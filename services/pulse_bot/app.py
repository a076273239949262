"""The bot as a FastAPI application: bolt behind the door, health beside it."""

import contextlib
import gc
import logging
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from services.pulse_bot import faults
from services.pulse_bot.bot import Bot
from services.pulse_bot.crowd import Crowd
from services.pulse_bot.front import Door, Entrance
from services.pulse_bot.listeners import (
    announcements,
    answers,
    commands,
    comment_review,
    comments,
    concerns,
    home,
    other,
    preferences,
    published,
)
from services.pulse_bot.listeners.admin import menu as admin
from services.pulse_bot.manifest import Mode
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.socket_mode import SocketMode
from services.pulse_bot.telemetry import Telemetry
from services.runtime import health, serving, telemetry
from services.runtime.metric_names.kinds import Service
from services.runtime.settings import read_secret
from services.runtime.tracing import starting as tracing

_COLLECT_AFTER = 50_000
"""Objects before a garbage collection; the usual 700 makes pauses that are seen at p99."""


_SWITCH_SECONDS = 0.0005
"""How long a thread may keep the others waiting. An answer changes threads five times (loop, ledger, Kafka); with
Python's usual 5 ms each change can cost so much."""


def create_app(
    settings: BotSettings,
    signing_secret: SecretStr,
    token: SecretStr,
    metrics: Telemetry,
    app_token: SecretStr | None = None,
) -> Entrance:
    """The application; the bot starts and ends with it. One worker: two lose the order of a ballot's revisions.

    With ``app_token`` in Socket Mode: the bot opens the connection, and only its health is served here.
    Raises SettingsFault for a previous signing secret that cannot be read.
    """
    accepted: tuple[str, ...] = (signing_secret.get_secret_value(),)
    if app_token is None and settings.slack_previous_signing_secret_file is not None:
        previous = read_secret(settings.slack_previous_signing_secret_file, "slack_previous_signing_secret_file")
        accepted = (*accepted, previous.get_secret_value())

    @asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        bot = Bot(settings, token.get_secret_value(), metrics)
        bolt = _bolt(bot, signing_secret, metrics)
        crowd = Crowd(settings.bot_requests_at_once, bot.replies, bot.default_language)
        socket_mode: SocketMode | None = None
        if app_token is not None:
            socket_mode = SocketMode(
                bolt, app_token, settings.slack_api_url, metrics, crowd=crowd, ready=lambda: bot.ready
            )
        else:
            entrance.door = Door(
                bolt,
                accepted,
                limit=settings.bot_body_limit,
                ready=lambda: bot.ready,
                crowd=crowd,
                telemetry=metrics,
            )

        def why_not_ready() -> str | None:
            if socket_mode is not None and not socket_mode.open:
                return "Slack's Socket Mode is not connected; look at the app-level token and the way out"
            return bot.why_not_ready()

        application.include_router(health.router(bot.why_not_live, why_not_ready))
        await bot.start()
        if socket_mode is not None:
            socket_mode.start()
        try:
            yield
        finally:
            if socket_mode is not None:
                await socket_mode.close()
            await bot.stop()

    entrance = Entrance(
        FastAPI(
            title="Draagvlak bot",
            lifespan=lifespan,
            telemetry=serving.SILENT,
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
        )
    )
    return entrance


def _bolt(bot: Bot, signing_secret: SecretStr, metrics: Telemetry) -> AsyncApp:
    async def authorize() -> AuthorizeResult:  # a plain function: bolt would ask for `self` of a method
        return bot.authorization()

    app = AsyncApp(
        name="draagvlak",
        logger=logging.getLogger("slack_bolt.draagvlak"),
        signing_secret=signing_secret.get_secret_value(),
        request_verification_enabled=False,  # the door has done it, and knows of two secrets while one is changed
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    faults.register(app, bot.replies, metrics, bot.default_language)
    answers.register(app, answers.AnswerListener(bot.answering, bot.replies, metrics, bot.default_language))
    reception = bot.reception
    at_home = home.HomeListener(reception, bot.forgetting)
    announcing = announcements.AnnouncementListener(reception)
    home.register(app, at_home)
    preferences.register(app, preferences.PreferenceListener(reception, at_home))
    reviewing = comment_review.CommentReviewListener(reception, bot.reviews)
    champions = admin.AdminListener(reception, announcing, reviewing)
    announcements.register(app, announcing)
    admin.register(app, champions)
    comment_review.register(app, reviewing)
    publishing = published.PublishedListener(reception, bot.metrics)
    published.register(app, publishing)
    commands.register(app, commands.CommandListener(reception, announcing, champions, publishing))
    concerns.register(app, concerns.ConcernListener(reception))
    comments.register(app, comments.CommentListener(reception))
    other.register(app, bot.replies, bot.default_language)
    return app


def run(settings: BotSettings) -> None:
    """Serve until told to stop. Raises SettingsFault and PortTaken."""
    in_socket_mode = settings.slack_mode is Mode.SOCKET
    app_token = read_secret(settings.slack_app_token_file, "slack_app_token_file") if in_socket_mode else None
    signing_secret = (
        SecretStr(secrets.token_hex(16))  # nothing signed arrives in Socket Mode
        if in_socket_mode
        else read_secret(settings.slack_signing_secret_file, "slack_signing_secret_file")
    )
    token = read_secret(settings.slack_bot_token_file, "slack_bot_token_file")
    listening = serving.bind(settings.bot_host, settings.bot_port, "DRAAGVLAK_BOT_PORT")
    telemetry.expose(settings, Service.BOT)
    tracing.configure(settings, Service.BOT)
    application = create_app(settings, signing_secret, token, Telemetry.create(), app_token)
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # what is loaded by now is never garbage: not looking at it halves the longest pauses
    gc.set_threshold(_COLLECT_AFTER)
    with contextlib.suppress(KeyboardInterrupt):
        serving.server(application, delay_seconds=settings.shutdown_delay_seconds).run(sockets=[listening])
