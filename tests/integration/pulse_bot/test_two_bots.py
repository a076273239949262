"""Two bots behind a round robin, one ledger in PostgreSQL: one of them ticks, both take answers, nothing is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.contracts.events import AnswerGiven, WaveClosed, WaveEnd
from services.contracts.topics import TOPICS, TopicName
from services.pulse_bot.app import create_app as create_bot
from services.pulse_bot.ledger import closing, leases
from services.pulse_bot.ledger.key_places import wave_keys
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.telemetry import Telemetry
from services.runtime.serving import server as plain_server
from tests.integration.pulse_bot.house import PATIENT, PEOPLE, House, eventually, listen, member, serving
from tests.integration.pulse_bot.test_sending import sent
from tests.integration.slack_workspace.conftest import BOT_TOKEN, SIGNING_SECRET
from tests.postgres import Postgres

pytestmark = pytest.mark.needs("postgresql")
EVERYBODY = [member(n) for n in range(1, PEOPLE + 1)]


@asynccontextmanager
async def two_bots(house: House) -> AsyncIterator[Counter[int]]:
    """Two bots, and at the house's address a front that gives each request to the next. Counts requests by bot."""
    asked: Counter[int] = Counter()
    async with AsyncExitStack() as stack:
        clients = []
        for number in range(2):
            listening = listen()
            port = listening.getsockname()[1]
            settings = house.settings.model_copy(update=PATIENT | {"bot_port": port, "bot_instance": f"bot-{number}"})
            metrics = Telemetry.create(CollectorRegistry())
            application = create_bot(settings, SecretStr(SIGNING_SECRET), SecretStr(BOT_TOKEN), metrics)
            await stack.enter_async_context(serving(application, listening, plain_server))
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60))
            clients.append(client)

            async def ready(client: httpx.AsyncClient = client) -> bool:
                return (await client.get("/healthz/ready")).status_code == 200

            await eventually(ready)
        turn = cycle(range(2))

        async def forward(request: Request) -> Response:
            number = next(turn)
            asked[number] += 1
            headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
            answer = await clients[number].post(request.url.path, content=await request.body(), headers=headers)
            return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

        front = Starlette(routes=[Route("/slack/events", forward, methods=["POST"])])
        await stack.enter_async_context(serving(front, listen(house.settings.bot_port), plain_server))
        yield asked


@pytest.fixture
def shared(house: House, postgres: Postgres) -> House:
    """The house with its ledger in PostgreSQL."""
    house.settings = house.settings.model_copy(update={"ledger_url": postgres.new_database()})
    house.plan()
    return house


async def test_two_bots_send_once_keep_the_order_of_a_ballots_answers_and_close_together(
    shared: House, postgres: Postgres
) -> None:
    async with two_bots(shared) as asked:
        await shared.open_and_send()
        for person in EVERYBODY:
            await shared.invitation(person)
        ledger = shared.ledgers[0]
        keys = wave_keys(ledger, shared.folder)
        key = await asyncio.to_thread(keys.read, shared.wave_id())
        for value in (1, 2, 5):  # everybody answers, thinks again and answers once more, now here, now there
            await asyncio.gather(*[answer_again(shared, person, value) for person in EVERYBODY])
        assert min(asked.values()) >= 5 * PEOPLE
        await shared.clock_to(shared.campaign.schedule.closes_at(1))

        async def closed() -> bool:
            return (await shared.wave()).state is WaveState.CLOSED

        await eventually(closed, 60)
        live = await ledger.read(leases.live_instances)
        assert live == {"bot-0", "bot-1"}
    assert [await sent(shared, person) for person in EVERYBODY] == [1] * PEOPLE
    answers = [event for _, event in shared.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
    assert len(answers) == 3 * 5 * PEOPLE
    assert len({(a.ballot_id, a.revision) for a in answers}) == len(answers)
    last: dict[tuple[str, str], AnswerGiven] = {}
    for answer in answers:
        name = (answer.ballot_id, answer.item_id)
        last[name] = max(last.get(name, answer), answer, key=lambda a: a.revision)
    assert Counter(a.value for a in last.values()) == {5: 5 * PEOPLE}
    counts = await ledger.read(lambda c: closing.unit_counts(c, shared.wave_id()))
    assert (sum(c.acknowledged for c in counts), sum(c.with_revision for c in counts)) == (PEOPLE, PEOPLE)
    marked = [r.partition for r, e in shared.events(TopicName.ANSWERS, read=False) if isinstance(e, WaveEnd)]
    assert sorted(marked) == list(range(TOPICS[TopicName.ANSWERS].partitions))
    assert len([e for _, e in shared.events(TopicName.WAVES) if isinstance(e, WaveClosed)]) == 1
    raw = await asyncio.to_thread(postgres.raw)
    assert key not in raw


async def answer_again(house: House, person: str, value: int) -> None:
    """Answer every question with ``value``, and go back to the first."""
    thanks = await house.answer_all(person, [value] * 5)
    back = await house.click(person, thanks, "pulse.change")
    assert back["status"] == 200


async def test_when_the_ticking_bot_dies_the_other_takes_over_and_nobody_gets_two(shared: House) -> None:
    await shared.open_and_send()
    first = await asyncio.gather(shared.tick(holder="a"), shared.tick(holder="b"))
    assert sorted(report.busy_elsewhere is None for report in first) == [False, True]
    assert [await sent(shared, person) for person in EVERYBODY] == [1] * PEOPLE
