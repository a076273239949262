"""The workspace put together: one object that the Web API, the act API and the page all work on."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.clock import CampaignClock
from sandbox.slack.delivery import BotDelivery
from sandbox.slack.directory import Directory
from sandbox.slack.ephemerals import Ephemerals
from sandbox.slack.faults import Faults
from sandbox.slack.feed import Effects, EventKind, Feed
from sandbox.slack.files import Files
from sandbox.slack.handles import ResponseUrls, Triggers
from sandbox.slack.journal import Journal
from sandbox.slack.rates import Rates
from sandbox.slack.requests_seen import RequestsSeen
from sandbox.slack.settings import Credentials, WorkspaceSettings
from sandbox.slack.socket_links import SocketLinks
from sandbox.slack.store import Store
from sandbox.slack.surfaces import Surfaces


@dataclass(frozen=True, slots=True)
class Workspace:
    """All parts of the emulated workspace."""

    directory: Directory
    credentials: Credentials
    clock: CampaignClock
    journal: Journal
    store: Store
    ephemerals: Ephemerals
    surfaces: Surfaces
    rates: Rates
    triggers: Triggers
    response_urls: ResponseUrls
    links: SocketLinks
    delivery: BotDelivery
    feed: Feed
    effects: Effects
    requests_seen: RequestsSeen
    faults: Faults
    files: Files
    base_url: str

    @classmethod
    def build(cls, settings: WorkspaceSettings) -> Workspace:
        """Reads directory, secrets and state; raises :class:`~sandbox.slack.wire.WorkspaceStartError`."""
        credentials = Credentials.read(settings)
        directory = Directory.read(settings.directory)
        journal = Journal(settings.state)
        store = Store(directory, journal)
        clock = CampaignClock(settings.state)
        feed, effects, ephemerals = Feed(), Effects(), Ephemerals()
        links = SocketLinks(settings.host, settings.reached_at, settings.delivery_timeout)
        return cls(
            directory=directory,
            credentials=credentials,
            clock=clock,
            journal=journal,
            store=store,
            ephemerals=ephemerals,
            surfaces=Surfaces(
                directory=directory, store=store, ephemerals=ephemerals, clock=clock, feed=feed, effects=effects
            ),
            rates=Rates(settings.rate_scale),
            triggers=Triggers(valid_seconds=settings.trigger_seconds),
            response_urls=ResponseUrls(f"{settings.base_url}/response/{directory.team.id}"),
            links=links,
            delivery=BotDelivery(settings, credentials.signing_secret, links),
            feed=feed,
            effects=effects,
            requests_seen=RequestsSeen(feed),
            faults=Faults(lambda waiting: feed.publish(EventKind.FAULTS, waiting)),
            files=Files(settings.state / "files"),
            base_url=settings.base_url,
        )

    async def open(self) -> None:
        """Starts the journal and the connections to the bot; call inside the event loop."""
        self.journal.start()
        await self.delivery.open()
        if self.credentials.app_token is not None:
            await self.links.open()

    async def close(self) -> None:
        """Ends pages, connections and the journal, everything written."""
        self.feed.close()
        await self.links.close()
        await self.delivery.close()
        await self.journal.close()
