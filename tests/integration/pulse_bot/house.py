"""A house for the bot's tests: emulated workspace, real bot over HTTP, real broker, and a campaign of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn
import yaml
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from sandbox.processes.ports import free_port
from sandbox.slack.app import create_app as create_workspace
from sandbox.slack.app import server as workspace_server
from services.contracts.campaign import Campaign
from services.contracts.events import Event
from services.contracts.files import load_campaign, load_items
from services.contracts.topics import TopicName
from services.contracts.wire import parse
from services.pulse_bot.answers.records import RecordWriter
from services.pulse_bot.app import create_app as create_bot
from services.pulse_bot.http import http_session
from services.pulse_bot.ledger import waves
from services.pulse_bot.ledger.key_places import wave_keys
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.slack import Slack
from services.pulse_bot.telemetry import Telemetry
from services.pulse_bot.waves import planning
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.tick import Ticker, TickReport
from services.pulse_bot.waves.workshop import Workshop
from services.runtime.clock import campaign_clock
from services.runtime.serving import server as plain_server
from tests.files import raw
from tests.integration.slack_workspace.conftest import (
    ACCESS_KEY,
    BOT_TOKEN,
    CLOCK_WRITER,
    SIGNING_SECRET,
    write_settings,
)
from tests.kafka.reading import Reading

PATIENT: Final = {"answer_deadline_seconds": 20.0}
"""For a bot in the test's own process: on a busy machine a press counts that took longer than Slack would wait."""

DAY_MS: Final = 86_400_000
PEOPLE = 12
BANK = load_items(Path("surveys/items.yaml"))
CHAMPION = "U01"
GUEST, GONE = "U90", "U91"
GENERAL, NORTH, LISTENERS = "C001", "C002", "C003"

_NODES = [
    {"id": "organisation", "parent": None, "name": {"nl": "Zorg", "en": "Care"}},
    {"id": "noord", "parent": "organisation", "name": {"nl": "Noord", "en": "North"}},
    {"id": "zuid", "parent": "organisation", "name": {"nl": "Zuid", "en": "South"}},
    {"id": "proef", "parent": "organisation", "name": {"nl": "Proef", "en": "Try-out"}},
]


@cache
def load_campaign_once(path: Path) -> Campaign:
    """Reading YAML takes longer than what most tests do."""
    return load_campaign(path, BANK)


def member(number: int) -> str:
    """The id of person ``number`` (from 1); even ones read English."""
    return f"U{number:02d}"


def directory() -> dict[str, Any]:
    """Twelve people, a guest and someone who left."""
    people = [
        {
            "id": member(n),
            "name": f"persoon{n}",
            "real_name": f"Persoon {n}",
            "locale": "en-GB" if n % 2 == 0 else "nl-NL",
            "tz": "Europe/Amsterdam",
        }
        for n in range(1, PEOPLE + 1)
    ]
    outsiders = [
        {"id": GUEST, "name": "gast", "real_name": "Gast", "is_restricted": True},
        {"id": GONE, "name": "weg", "real_name": "Weg", "deleted": True},
    ]
    return {
        "team": {"id": "T1", "name": "Zorg", "domain": "zorg"},
        "app": {"id": "A1", "bot_id": "B1", "user_id": "U0BOT"},
        "users": people + outsiders,
        "usergroups": [],
        "channels": [
            {"id": GENERAL, "name": "algemeen", "members": [member(n) for n in range(1, PEOPLE + 1)]},
            {"id": NORTH, "name": "noord", "members": [member(n) for n in range(1, 6)]},
            {"id": LISTENERS, "name": "luisteraars", "members": [CHAMPION, member(2)], "is_private": True},
        ],
    }


def node_of(number: int) -> str:
    """Five in noord, five in zuid, two in proef (too few for a label)."""
    return "noord" if number <= 5 else "zuid" if number <= 10 else "proef"


