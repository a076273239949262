"""The running bot: what it is made of, how it starts, what it does all the time, and how it ends."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import ClientSession
from slack_bolt.authorization import AuthorizeResult

from services.contracts.base import Language
from services.pulse_bot.announcements.comments import Commenting
from services.pulse_bot.announcements.desk import Desk
from services.pulse_bot.announcements.incoming import IncomingDrafts
from services.pulse_bot.announcements.releases import MetricsApi
from services.pulse_bot.announcements.reviews import ReviewApi
from services.pulse_bot.answers.answering import Answering
from services.pulse_bot.answers.book import WaveBook
from services.pulse_bot.answers.in_flight import InFlight
from services.pulse_bot.answers.records import RecordWriter
from services.pulse_bot.answers.replies import Replies
from services.pulse_bot.drain import Watch
from services.pulse_bot.faults import place_of
from services.pulse_bot.forgetting import Forgetting
from services.pulse_bot.http import http_session
from services.pulse_bot.ledger import campaigns, leases
from services.pulse_bot.ledger.key_places import wave_keys
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.listeners.afterwards import Afterwards
from services.pulse_bot.listeners.reception import Reception
from services.pulse_bot.locales import faults as catalogue_faults
from services.pulse_bot.locales import spoken
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.slack import Identity, Slack
from services.pulse_bot.slack_faults import SlackFault
from services.pulse_bot.telemetry import Telemetry
from services.pulse_bot.waves.overdue import Overdue
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.tick import Ticker
from services.pulse_bot.waves.workshop import LeaseLost, Workshop
from services.runtime.clock import ClockUnavailable, campaign_clock
from services.runtime.settings import read_secret

_log = structlog.get_logger(__name__)
_HEARTBEAT_SECONDS = 5.0
_WATCH_SECONDS = 0.5
_OVERDUE_SECONDS = 15.0
_REPLIES_SECONDS = 5.0


class Bot:
    """One bot. Make it and call ``start`` inside the running event loop."""

    def __init__(self, settings: BotSettings, token: str, telemetry: Telemetry) -> None:
        self._settings = settings
        self._token = token
        self._telemetry = telemetry
        self._session: ClientSession = http_session()
        self.ledger = Ledger(settings.ledger_address)
        self._keys = wave_keys(self.ledger, settings.ledger_folder / "keys")
        self._records = RecordWriter(settings, f"draagvlak-bot-{settings.instance}", telemetry)
        self._book = WaveBook(self.ledger, self._keys)
        self._in_flight = InFlight()
        self.slack = Slack(settings.slack_api_url, token, self._session, telemetry)
        self._clock = campaign_clock(settings)
        self._overdue = Overdue(self.ledger, self._clock, telemetry)
        self._tasks: list[asyncio.Task[None]] = []
        self._identity: Identity | None = None
        self._language = Language.NL
        self._closing = asyncio.Event()
        self.replies = Replies(self._session, telemetry)
        self._incoming = IncomingDrafts(settings, f"draagvlak-bot-{settings.instance}", self.ledger, self._closing.set)
        self.forgetting = Forgetting(self.ledger, self._book, self._records, self._in_flight)
        self._afterwards = Afterwards(self.slack, self.replies, self.default_language)
        self.reception = Reception(
            settings=settings,
            slack=self.slack,
            ledger=self.ledger,
            replies=self.replies,
            clock=self._clock,
            commenting=Commenting(
                self.ledger, self._book, self._records, self._in_flight, settings.answer_deadline_seconds
            ),
            afterwards=self._afterwards,
            default_language=self.default_language,
            wake=self._closing.set,
        )
        self.reviews = (
            ReviewApi(self._session, settings.review_url, settings.review_token_file) if settings.review_url else None
        )
        self.answering = Answering(
            self.ledger, self._book, self._records, self._in_flight, settings.answer_deadline_seconds
        )
        self._watch = Watch(
            settings.instance,
            ledger=self.ledger,
            book=self._book,
            in_flight=self._in_flight,
            records=self._records,
            telemetry=telemetry,
            forget=self.answering.crowds.forget_all_but,
        )

    @property
    def ready(self) -> bool:
        """Whether clicks can be understood: Slack has said who the bot is."""
        return self._identity is not None

    def why_not_ready(self) -> str | None:
        """None when all is well, else a line for each fault."""
        faults = []
        if self._identity is None:
            faults.append(f"Slack at {self._settings.slack_api_url} has not said who the bot is; see the log")
        if (obstacle := self._records.why_not()) is not None:
            faults.append(f'answers get "press again": {obstacle}')
        return "\n".join(faults) or None

    def why_not_live(self) -> str | None:
        """None while every loop of the bot runs, else one sentence."""
        ended = [task.get_name() for task in self._tasks if task.done() and task.get_name() != "introduce"]
        return f"the loop {ended[0]} has ended; restart the bot" if ended else None

    def default_language(self) -> Language:
        """The language for people whom the ledger does not know."""
        return self._language

    def authorization(self) -> AuthorizeResult:
        """What bolt wants to know of each request, without a call to Slack."""
        known = self._identity
        if known is None:
            raise RuntimeError("a request came past the door before the bot was ready")
        return AuthorizeResult(
            enterprise_id=None,
            team_id=known.team_id,
            bot_id=known.bot_id,
            bot_user_id=known.user_id,
            bot_token=self._token,
        )

    async def start(self) -> None:
        """Begin everything; returns before Slack and Kafka have answered."""
        for fault in catalogue_faults():
            _log.warning("a language is not complete", language=fault.code, fault=fault.said, usable=not fault.unusable)
        self._records.start()
        self.replies.start()
        await self._watch.heartbeat()
        watch_seconds = min(_WATCH_SECONDS, self._settings.tick_seconds)
        self._tasks = [
            asyncio.create_task(self._introduce(), name="introduce"),
            asyncio.create_task(self._every("heartbeat", _HEARTBEAT_SECONDS, self._watch.heartbeat), name="heartbeat"),
            asyncio.create_task(self._every("watch", watch_seconds, self._look), name="watch"),
            asyncio.create_task(self._every("overdue", _OVERDUE_SECONDS, self._overdue.look), name="overdue"),
            asyncio.create_task(self._tick(), name="tick"),
            asyncio.create_task(self._incoming.run(), name="drafts"),
        ]

    async def stop(self) -> None:
        """End in order: no more ticks, what is in flight settled, replies delivered, everything let go of."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._watch.sign_off()
            await self.ledger.write(leases.release(self._settings.instance))
        except TimeoutError:
            _log.warning("answers in flight at the end; Kafka may still take them")
        await self._incoming.close()
        await self._afterwards.close(_REPLIES_SECONDS)
        await self.replies.close(_REPLIES_SECONDS)
        await self._records.close()
        await self._session.close()
        await asyncio.to_thread(self.ledger.close)

    async def _introduce(self) -> None:
        pause = 0.2
        while self._identity is None:
            try:
                self._identity = await self.slack.identity()
            except SlackFault as fault:
                _log.warning("slack does not say who the bot is", fault=str(fault), again_in_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 10.0)
        _log.info("bot ready", instance=self._settings.instance)

    async def _tick(self) -> None:
        ticker: Ticker | None = None
        desk: Desk | None = None
        while True:
            more = False
            try:
                if ticker is None and self._identity is not None:
                    ticker = Ticker(self._workshop(), Sending(Pace(self._settings.send_per_minute)))
                    desk = Desk(self._workshop(), self.metrics())
                if ticker is not None:
                    await self._learn_language()
                    report = await ticker.tick()
                    more = report.more_to_do
                    if desk is not None and report.busy_elsewhere is None:
                        await self._tell(desk)
            except Exception as error:
                _log.error("tick failed", error=type(error).__name__, place=place_of(error))
            pause = _WATCH_SECONDS if more or ticker is None else self._settings.tick_seconds
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), min(pause, self._settings.tick_seconds))
            self._closing.clear()

    async def _tell(self, desk: Desk) -> None:
        """What is told to people beside the rounds, under the same lease."""
        try:
            await desk.tick()
        except (LeaseLost, ClockUnavailable) as fault:
            _log.info("telling people waits for the next tick", reason=str(fault))

    def metrics(self) -> MetricsApi | None:
        """Where results are read; None where the settings name none. Raises SettingsFault for its token."""
        if self._settings.metrics_url is None:
            return None
        token = read_secret(self._settings.metrics_token_file, "metrics_token_file")
        return MetricsApi(self._session, self._settings.metrics_url, token)

    async def _look(self) -> None:
        if await self._watch.look():
            self._closing.set()  # a close that someone asked for does not wait for the next regular tick

    def _workshop(self) -> Workshop:
        return Workshop(
            settings=self._settings,
            ledger=self.ledger,
            keys=self._keys,
            records=self._records,
            slack=self.slack,
            clock=self._clock,
            telemetry=self._telemetry,
            holder=self._settings.instance,
        )

    async def _learn_language(self) -> None:
        campaign = await self.ledger.read(campaigns.leading)
        if campaign is not None:
            self._language = spoken(campaign.language)

    async def _every(self, name: str, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except Exception as error:
                _log.error("loop failed, goes on", loop=name, error=type(error).__name__, place=place_of(error))
            await asyncio.sleep(seconds)
