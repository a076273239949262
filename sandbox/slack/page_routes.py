"""The page's files, behind the access key."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from sandbox.slack.access import Access

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
    """``/`` and ``/page/…``. ``/?key=…`` signs a browser in."""
    router = APIRouter()
    files = {path.name: path for path in _FOLDER.iterdir() if path.suffix in _TYPES}

    @router.get("/")
    async def index(request: Request, key: str = "") -> Response:
        if key:
            return access.sign_in(key, "/")
        if not access.permits(request):
            return PlainTextResponse(
                "This page needs the sandbox's access key: open the address that was printed at its start.\n"
                "Deze pagina vraagt om de sleutel van de sandbox: open het adres dat bij het starten is getoond.\n",
                401,
            )
        return _file(files["index.html"])

    @router.get("/page/{name}")
    async def part(request: Request, name: str) -> Response:
        await access.require(request)
        if name not in files:
            raise HTTPException(404, f"The page has no file {name}.")
        return _file(files[name])

    return router


def _file(path: Path) -> Response:
    return FileResponse(path, headers=PAGE_HEADERS, media_type=_TYPES[path.suffix])
