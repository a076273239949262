"""Nothing but health is open; the clock has tokens of its own; logs hold no content."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.integration.slack_workspace.conftest import ACCESS_KEY, CLOCK_READER, CLOCK_WRITER, Running
from tests.integration.slack_workspace.test_clicks import post_question


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def paths_of(routes: Iterable[Any], prefix: str = "") -> Iterator[str]:
    """All paths of an application, those of its routers included."""
    for route in routes:
        if hasattr(route, "path") and not getattr(route, "routes", None):
            yield prefix + route.path
        else:
            included = getattr(route, "original_router", None) or route
            yield from paths_of(included.routes, prefix)


async def test_nothing_but_health_answers_without_a_key(running: Running) -> None:
    paths = set(paths_of(running.application.routes))
    assert {"/act/click", "/act/feed", "/act/clock", "/clock", "/", "/page/{name}", "/api/{method}"} <= paths
    async with httpx.AsyncClient(base_url=running.url) as stranger:
        assert (await stranger.get("/healthz")).json() == {"status": "ok"}
        for path in sorted(paths - {"/healthz"}):
            asked = path.format(method="users.list", name="main.js", team="T1", secret="x", file="F0X")
            for method in ("GET", "POST"):
                reply = await stranger.request(method, asked, json={"user": "U1"}, params={"user": "U1"})
                refused = reply.status_code in {401, 404, 405} or reply.json().get("error") == "not_authed"
                assert refused, f"{method} {asked} answered {reply.status_code}"
        for path in ("/docs", "/openapi.json", "/redoc"):
            assert (await stranger.get(path)).status_code == 404


async def test_the_key_in_the_address_becomes_a_cookie_once(running: Running) -> None:
    async with httpx.AsyncClient(base_url=running.url) as browser:
        assert (await browser.get("/", params={"key": "wrong"})).status_code == 401
        reply = await browser.get("/", params={"key": ACCESS_KEY})
        assert (reply.status_code, reply.headers["Location"]) == (303, "/")
        cookie = reply.headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert ACCESS_KEY not in cookie
        assert (await browser.get("/")).status_code == 200
        assert (await browser.get("/act/people")).status_code == 200
        assert (await browser.get("/page/main.js")).headers["Content-Type"].startswith("text/javascript")
        assert (await browser.get("/page/..%2Fapp.py")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/?key=of-another-start", "/results", "/dashboards", "/metrics-api"])
async def test_a_browser_without_the_key_is_told_in_words_what_opens(running: Running, path: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with httpx.AsyncClient(base_url=running.url) as stranger:
        reply = await stranger.get(path, headers=browser)
        assert (reply.status_code, reply.headers["Content-Type"]) == (401, "text/plain; charset=utf-8")
        for said in ("open the address that was printed", "open het adres dat"):
            assert said in reply.text
        assert "detail" in (await stranger.get(path)).json()


async def test_every_token_reads_the_clock_and_one_scope_moves_it(running: Running) -> None:
    async with httpx.AsyncClient(base_url=running.url) as client:
        before = datetime.fromisoformat((await client.get("/clock", headers=bearer(CLOCK_READER))).json()["now"])
        moved = await client.post("/clock", headers=bearer(CLOCK_WRITER), json={"advance_seconds": 86_400})
        assert datetime.fromisoformat(moved.json()["now"]) - before >= timedelta(days=1)
        assert (
            await client.post("/clock", headers=bearer(CLOCK_READER), json={"advance_seconds": 1})
        ).status_code == 403
        assert (await client.get("/clock", headers=bearer("unknown"))).status_code == 401
        back = await client.post("/clock", headers=bearer(CLOCK_WRITER), json={"now": before.isoformat()})
        assert back.status_code == 409
        assert "never goes backwards" in back.json()["detail"]
        for nonsense in ({}, {"now": "2030-01-01T00:00:00"}, {"advance_seconds": -5}, {"now": None}):
            assert (await client.post("/clock", headers=bearer(CLOCK_WRITER), json=nonsense)).status_code == 422


async def test_logs_and_inspector_know_no_content(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    click = await post_question(running)
    await running.act.post("/act/click", json=click | {"wait_seconds": 30})
    await running.act.post("/act/say", json={"user": "U1", "channel": click["channel"], "text": "geheime tekst"})
    seen = (await running.act.get("/act/requests")).json()["requests"]
    assert [request["what"] for request in seen][:2] == ["chat.postMessage", "response_url"]
    ours = [record for record in caplog.records if record.name.startswith(("sandbox", "uvicorn"))]
    for words in (*(record.getMessage() for record in ours), str(seen)):
        for content in ("q1=", "question-1", "answer:", "Vraag", "geheime", "xoxb"):
            assert content not in words
