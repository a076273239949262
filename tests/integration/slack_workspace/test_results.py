"""Results and the metrics API beside the workspace: behind its key, with a token of the visitor's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from sandbox.results import previews
from sandbox.results.dashboards import dashboards_page
from sandbox.results.model import Wave
from sandbox.results.previews import Standing
from services.contracts.base import TextLanguage
from tests.integration.slack_workspace.conftest import (
    DIRECTORY,
    Running,
    free_socket,
    plain_server,
    running_workspace,
    serving,
)
from tests.integration.slack_workspace.stub_bot import question

TOKEN = "visitors-token"
WAVE = {
    "wave": "w1",
    "title": {"nl": "Ronde 1", "en": "Round 1"},
    "opens_at": "2026-01-05T08:00:00Z",
    "closes_at": "2026-01-12T08:00:00Z",
    "status": "released",
    "response_band": "70+ %",
}
NODES = [{"id": "organisation", "parent": None, "name": {"nl": "De Linde", "en": "De Linde"}}]

OPENAPI = {
    "paths": {
        "/v1/trends": {
            "get": {
                "description": "One row for every released wave, measure and team; oldest first.",
                "parameters": [{"name": "measure", "in": "query", "required": False, "description": "measures"}],
            }
        }
    }
}


class StubMetrics:
    """The metrics API's edge: it wants the token, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.waves: list[dict[str, Any]] = [WAVE]
        self.app = FastAPI()

        @self.app.get("/v1/{path:path}")
        async def answer(request: Request, path: str) -> Response:
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return JSONResponse({"title": "No valid token"}, 401)
            self.asked.append(str(request.url).partition("/v1/")[2])
            released = {"wave": "w1", "nodes": NODES}
            known = {"waves": self.waves, "releases/w1": released, "trends": self._points(), "openapi.json": OPENAPI}
            return JSONResponse(known[path]) if path in known else JSONResponse({"title": "Unknown"}, 404)

    def _points(self) -> list[dict[str, Any]]:
        shown = {
            "time": WAVE["closes_at"],
            "wave": "w1",
            "team": "organisation",
            "score": 36.9,
            "score_label": "36.9",
            "low": 33.9,
            "high": 39.9,
        }
        return [shown | {"measure": measure} for measure in ("resistance", "trust")]


def token_file(folder: Path, token: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(token)
    return folder / "token"


@asynccontextmanager
async def connected(folder: Path, metrics: StubMetrics, token: str = TOKEN, **more: Any) -> AsyncIterator[Running]:
    listening = free_socket()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = {"metrics_url": url, "metrics_token_file": token_file(folder, token)}
    async with serving(metrics.app, listening, plain_server), running_workspace(folder, **settings | more) as running:
        yield running


async def test_results_are_drawn_in_the_language_asked_for(tmp_path: Path) -> None:
    metrics = StubMetrics()
    async with connected(tmp_path, metrics) as running:
        page = await running.act.get("/results", headers={"Accept-Language": "nl-NL,nl;q=0.9"})
        assert page.status_code == 200
        assert "weerstand" in page.text
        assert "36,9" in page.text
        assert "script" not in page.headers["Content-Security-Policy"].replace("default-src", "")
        english = await running.act.get("/results", params={"language": "en"}, headers={"Accept-Language": "nl"})
        assert "resistance" in english.text
        documents = await running.act.get("/metrics-api", params={"language": "en"})
        assert "/v1/trends?measure=resistance" in documents.text
        assert TOKEN not in documents.text
        assert (await running.act.get("/results/style.css")).headers["Content-Type"].startswith("text/css")
    assert any(asked.startswith("trends?language=nl&measure=resistance&measure=trust") for asked in metrics.asked)


async def test_nothing_of_it_is_open_without_the_key(tmp_path: Path) -> None:
    metrics = StubMetrics()
    async with connected(tmp_path, metrics) as running, httpx.AsyncClient(base_url=running.url) as stranger:
        for path in (
            "/results",
            "/results/style.css",
            "/metrics-api",
            "/metrics-api/waves",
            "/dashboards",
            "/dashboards/standing?language=nl",
            "/dashboards/leadership.png?language=nl",
            "/dashboards/dashboards.js",
            "/act/round",
            "/act/roles",
        ):
            assert (await stranger.get(path)).status_code == 401, path
        assert (await stranger.post("/tickets")).status_code == 401
        assert (await stranger.get("/?key=wrong&to=/dashboards")).status_code == 401
    assert metrics.asked == []


async def test_the_api_is_asked_on_the_visitors_behalf_and_its_token_stays_here(tmp_path: Path) -> None:
    async with connected(tmp_path, StubMetrics()) as running:
        answer = await running.act.get("/metrics-api/trends", params=[("measure", "a b"), ("measure", "c")])
        assert answer.json()[0]["score"] == 36.9
        assert (await running.act.get("/metrics-api/no/such")).status_code == 404
        assert (await running.act.post("/metrics-api/waves")).status_code == 405
        for text in (answer.text, str(answer.headers)):
            assert TOKEN not in text


async def test_an_api_that_refuses_or_is_away_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path / "refused", StubMetrics(), token="wrong") as running:
        page = await running.act.get("/results?language=en")
        assert (page.status_code, "answers 401" in page.text) == (503, True)
    away = {"metrics_url": "http://127.0.0.1:9", "metrics_token_file": tmp_path / "refused" / "token"}
    async with running_workspace(tmp_path / "away", **away) as running:
        page = await running.act.get("/results?language=nl")
        assert (page.status_code, "nu niet te lezen" in page.text) == (503, True)
        assert "geeft geen antwoord (ClientConnectorError)" in page.text
        assert "does not answer" not in page.text
        assert (await running.act.get("/act/round")).status_code == 503
        assert (await running.act.get("/metrics-api/waves")).status_code == 503


