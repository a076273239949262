"""What every listener needs to know of a visitor: who it is, in which language, of which campaign."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.contracts.base import Language
from services.contracts.campaign import Campaign
from services.pulse_bot.announcements import whose
from services.pulse_bot.announcements.comments import Commenting
from services.pulse_bot.announcements.redaction import Redaction
from services.pulse_bot.announcements.words import Words
from services.pulse_bot.answers.replies import Replies, Reply
from services.pulse_bot.answers.values import Person
from services.pulse_bot.ledger import campaigns, invitations, preferences
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.listeners.afterwards import Afterwards
from services.pulse_bot.locales import language_of
from services.pulse_bot.messages.message import Message
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.slack import Slack
from services.pulse_bot.slack_faults import SlackFault
from services.runtime.clock import Clock

_NAMES_SECONDS = 3600.0
_LANGUAGES_KEPT = 10_000


@dataclass(frozen=True, repr=False)
class Visitor:
    """Who does something. Its representation shows nothing. ``campaign`` is None before anything is planned.

    ``leads``: the campaigns of which they are a champion, the one that runs first.
    """

    person: Person
    language: Language
    chosen: Preferences
    campaign: Campaign | None
    leads: tuple[Campaign, ...] = ()

    @property
    def is_champion(self) -> bool:
        """Whether they are a champion of the campaign."""
        return self.campaign is not None and self.person.member in self.campaign.champions


@dataclass
class Reception:
    """Shared by all listeners of a bot. ``wake``: let the tick come at once."""

    settings: BotSettings
    slack: Slack
    ledger: Ledger
    replies: Replies
    clock: Clock
    commenting: Commenting
    afterwards: Afterwards
    default_language: Callable[[], Language]
    wake: Callable[[], None]
    _languages: dict[Person, Language] = field(default_factory=dict, init=False)
    _redaction: Redaction | None = field(default=None, init=False)
    _read_at: float = field(default=float("-inf"), init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    async def visitor(self, person: Person) -> Visitor:
        """What the ledger knows of the person, and the campaign that they see."""
        return await self.within(person, lambda c: campaigns.of_visitor(c, person.workspace, person.member))

    async def champion(self, person: Person, about: str = "") -> Visitor:
        """The same, with the campaign that they have in hand as a champion.

        That which ``about`` names (its id, or a wave's), else the first that they lead; who leads none sees their own.
        """

        def choose(connection: Connection) -> Campaign | None:
            lead = campaigns.of_champion(connection, person.member)
            own = lead[0] if lead else campaigns.of_visitor(connection, person.workspace, person.member)
            return whose.named(connection, about) or own

        return await self.within(person, choose)

    async def within(self, person: Person, choose: Callable[[Connection], Campaign | None]) -> Visitor:
        """The same, with the campaign that something belongs to."""

        def read(connection: Connection) -> tuple[Language | None, Preferences, Campaign | None, tuple[Campaign, ...]]:
            return (
                invitations.language_of(connection, person.workspace, person.member),
                preferences.of(connection, person.workspace, person.member),
                choose(connection),
                campaigns.of_champion(connection, person.member),
            )

        known, chosen, campaign, leads = await self.ledger.read(read)
        language = chosen.language or known or await self._language_in_slack(person)
        return Visitor(person, language, chosen, campaign, leads)

    async def _language_in_slack(self, person: Person) -> Language:
        """For someone whom the ledger does not know: their locale in Slack, asked once, else the campaign's."""
        if person not in self._languages:
            if len(self._languages) >= _LANGUAGES_KEPT:
                self._languages.clear()
            try:
                locale = await self.slack.locale(person.member)
            except SlackFault:
                return self.default_language()
            self._languages[person] = language_of(locale, self.default_language())
        return self._languages[person]

    async def now(self) -> datetime:
        """Campaign time. Raises ClockUnavailable."""
        return await asyncio.to_thread(self.clock.now)

    def beside(self, url: str | None, message: Message) -> None:
        """Show a message to the person alone, beside the one that they pressed in."""
        if url is not None:
            self.replies.put(Reply(url, message.beside()))

    def instead(self, url: str | None, message: Message) -> None:
        """Put a message in the place of the one that they pressed in."""
        if url is not None:
            self.replies.put(Reply(url, message.replacing()))

    def words(self, campaign: Campaign) -> Words:
        """The words of posts of a campaign."""
        return Words(self.ledger, campaign)

    async def redaction(self, seconds: float) -> Redaction:
        """Takes out the names of everybody in the workspace.

        They are read once an hour, beside whoever waits for them: a large workspace takes longer than Slack waits.
        Raises SlackFault, and TimeoutError when they were never read and are not there within ``seconds``.
        """
        now = asyncio.get_running_loop().time()
        if now - self._read_at > _NAMES_SECONDS and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_names())
        if self._redaction is None and self._reading is not None:
            await asyncio.wait_for(asyncio.shield(self._reading), seconds)
        if self._redaction is None:
            raise TimeoutError
        return self._redaction

    async def _read_names(self) -> None:
        self._redaction = Redaction.of(await self.slack.names())
        self._read_at = asyncio.get_running_loop().time()

    @staticmethod
    def local(campaign: Campaign, at: datetime) -> datetime:
        """A moment in the campaign's zone."""
        return at.astimezone(ZoneInfo(campaign.schedule.timezone))
