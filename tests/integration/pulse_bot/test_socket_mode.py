"""Socket Mode: the same listeners without any way in from outside."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from services.contracts.events import AnswerGiven
from services.contracts.topics import TopicName
from services.pulse_bot.app import create_app as create_bot
from services.pulse_bot.telemetry import Telemetry
from services.runtime.serving import server as plain_server
from tests.integration.pulse_bot.house import PATIENT, House, Reader, build, eventually, listen, member, serving
from tests.integration.pulse_bot.processes import bot_process
from tests.integration.slack_workspace.conftest import BOT_TOKEN, SIGNING_SECRET

APP_TOKEN = "xapp-test"


@pytest.fixture
async def house(tmp_path: Path, topics_there: str, reader: Reader) -> AsyncIterator[House]:
    """A house whose workspace takes Socket Mode."""
    (tmp_path / "app_token").write_text(APP_TOKEN)
    name = f"t{secrets.token_hex(4)}"
    async with build(tmp_path, topics_there, reader, name, app_token_file=tmp_path / "app_token") as built:
        yield built


@asynccontextmanager
async def bot(house: House, app_token: str = APP_TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    """A bot in Socket Mode; gives a client for its health."""
    application = create_bot(
        house.settings.model_copy(update=PATIENT),
        SecretStr(SIGNING_SECRET),
        SecretStr(BOT_TOKEN),
        Telemetry.create(CollectorRegistry()),
        SecretStr(app_token),
    )
    async with (
        serving(application, listen(house.settings.bot_port), plain_server),
        httpx.AsyncClient(base_url=house.bot_url, timeout=60) as client,
    ):
        yield client


async def is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/healthz/ready")).status_code == 200


async def test_a_round_is_answered_over_a_socket_and_nothing_listens_but_health(house: House) -> None:
    house.plan()
    async with bot(house) as client:
        await eventually(lambda: is_ready(client))
        assert (await client.post("/slack/events", content=b"{}")).status_code == 404
        await house.open_and_send()
        thanks = await house.answer_all(member(1), [1, 2, 3, 4, None])
        assert "Dank je wel" in str(thanks["blocks"])
        home = await house.act.post("/act/home", json={"user": member(1)})
        assert home.status_code == 200, home.text
        said = await house.act.post(
            "/act/command",
            json={"user": member(1), "channel": thanks["channel"], "text": "/pulse help", "wait_seconds": 30},
        )
        assert said.json()["status"] == 200, said.text
        assert said.json()["effect"] == "ephemeral"
    values = [e.value for _, e in house.events(TopicName.ANSWERS) if isinstance(e, AnswerGiven)]
    assert values == [1, 2, 3, 4, None]


async def test_a_connection_that_slack_refreshes_or_drops_is_opened_again(house: House) -> None:
    house.plan()
    links = house.workspace.links
    async with bot(house) as client:
        await eventually(lambda: is_ready(client))
        await house.open_and_send()
        message = await house.invitation(member(1))
        before = links.accepted
        await links.refresh()

        async def another() -> bool:
            """A new one, and the one before is gone."""
            return links.accepted > before and links.open_now == 1 and await is_ready(client)

        await eventually(another)
        assert (await house.click(member(1), message, "pulse.answer.3"))["status"] == 200
        before = links.accepted
        await links.drop()
        await eventually(another, 120)
        shown = await house.invitation(member(2))
        assert (await house.click(member(2), shown, "pulse.answer.3"))["status"] == 200
    assert len([e for _, e in house.events(TopicName.ANSWERS) if isinstance(e, AnswerGiven)]) == 2


async def test_a_handshake_that_fails_costs_a_ticket_and_no_more(house: House) -> None:
    """At the start, and where a connection broke: a ticket is good once, so that each attempt needs another."""
    links = house.workspace.links
    links.refuse(1)
    async with bot(house) as client:
        await eventually(lambda: is_ready(client))
        assert links.refusals_left == 0
        links.refuse(1)
        await links.drop()

        async def again() -> bool:
            return links.accepted == 2 and await is_ready(client)

        await eventually(again)


async def test_a_wrong_app_token_leaves_the_bot_not_ready_and_says_so(house: House) -> None:
    async with bot(house, "xapp-wrong") as client:

        async def says() -> bool:
            answer = await client.get("/healthz/ready")
            return answer.status_code == 503 and "Socket Mode is not connected" in answer.text

        await eventually(says)


async def test_the_bots_command_takes_the_mode_from_its_settings_and_needs_no_signing_secret(house: House) -> None:
    house.plan()
    async with bot_process(
        house,
        DRAAGVLAK_SLACK_MODE="socket",
        DRAAGVLAK_SLACK_APP_TOKEN_FILE=str(house.folder / "app_token"),
        DRAAGVLAK_SLACK_SIGNING_SECRET_FILE="",
    ) as process:
        await house.open_and_send()
        message = await house.invitation(member(1))
        assert (await house.click(member(1), message, "pulse.answer.4"))["status"] == 200
    said = process.log.read_text()
    assert "pulse.answer" not in said
    assert member(1) not in said