@dataclass
class House:
    """Everything around one bot. Times move by ``clock_to``."""

    folder: Path
    settings: BotSettings
    act: httpx.AsyncClient
    campaign_id: str
    campaign_file: Path
    workspace: Any
    reader: "Reader"
    ledgers: list[Ledger] = field(default_factory=list)

    @property
    def bot_url(self) -> str:
        return f"http://{self.settings.bot_host}:{self.settings.bot_port}"

    @property
    def campaign(self) -> Campaign:
        return load_campaign_once(self.campaign_file)

    def wave_id(self, number: int = 1) -> str:
        return self.campaign.wave_id(number)

    def ledger(self) -> Ledger:
        """A ledger of the test's own process, closed at the end."""
        ledger = Ledger(self.settings.ledger_address)
        self.ledgers.append(ledger)
        return ledger

    def plan(self, *, approve: bool = True) -> None:
        """Plan the campaign, and approve it as a champion."""
        ledger = self.ledger()
        ledger.write_now(planning.plan(self.campaign, BANK))
        if approve:
            ledger.write_now(planning.approve(self.campaign_id, CHAMPION))

    def another(self, campaign_id: str, *, weeks: int, **changes: Any) -> Campaign:
        """A campaign of the same people that begins so many weeks after this one; not planned yet."""
        schedule = self.campaign.schedule
        later = schedule.model_copy(update={"starts_on": schedule.starts_on + timedelta(weeks=weeks)})
        return self.campaign.model_copy(update={"id": campaign_id, "schedule": later, **changes})

    def plan_next_year(self) -> None:
        """Two further campaigns, with other champions; by their ids one comes before this one and one after it."""
        ledger = self.ledger()
        for name, weeks in ((f"a-{self.campaign_id}", 52), (f"z-{self.campaign_id}", 60)):
            ledger.write_now(planning.plan(self.another(name, weeks=weeks, champions=(member(7),)), BANK))

    async def wave(self, number: int = 1) -> Wave:
        """The wave as the ledger has it."""
        ledger = self.ledgers[0] if self.ledgers else self.ledger()
        return await ledger.read(lambda connection: waves.find(connection, self.wave_id(number)))

    async def clock_to(self, moment: datetime) -> None:
        """Move campaign time."""
        answer = await self.act.post("/act/clock", json={"now": moment.isoformat()})
        assert answer.status_code == 200, answer.text

    async def open_and_send(self, number: int = 1) -> None:
        """Move to just after the hour at which everybody is invited."""
        await self.clock_to(self.campaign.schedule.opens_at(number) + timedelta(hours=1, minutes=1))

    async def messages(self, person: str) -> list[dict[str, Any]]:
        """What stands in the person's DM."""
        answer = await self.act.get("/act/messages", params={"user": person})
        assert answer.status_code == 200, answer.text
        return [message for message in answer.json()["messages"] if not message.get("deleted")]

    async def invitation(self, person: str, number: int = 1) -> dict[str, Any]:
        """Wait for the person's invitation."""
        wanted = f"invitation:{self.wave_id(number)}"

        async def there() -> dict[str, Any] | None:
            for message in await self.messages(person):
                if message.get("blocks") and message["blocks"][0].get("block_id") == wanted:
                    return message
            return None

        return await eventually(there)

    async def click(self, person: str, message: dict[str, Any], action_id: str, **more: Any) -> dict[str, Any]:
        """Click and wait for what comes back; gives the workspace's report."""
        body = {
            "user": person,
            "channel": message["channel"],
            "message_ts": message["ts"],
            "action_id": action_id,
            "wait_seconds": 30,
        } | more
        answer = await self.act.post("/act/click", json=body)
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        return report

    async def answer_all(self, person: str, values: list[int | None], number: int = 1) -> dict[str, Any]:
        """Answer every question; gives what is shown in the end."""
        shown = await self.invitation(person, number)
        for value in values:
            report = await self.click(person, shown, f"pulse.answer.{'-' if value is None else value}")
            assert report["status"] == 200, report
            shown = report["shown"] | {"channel": shown["channel"], "ts": shown["ts"]}
        return shown

    def events(self, topic: TopicName, wave_id: str | None = None, *, read: bool = True) -> list[tuple[Any, Event]]:
        """All records of a topic that belong to the wave, with their events; ``read`` False: of those read before."""
        wanted = wave_id or self.wave_id()
        found = []
        for record in self.reader.records(topic, read=read):
            event = parse(topic, record.value).event
            if getattr(event, "wave_id", None) == wanted:
                found.append((record, event))
        return found

    @asynccontextmanager
    async def bot(self, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
        """The real bot, serving; gives a client for its front door."""
        settings = self.settings.model_copy(update=PATIENT | changes)
        application = create_bot(
            settings, SecretStr(SIGNING_SECRET), SecretStr(BOT_TOKEN), Telemetry.create(CollectorRegistry())
        )
        listening = listen(self.settings.bot_port)
        async with (
            serving(application, listening, plain_server),
            httpx.AsyncClient(base_url=self.bot_url, timeout=60) as client,
        ):

            async def ready() -> bool:
                return (await client.get("/healthz/ready")).status_code == 200

            if settings.kafka_bootstrap == self.settings.kafka_bootstrap:
                await eventually(ready)
            yield client

    @asynccontextmanager
    async def workshop(
        self, holder: str = "test", *, records: RecordWriter | None = None, **changes: Any
    ) -> AsyncIterator[Workshop]:
        """The tools of a tick in the test's own hands, as a process that was just started.

        ``records`` are someone else's, where connecting to Kafka each time would take too long.
        """
        settings = self.settings.model_copy(update=changes)
        ledger = Ledger(settings.ledger_address)
        telemetry = Telemetry.create(CollectorRegistry())
        session = http_session()
        own = records is None
        records = records or RecordWriter(settings, "test", telemetry)
        try:
            yield Workshop(
                settings=settings,
                ledger=ledger,
                keys=wave_keys(ledger, settings.ledger_folder / "keys"),
                records=records,
                slack=Slack(settings.slack_api_url, BOT_TOKEN, session, telemetry),
                clock=campaign_clock(settings),
                telemetry=telemetry,
                holder=holder,
            )
        finally:
            if own:
                await records.close()
            await session.close()
            ledger.close()

    async def tick(self, records: RecordWriter | None = None, **changes: Any) -> TickReport:
        """One tick by a process of its own."""
        async with self.workshop(records=records, **changes) as workshop:
            return await Ticker(workshop, Sending(Pace(0))).tick()

    def raw_ledger(self) -> bytes:
        """Every byte of every file of the ledger's folder, keys and write-ahead log included."""
        return raw(self.settings.ledger_folder)


async def eventually(condition: Any, seconds: float = 60.0) -> Any:
    """Wait until the condition gives something true, and give it."""
    async with asyncio.timeout(seconds):
        while True:
            found = await condition()
            if found:
                return found
            await asyncio.sleep(0.02)


class Reader:
    """Reads everything that was written to the topics, and keeps it."""

    def __init__(self, bootstrap: str) -> None:
        topics = (TopicName.WAVES, TopicName.ANSWERS, TopicName.COMMENTS, TopicName.ANNOUNCEMENTS)
        self._reading = Reading(bootstrap, topics)
        self._read: dict[str, list[Any]] = {}

    def records(self, topic: TopicName, *, read: bool = True) -> list[Any]:
        """All records of a topic so far."""
        for record in self._reading.more() if read else ():
            self._read.setdefault(record.topic, []).append(record)
        return self._read.get(topic.value, [])

    def close(self) -> None:
        self._reading.close()


def listen(port: int = 0) -> socket.socket:
    """A listening socket on a free port, or on this one."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(128)
    return listening


@asynccontextmanager
async def serving(application: Any, listening: socket.socket, make: Any) -> AsyncIterator[None]:
    """Serve until the block ends."""
    running: uvicorn.Server = make(application)
    task = asyncio.create_task(running.serve([listening]))
    while not running.started:
        await asyncio.sleep(0.005)
        assert not task.done(), "the server did not start"
    try:
        yield
    finally:
        running.should_exit = True
        await task


def next_monday() -> datetime:
    """A Monday at least a day ahead of the wall clock, so that campaign time only has to move forward."""
    day = datetime.now(UTC) + timedelta(days=2)
    return day + timedelta(days=(7 - day.weekday()) % 7)


def write_campaign(folder: Path, campaign_id: str, **changes: Any) -> Path:
    """A campaign of two waves, and its roster beside it."""
    content = {
        "id": campaign_id,
        "title": {"nl": "AI bij Zorg", "en": "AI at Care"},
        "language": "nl",
        "schedule": {"starts_on": next_monday().date().isoformat(), "waves": 2, "holidays": None},
        "champions": [CHAMPION, member(2)],
        "blocks": [{"id": "job_security", "items": ["JS1", "JS2", "JS3"]}],
        "tree": {"nodes": _NODES},
        "merge_teams_below": 5,
        "channels": {"nodes": {"organisation": GENERAL, "noord": NORTH}, "listeners": LISTENERS},
    } | changes
    path = folder / "campaign.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    rows = [f"{member(n)},{node_of(n)}" for n in range(1, PEOPLE + 1)]
    rows += [f"{GUEST},noord", f"{GONE},zuid", "U99,zuid"]
    (folder / "roster.csv").write_text("\n".join(["member,node", *rows]) + "\n")
    return path


@asynccontextmanager
async def build(
    folder: Path, bootstrap: str, reader: Reader, campaign_id: str, **workspace_changes: Any
) -> AsyncIterator[House]:
    """Workspace, files and settings; the bot is started by the test."""
    listening, bot_port = listen(), free_port()
    port = listening.getsockname()[1]
    workspace_settings = write_settings(
        folder / "slack", port, bot_port, **{"directory_content": directory()} | workspace_changes
    )
    campaign_file = write_campaign(folder, campaign_id)
    (folder / "clock_token").write_text(CLOCK_WRITER)
    (folder / "bot_token").write_text(BOT_TOKEN)
    (folder / "signing_secret").write_text(SIGNING_SECRET)
    settings = BotSettings(
        state=folder / "state",
        kafka_bootstrap=bootstrap,
        clock_url=f"{workspace_settings.base_url}/clock",
        clock_token_file=folder / "clock_token",
        bot_port=bot_port,
        slack_api_url=f"{workspace_settings.base_url}/api/",
        slack_bot_token_file=folder / "bot_token",
        slack_signing_secret_file=folder / "signing_secret",
        campaign_file=campaign_file,
        roster_file=folder / "roster.csv",
        tick_seconds=0.1,
        send_per_minute=0,
        settle_after_seconds=0.0,
        answer_deadline_seconds=2.9,
    )
    application = create_workspace(workspace_settings)
    headers = {"Authorization": f"Bearer {ACCESS_KEY}"}
    async with (
        serving(application, listening, workspace_server),
        httpx.AsyncClient(base_url=workspace_settings.base_url, headers=headers, timeout=60) as act,
    ):
        house = House(folder, settings, act, campaign_id, campaign_file, application.state.workspace, reader)
        try:
            yield house
        finally:
            for ledger in house.ledgers:
                ledger.close()
