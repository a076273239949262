"""More requests than a service works on at once are refused at once, with when to come again; health is answered."""

import asyncio
from hashlib import sha256
from pathlib import Path
from unittest.mock import MagicMock

import httpx
import pytest
import yaml
from fastapi import FastAPI

from services.ingest.gateway.application import ANNOUNCEMENTS, OUTCOMES, install
from services.ingest.gateway.rates import Rates
from services.metrics.release import review_routes
from services.metrics.release.service import create_app as release_watch
from services.metrics.routes.application import create_app
from services.runtime import health
from services.runtime.shedding import Shedding
from services.runtime.tokens import TokenFile


def client_of(application: FastAPI) -> httpx.AsyncClient:
    headers = {"Authorization": "Bearer secret"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://here", headers=headers)


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    path = tmp_path / "tokens.yaml"
    scopes = ["metrics:read", "outcomes:write", "announcements:draft"]
    path.write_text(yaml.safe_dump([{"name": "n", "sha256": sha256(b"secret").hexdigest(), "scopes": scopes}]))
    return TokenFile(path)


async def test_one_request_too_many_is_refused_and_costs_the_others_nothing() -> None:
    application, go_on, inside = FastAPI(), asyncio.Event(), asyncio.Event()
    application.include_router(health.router(lambda: None, lambda: None))

    @application.get("/work")
    async def work() -> str:
        inside.set()
        await go_on.wait()
        return "done"

    application.add_middleware(Shedding, at_once=1)
    async with client_of(application) as client:
        first = asyncio.create_task(client.get("/work"))
        await inside.wait()
        refused = await client.get("/work")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["type"] == "urn:draagvlak:problem:busy"
        assert (await client.get("/healthz/ready")).status_code == 200
        go_on.set()
        assert (await first).status_code == 200
        assert (await client.get("/work")).status_code == 200


async def test_the_metrics_api_sheds(tokens: TokenFile) -> None:
    async with client_of(create_app(MagicMock(), tokens, at_once=0)) as client:
        assert (await client.get("/v1/waves")).status_code == 503
        assert (await client.get("/healthz/live")).status_code == 200


@pytest.mark.parametrize("path", ["/v1/comments", "/v1/comments/w01/review"])
async def test_the_review_of_comments_sheds(tokens: TokenFile, path: str) -> None:
    review = review_routes.router(MagicMock(), MagicMock(), tokens)
    async with client_of(release_watch(MagicMock(live=lambda: None), review, at_once=0)) as client:
        refused = await client.get(path)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["type"] == "urn:draagvlak:problem:busy"
        assert (await client.get("/healthz/live")).status_code == 200


@pytest.mark.parametrize("path", [OUTCOMES, ANNOUNCEMENTS])
async def test_the_gateway_sheds_after_it_has_looked_who_calls(tokens: TokenFile, path: str) -> None:
    application = FastAPI()
    install(application, MagicMock(), tokens, Rates(100, 100), at_once=0)
    async with client_of(application) as client:
        assert (await client.post(path, json={})).headers["retry-after"] == "1"
        assert (await client.post(path, json={}, headers={"Authorization": "Bearer other"})).status_code == 401
