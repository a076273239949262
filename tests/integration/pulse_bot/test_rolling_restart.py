"""Two bots on PostgreSQL, each ended and started again while people press: none unanswered, lost or double."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.processes.ports import free_port
from services.contracts.events import AnswerGiven
from services.contracts.topics import TopicName
from services.pulse_bot.ledger import leases
from services.runtime.serving import server as plain_server
from tests.integration.pulse_bot.house import PEOPLE, House, eventually, listen, member, serving
from tests.integration.pulse_bot.processes import environment
from tests.integration.pulse_bot.slack_requests import block_actions, deliver, form
from tests.integration.pulse_bot.test_two_bots import shared

__all__ = ["shared"]
pytestmark = pytest.mark.needs("postgresql")

EVERYBODY = [member(n) for n in range(1, PEOPLE + 1)]


@dataclass
class Replica:
    """One bot as a process; ``ready`` is what a load balancer last heard."""

    house: House
    name: str
    port: int
    process: asyncio.subprocess.Process | None = None
    ready: bool = False

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        log = self.house.folder / f"{self.name}.log"
        settings = environment(
            self.house,
            DRAAGVLAK_BOT_PORT=str(self.port),
            DRAAGVLAK_BOT_INSTANCE=self.name,
            DRAAGVLAK_SHUTDOWN_DELAY_SECONDS="6",
        )
        with log.open("ab") as said:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.command_line", "bot", env=settings, stdout=said, stderr=said
            )

        async def is_ready() -> bool:
            assert self.process is not None
            assert self.process.returncode is None, log.read_text()
            return self.ready

        await eventually(is_ready, 120)

    async def end(self) -> None:
        """SIGTERM, and wait."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), 90)
            self.ready = False  # what was heard last is of the one that has ended


@dataclass
class Presses:
    """What became of each press, by its number."""

    statuses: dict[int, int] = field(default_factory=dict)
    shown: dict[int, bytes] = field(default_factory=dict)


@asynccontextmanager
async def balanced(replicas: list[Replica]) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client for each replica, and somebody who asks each again and again whether it is ready."""
    # a connection that a bot closes for being idle must not be taken at that moment
    limits = httpx.Limits(keepalive_expiry=1.0)
    clients = [
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{one.port}", timeout=60, limits=limits) for one in replicas
    ]

    async def watch() -> None:
        async with httpx.AsyncClient(timeout=5) as probe:
            while True:
                for one in replicas:
                    try:
                        answer = await probe.get(f"http://127.0.0.1:{one.port}/healthz/ready")
                        one.ready = answer.status_code == 200
                    except httpx.HTTPError:
                        one.ready = False
                await asyncio.sleep(0.2)

    watching = asyncio.create_task(watch())
    try:
        yield clients
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        for client in clients:
            await client.aclose()


async def press_on(
    house: House, replicas: list[Replica], clients: list[httpx.AsyncClient], back: str, done: Presses
) -> None:
    """Press until cancelled: everybody in turn, each press to the next replica that is ready; finish what is begun."""
    wave, tasks, turn = await house.wave(), set(), count()

    async def press(number: int) -> None:
        among = [i for i, one in enumerate(replicas) if one.ready] or [0, 1]
        client = clients[among[next(turn) % len(among)]]
        index = number // PEOPLE % len(wave.items)
        value = f"invitation|{wave.id}|{index}|{wave.items[index].id}|{number % 5 + 1}"
        body = block_actions(EVERYBODY[number % PEOPLE], value) | {"response_url": f"{back}/{number}"}
        try:
            done.statuses[number] = (await deliver(client, form(body))).status_code
        except httpx.HTTPError:
            done.statuses[number] = -1

    try:
        for number in count():
            tasks.add(asyncio.create_task(press(number)))
            await asyncio.sleep(0.1)
    finally:
        await asyncio.gather(*tasks)


async def test_both_are_restarted_and_every_press_is_answered_and_stored_once(shared: House) -> None:
    replicas = []
    for number in range(2):
        replicas.append(Replica(shared, f"bot-{number}", free_port()))
    done = Presses()

    async def reply(request: Request) -> Response:
        done.shown[int(request.path_params["number"])] = await request.body()
        return Response("ok")

    listening = listen()
    back = f"http://127.0.0.1:{listening.getsockname()[1]}/r"
    answers = Starlette(routes=[Route("/r/{number}", reply, methods=["POST"])])
    async with serving(answers, listening, plain_server), balanced(replicas) as clients:
        try:
            await asyncio.gather(*(one.start() for one in replicas))
            await shared.open_and_send()
            for person in EVERYBODY:
                await shared.invitation(person)
            pressing = asyncio.create_task(press_on(shared, replicas, clients, back, done))
            for one in replicas:
                await one.end()
                assert one.process is not None
                assert one.process.returncode in (0, -signal.SIGTERM)
                await one.start()
            pressing.cancel()
            await asyncio.gather(pressing, return_exceptions=True)

            async def all_replied() -> bool:
                return len(done.shown) == len(done.statuses)

            await eventually(all_replied)
            live = await shared.ledgers[0].read(leases.live_instances)
        finally:
            await asyncio.gather(*(one.end() for one in replicas))
    assert live == {"bot-0", "bot-1"}, "each is succeeded by itself"
    assert Counter(done.statuses.values()) == {200: len(done.statuses)}
    again = [body for body in done.shown.values() if b"nog een keer" in body or b"once more" in body]
    stored = [event for _, event in shared.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
    assert len({(event.ballot_id, event.revision) for event in stored}) == len(stored)
    assert len(done.statuses) - len(again) <= len(stored) <= len(done.statuses)
    assert len(done.statuses) > 50
