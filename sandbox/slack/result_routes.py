"""What has been released, behind the access key: two pages, and the metrics API asked on a visitor's behalf."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from starlette.responses import FileResponse, HTMLResponse, Response

from sandbox import results
from sandbox.results.documentation import documentation_page
from sandbox.results.model import unfinished
from sandbox.results.page import API_PATH, PATH, results_page, trouble_page
from sandbox.results.reader import MetricsReader, Unreadable
from sandbox.results.texts import WORDS
from sandbox.slack.access import Access
from sandbox.slack.feed import EventKind, Feed
from sandbox.slack.page_routes import PAGE_HEADERS
from sandbox.slack.wire import json_response
from services.contracts.base import Text, TextLanguage

_STYLE: Final = Path(results.__file__).parent / "style.css"


def create_result_router(reader: MetricsReader | None, access: Access) -> APIRouter:
    """The routes; without a reader the pages say that nothing is connected."""
    router = APIRouter(dependencies=[Depends(access.require)])
    _add_pages(router, reader)
    if reader is not None:
        _add_api(router, reader)

    @router.get(f"{PATH}/style.css")
    async def style() -> Response:
        return FileResponse(_STYLE, headers=PAGE_HEADERS, media_type="text/css; charset=utf-8")

    return router


def _add_pages(router: APIRouter, reader: MetricsReader | None) -> None:
    async def page(
        request: Request, language: TextLanguage | None, make: Callable[[MetricsReader, TextLanguage], Awaitable[str]]
    ) -> Response:
        chosen = language or _preferred(request)
        if reader is None:
            return HTMLResponse(trouble_page(WORDS[chosen].not_connected, chosen), 404, PAGE_HEADERS)
        try:
            return HTMLResponse(await make(reader, chosen), headers=PAGE_HEADERS)
        except Unreadable as trouble:
            return HTMLResponse(trouble_page(WORDS[chosen].unreadable, chosen, str(trouble)), 503, PAGE_HEADERS)

    async def drawn(reader: MetricsReader, language: TextLanguage) -> str:
        return results_page(await reader.results(language), language)

    async def documented(reader: MetricsReader, language: TextLanguage) -> str:
        released = [wave.wave for wave in await reader.waves() if wave.released]
        return documentation_page(
            await reader.openapi(),
            url=reader.url,
            token_file=reader.token_file,
            last_wave=released[-1] if released else None,
            language=language,
        )

    @router.get(PATH)
    async def _results(request: Request, language: TextLanguage | None = None) -> Response:
        return await page(request, language, drawn)

    @router.get(API_PATH)
    async def _documentation(request: Request, language: TextLanguage | None = None) -> Response:
        return await page(request, language, documented)


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
