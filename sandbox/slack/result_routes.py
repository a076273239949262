"""What has been released, behind the access key: three pages, and the metrics API asked on a visitor's behalf."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from starlette.responses import FileResponse, HTMLResponse, Response

from sandbox import results
from sandbox.results.dashboards import SCRIPT, dashboards_page
from sandbox.results.documentation import documentation_page
from sandbox.results.model import unfinished
from sandbox.results.page import API_PATH, DASHBOARDS_PATH, PATH, results_page, trouble_page
from sandbox.results.previews import Previews
from sandbox.results.reader import MetricsReader, Unreadable
from sandbox.results.texts import WORDS
from sandbox.slack.access import Access
from sandbox.slack.feed import EventKind, Feed
from sandbox.slack.page_routes import PAGE_HEADERS
from sandbox.slack.wire import json_response
from services.contracts.base import Text, TextLanguage

_FOLDER: Final = Path(results.__file__).parent


@dataclass(frozen=True)
class Released:
    """The metrics API for a visitor, and the pictures that are drawn from it."""

    reader: MetricsReader
    previews: Previews


def create_result_router(released: Released | None, access: Access) -> APIRouter:
    """The routes; where nothing is connected the pages say so."""
    router = APIRouter(dependencies=[Depends(access.require)])
    _add_pages(router, released)
    if released is not None:
        _add_previews(router, released)
        _add_api(router, released.reader)

    @router.get(f"{PATH}/style.css")
    async def style() -> Response:
        return FileResponse(_FOLDER / "style.css", headers=PAGE_HEADERS, media_type="text/css; charset=utf-8")

    @router.get(SCRIPT)
    async def script() -> Response:
        return FileResponse(
            _FOLDER / "dashboards.js", headers=PAGE_HEADERS, media_type="text/javascript; charset=utf-8"
        )

    return router


def _add_pages(router: APIRouter, released: Released | None) -> None:
    async def page(
        request: Request, language: TextLanguage | None, make: Callable[[Released, TextLanguage], Awaitable[str]]
    ) -> Response:
        chosen = language or _preferred(request)
        if released is None:
            return HTMLResponse(trouble_page(WORDS[chosen].not_connected, chosen), 404, PAGE_HEADERS)
        try:
            return HTMLResponse(await make(released, chosen), headers=PAGE_HEADERS)
        except Unreadable as trouble:
            return HTMLResponse(trouble_page(WORDS[chosen].unreadable, chosen, trouble.why[chosen]), 503, PAGE_HEADERS)

    async def drawn(of: Released, language: TextLanguage) -> str:
        return results_page(await of.reader.results(language), language)

    async def pictured(of: Released, language: TextLanguage) -> str:
        waves = await of.reader.waves()
        standing = of.previews.look(language, waves, again=True)
        return dashboards_page(standing, language, released=any(wave.released for wave in waves))

    async def documented(of: Released, language: TextLanguage) -> str:
        reader = of.reader
        numbered = [wave.wave for wave in await reader.waves() if wave.released]
        return documentation_page(
            await reader.openapi(),
            url=reader.url,
            token_file=reader.token_file,
            last_wave=numbered[-1] if numbered else None,
            language=language,
        )

    @router.get(PATH)
    async def _results(request: Request, language: TextLanguage | None = None) -> Response:
        return await page(request, language, drawn)

    @router.get(DASHBOARDS_PATH)
    async def _dashboards(request: Request, language: TextLanguage | None = None) -> Response:
        return await page(request, language, pictured)

    @router.get(API_PATH)
    async def _documentation(request: Request, language: TextLanguage | None = None) -> Response:
        return await page(request, language, documented)


def _add_previews(router: APIRouter, released: Released) -> None:
    @router.get(f"{DASHBOARDS_PATH}/standing")
    async def _standing(language: TextLanguage) -> Response:
        """``{version, drawing, failed}`` of the pictures in a language; asked again and again by their page."""
        try:
            standing = released.previews.look(language, await released.reader.waves())
        except Unreadable as trouble:
            raise HTTPException(503, str(trouble)) from trouble
        return json_response(asdict(standing))

    @router.get(f"{DASHBOARDS_PATH}/{{name}}.png")
    async def _picture(name: str, language: TextLanguage) -> Response:
        drawn = released.previews.picture(language, name)
        if drawn is None:
            raise HTTPException(404, f"There is no picture of {name}.")
        return Response(drawn, headers=PAGE_HEADERS, media_type="image/png")


def _add_api(router: APIRouter, reader: MetricsReader) -> None:
    @router.get(f"{API_PATH}/{{path:path}}")
    async def asked(request: Request, path: str) -> Response:
        """The API's own answer. The visitor's token can read released numbers and nothing else."""
        try:
            answer = await reader.get(path, request.query_params.multi_items())
        except Unreadable as trouble:
            raise HTTPException(503, str(trouble)) from trouble
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return Response(answer.body, answer.status, headers, answer.content_type)


class ComingRound(BaseModel):
    """The round to come. It opens only once champions have approved it."""

    model_config = ConfigDict(extra="forbid")

    title: Text
    opens_at: AwareDatetime
    approved: bool


class Company(BaseModel):
    """What those tell who play the colleagues: until when all have answered who would, and the round to come."""

    model_config = ConfigDict(extra="forbid")

    answered_until: AwareDatetime
    next: ComingRound | None


def create_round_router(reader: MetricsReader | None, access: Access, feed: Feed) -> APIRouter:
    """``GET /act/round``: the round that is not finished, else the newest: ``{connected, round, company}``, where
    ``round`` is ``{wave, title, opens_at, closes_at, status}`` or null, and ``company`` what was last told by
    ``POST /act/company``, or null."""
    router = APIRouter(prefix="/act", dependencies=[Depends(access.require)])
    company: Company | None = None

    @router.post("/company")
    async def _company(told: Company) -> Response:
        nonlocal company
        company = told
        feed.publish(EventKind.ROUND, {})
        return json_response({})

    @router.get("/round")
    async def _round() -> Response:
        playing = None if company is None else company.model_dump(mode="json")
        if reader is None:
            return json_response({"connected": False, "round": None, "company": playing})
        try:
            wave = unfinished(await reader.waves())
        except Unreadable as trouble:
            raise HTTPException(503, str(trouble)) from trouble
        fields = {"wave", "title", "opens_at", "closes_at", "status"}
        shown = None if wave is None else wave.model_dump(mode="json", include=fields)
        return json_response({"connected": True, "round": shown, "company": playing})

    return router


def _preferred(request: Request) -> TextLanguage:
    asked = request.headers.get("Accept-Language", "").lower()
    return TextLanguage.NL if asked.startswith("nl") else TextLanguage.EN
