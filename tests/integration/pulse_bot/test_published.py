"""Everybody sees what leaders see: all that the metrics API publishes of a round, in Slack."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import yaml

from sandbox.published import StillArchive
from sandbox.story.organisation import build as organised
from sandbox.story.plan import load_bank, zorg
from sandbox.story.published import story_copy
from sandbox.story.simulation import Simulation
from services.metrics.released.copies import Copy
from services.metrics.routes.application import create_app
from services.pulse_bot.announcements import releases
from services.pulse_bot.announcements.releases import Released
from services.runtime.serving import server as plain_server
from services.runtime.tokens import TokenFile
from tests.integration.pulse_bot.acting import Colleague, Json, words
from tests.integration.pulse_bot.house import House, Reader, build, listen, member, serving

TOKEN = "reads-what-is-released"
NEWEST = "zorg-w02"


@cache
def story() -> Copy:
    """What is served after two waves of the demo's care organisation."""
    return story_copy(Simulation(organised(zorg(), 1), load_bank(), 1), (1, 2))


@pytest.fixture
async def zorg_house(tmp_path: Path, topics_there: str, reader: Reader) -> AsyncIterator[House]:
    """A house whose two waves have the names of the story's."""
    async with build(tmp_path, topics_there, reader, "zorg") as built:
        built.plan()
        (built.folder / "metrics_token").write_text(TOKEN)
        yield built


@asynccontextmanager
async def metrics_api(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """The real API on the story; gives a client that asks as Grafana does."""
    tokens = house.folder / "tokens.yaml"
    entry = {"name": "x", "sha256": sha256(TOKEN.encode()).hexdigest(), "scopes": ["metrics:read"]}
    tokens.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    listening = listen()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with (
        serving(create_app(StillArchive(story()), TokenFile(tokens)), listening, plain_server),
        httpx.AsyncClient(base_url=f"{url}/v1", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client,
    ):
        yield client


async def tell(house: House, client: httpx.AsyncClient) -> None:
    """The releases of the story, as the bot keeps them."""
    for wave in ("zorg-w01", NEWEST):
        document = (await client.get(f"/releases/{wave}")).json()
        await house.ledger().write(releases.put(Released.model_validate(document)))


async def rows(client: httpx.AsyncClient, path: str, **query: str) -> list[Json]:
    found: list[Json] = (await client.get(f"/{path}", params=query)).json()
    assert found, path
    return found


def dutch(score: str) -> str:
    return score.replace(".", ",").replace("<", "&lt;").replace(">", "&gt;")


async def test_everybody_sees_in_slack_what_leaders_see_in_grafana(zorg_house: House) -> None:
    house = zorg_house
    async with metrics_api(house) as client, house.bot(**at(client, house)):
        await tell(house, client)
        person = Colleague(house, member(3))
        home = await person.home()
        await person.press("results.everything", view=home)
        everything = words(await person.modal())
        closed = story().releases[NEWEST].document.closed_at.isoformat()
        for measure in ("resistance", "trust", "resister_share", "rather_not_say_trust"):
            for row in await rows(client, "trends", measure=measure, **{"from": closed, "to": closed}):
                assert dutch(row["score_label"]) in everything, row
        for measure in ("resistance", "trust"):
            for row in await rows(client, "pilots", measure=measure, **{"from": closed, "to": closed}):
                assert row["status"] != "shown" or dutch(row["score_label"]) in everything, row
        for row in await rows(client, "drivers"):
            assert row["status"] != "shown" or dutch(row["score_label"]) in everything, row
        for row in await rows(client, "effects"):
            assert row["text"] in everything
        for row in await rows(client, "outcomes"):
            assert row["team_name"] in everything
        await close(house, person)

        await person.press("results.comments", view=home)
        comments = words(await person.modal())
        for row in await rows(client, "comments", wave=NEWEST):
            assert row["text"] in comments
            assert row["question"] in comments
        await close(house, person)

        await person.press("results.teams", view=home)
        teams = words(await person.modal())
        shown = {}
        for measure in ("resistance", "trust"):
            for row in await rows(client, "teams", measure=measure):
                name = story().releases[NEWEST].document.node[row["team"]].name.nl
                line = next(line for line in teams.splitlines() if line.startswith("*") and name in line)
                if row["status"] == "shown":
                    shown[row["team"]] = name
                    assert dutch(row["score_label"]) in line
                else:
                    assert "te weinig antwoorden" in line
        chosen = next(iter(shown))
        answer = await person.submit(node=chosen)
        assert answer["outcome"] == "updated", answer
        of_the_team = words(await person.modal())
        assert shown[chosen] in of_the_team
        for row in await rows(client, "drivers", team=chosen):
            assert row["status"] != "shown" or dutch(row["score_label"]) in of_the_team


async def test_results_by_command_in_either_language(zorg_house: House) -> None:
    house = zorg_house
    async with metrics_api(house) as client, house.bot(**at(client, house)):
        dutchman, englishwoman = Colleague(house, member(1)), Colleague(house, member(2))
        await dutchman.command("/pulse uitkomsten teams")
        assert "Er zijn nog geen uitkomsten" in words(await dutchman.modal())
        await close(house, dutchman)
        await tell(house, client)
        for command, part in (
            ("/pulse uitkomsten", "Alle uitkomsten"),
            ("/pulse uitkomsten opmerkingen", "Raad alsjeblieft niet wie wat schreef"),
            ("/pulse uitkomsten  THUISZORG ", "Thuiszorg"),
        ):
            await dutchman.command(command)
            assert part in words(await dutchman.modal())
            await close(house, dutchman)
        await englishwoman.command("/pulse results home care")
        assert "Home care" in words(await englishwoman.modal())
        assert "`de <kelder>`".replace("<", "&lt;").replace(">", "&gt;") in await dutchman.told(
            "/pulse uitkomsten de <kelder>"
        )


async def test_a_metrics_api_that_is_away_is_told_kindly_and_read_again(zorg_house: House) -> None:
    house = zorg_house
    person = Colleague(house, member(1))
    async with metrics_api(house) as client:
        await tell(house, client)
        settings = at(client, house)
    async with house.bot(**settings):
        await person.command("/pulse uitkomsten")
        assert "nu even niet te lezen" in words(await person.modal())


def at(client: httpx.AsyncClient, house: House) -> dict[str, object]:
    """What the bot is told of the API."""
    url = str(client.base_url).removesuffix("/v1/")
    return {"metrics_url": url, "metrics_token_file": house.folder / "metrics_token"}


async def close(house: House, person: Colleague) -> None:
    """Close the modal that is open."""
    view = await person.modal()
    body = {"user": person.member, "view_id": view["id"], "all": True}
    (await house.act.post("/act/close", json=body)).raise_for_status()