def drawers() -> list[psutil.Process]:
    """The processes that draw for a workspace in this one."""
    return [child for child in psutil.Process().children() if "preview" in child.cmdline()]


async def drawn_or_not(running: Running, language: str = "en") -> dict[str, Any]:
    """How the pictures stand when nothing draws any more."""
    for _ in range(1_200):
        standing: dict[str, Any] = (await running.act.get(f"/dashboards/standing?language={language}")).json()
        if not standing["drawing"]:
            return standing
        await asyncio.sleep(0.1)
    raise AssertionError("it draws without end")


async def test_dashboards_that_cannot_be_drawn_say_so_and_are_tried_again_when_the_page_is_reloaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the page's language; why stands in the log alone."""
    metrics = StubMetrics()  # it has nothing that a dashboard asks for
    async with connected(tmp_path, metrics) as running:
        page = await running.act.get("/dashboards?language=en")
        assert "The dashboards are being drawn." in page.text
        failed = await drawn_or_not(running)
        assert failed == {"version": 0, "drawing": False, "failed": True}
        [why] = [record.getMessage() for record in caplog.records if record.name == "sandbox.results"]
        assert "A dashboard could not be drawn" in why
        assert TOKEN not in caplog.text
        asked = len(metrics.asked)
        assert await drawn_or_not(running) == failed, "a page that waits does not draw without end"
        assert len([one for one in metrics.asked[asked:] if one != "waves"]) == 0
        assert (await running.act.get("/dashboards/leadership.png?language=en")).status_code == 404
        page = await running.act.get("/dashboards?language=en")
        assert "The dashboards are being drawn." in page.text
        await drawn_or_not(running)
    assert len([one for one in metrics.asked[asked:] if one != "waves"]) > 0


