"""The page's files, behind the access key."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import FileResponse, Response

from sandbox.slack.access import Access
from sandbox.slack.wire import json_response

_FOLDER: Final = Path(__file__).parent / "page"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: https: http://127.0.0.1:* http://localhost:*; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def create_page_router(access: Access) -> APIRouter:
    """``/`` and ``/page/…``. ``/?key=…`` signs a browser in, and ``&to=…`` says where it goes then.

    ``POST /tickets`` gives ``{key}``, which opens once.
    """
    router = APIRouter()
    files = {path.name: path for path in _FOLDER.iterdir() if path.suffix in _TYPES}

    @router.get("/")
    async def index(request: Request, key: str = "", to: Literal["/", "/dashboards"] = "/") -> Response:
        if key:
            return access.sign_in(key, to)
        await access.require(request)
        return _file(files["index.html"])

    @router.post("/tickets", dependencies=[Depends(access.require)])
    async def ticket() -> Response:
        return json_response({"key": access.ticket()})

    @router.get("/page/{name}")
    async def part(request: Request, name: str) -> Response:
        await access.require(request)
        if name not in files:
            raise HTTPException(404, f"The page has no file {name}.")
        return _file(files[name])

    return router


def _file(path: Path) -> Response:
    return FileResponse(path, headers=PAGE_HEADERS, media_type=_TYPES[path.suffix])