async def test_a_drawing_that_ends_in_a_fault_of_ours_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing says then that no round was released yet."""

    def refuse(_pid: int) -> None:
        raise psutil.AccessDenied(1)

    async with connected(tmp_path, StubMetrics()) as running:
        monkeypatch.setattr(previews.psutil, "Process", refuse)
        await running.act.get("/dashboards?language=nl")
        assert await drawn_or_not(running, "nl") == {"version": 0, "drawing": False, "failed": True}
        page = dashboards_page(Standing(0, drawing=False, failed=True), TextLanguage.NL, released=True)
        assert "zijn nu niet te tekenen" in page.partition('id="standing"')[2].partition("</p>")[0].partition(">")[2]
    assert "AccessDenied" in caplog.text


async def test_pictures_that_cannot_be_removed_are_no_reason_to_hide_newer_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def draw(*_: object) -> None:
        return None

    def keep(_folder: Path) -> None:
        raise OSError(16, "Device or resource busy")

    drawn = previews.Previews("http://127.0.0.1:9", token_file(tmp_path, TOKEN), tmp_path / "previews")
    monkeypatch.setattr(drawn, "_run", draw)
    monkeypatch.setattr(previews.shutil, "rmtree", keep)
    monkeypatch.setattr(previews, "_FRESH_SECONDS", 0.0)
    waves = [Wave.model_validate(WAVE)]
    for version in (1, 2):
        drawn.look(TextLanguage.NL, waves, again=True)
        for _ in range(100):
            standing = drawn.look(TextLanguage.NL, waves)
            if not standing.drawing:
                break
            await asyncio.sleep(0)
        assert standing == Standing(version, drawing=False, failed=False)
    assert "Device or resource busy" in caplog.text


async def test_nothing_is_drawn_before_a_release_or_before_somebody_looks(tmp_path: Path) -> None:
    metrics = StubMetrics()
    metrics.waves = [WAVE | {"status": "open"}]
    async with connected(tmp_path, metrics) as running:
        page = await running.act.get("/dashboards?language=nl")
        assert "nog geen ronde afgerond" in page.text
        assert (await drawn_or_not(running))["version"] == 0
        metrics.waves = [WAVE]
        await running.act.get("/results?language=nl")
        assert drawers() == []
        standing = await running.act.get("/dashboards/standing?language=nl")
        assert standing.json() == {"version": 0, "drawing": True, "failed": False}, "no page need be loaded again"


async def test_what_draws_ends_with_the_workspace(tmp_path: Path) -> None:
    async with connected(tmp_path, StubMetrics()) as running:
        await running.act.get("/dashboards?language=en")
        async with asyncio.timeout(60):
            while not (drawing := drawers()):  # noqa: ASYNC110 - a process tells nobody that it is there
                await asyncio.sleep(0.01)
    assert not any(one.is_running() for one in drawing)


async def test_a_workspace_alone_has_no_round_and_no_results(running: Running) -> None:
    assert (await running.act.get("/act/round")).json() == {"connected": False, "round": None, "company": None}
    page = await running.act.get("/results?language=en")
    assert (page.status_code, "make demo" in page.text) == (404, True)


async def test_the_round_is_the_open_one(tmp_path: Path) -> None:
    metrics = StubMetrics()
    async with connected(tmp_path, metrics) as running:
        assert (await running.act.get("/act/round")).json()["round"]["status"] == "released"
        metrics.waves.append(WAVE | {"wave": "w2", "status": "open", "opens_at": "2026-01-19T08:00:00Z"})
        assert (await running.act.get("/act/round")).json()["round"]["wave"] == "w2"
        metrics.waves.clear()
        assert (await running.act.get("/act/round")).json() == {"connected": True, "round": None, "company": None}


async def test_who_plays_the_colleagues_tells_of_the_round_to_come(tmp_path: Path) -> None:
    coming = {"title": {"nl": "Ronde 2", "en": "Round 2"}, "opens_at": "2026-01-19T08:00:00Z", "approved": False}
    told = {"answered_until": "2026-01-12T09:00:00Z", "next": coming}
    async with connected(tmp_path, StubMetrics()) as running:
        assert (await running.act.post("/act/company", json=told | {"answered_by": "U1"})).status_code == 422
        assert (await running.act.get("/act/round")).json()["company"] is None
        assert (await running.act.post("/act/company", json=told)).status_code == 200
        assert (await running.act.get("/act/round")).json()["company"] == told
        async with httpx.AsyncClient(base_url=running.url) as stranger:
            assert (await stranger.post("/act/company", json=told)).status_code == 401


async def test_roles_are_people_with_a_question_before_them_and_a_champion(tmp_path: Path) -> None:
    champions = {"id": "S9", "handle": "champions", "users": ["U5", "U1"]}
    directory = DIRECTORY | {"usergroups": [*DIRECTORY["usergroups"], champions]}
    async with running_workspace(tmp_path, directory_content=directory) as running:

        async def roles(language: str) -> dict[str, Any]:
            found: dict[str, Any] = (await running.act.get("/act/roles", params={"language": language})).json()
            return found

        assert await roles("nl") == {"employee": "U2", "champion": "U1"}, "not the guest, the champion or who left"
        assert (await roles("en"))["employee"] == "U3"
        await running.api.chat_postMessage(channel="U3", text="Vraag", blocks=question(1))
        assert (await roles("nl"))["employee"] == "U3", "who has a question to answer comes first"
