"""Where the content of uploads comes in, and where the page fetches it."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.slack.access import Access
from sandbox.slack.limits import FILE_BYTES
from sandbox.slack.requests_seen import Direction
from sandbox.slack.workspace import Workspace

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=3600",
}


def file_routes(workspace: Workspace, access: Access) -> list[Route]:
    """``POST /upload/…``, whose address is the secret, and ``GET /files/…`` for who has the access key."""

    async def upload(request: Request) -> Response:
        content = await _content(request)
        file = await asyncio.to_thread(workspace.files.receive, request.path_params["secret"], content)
        workspace.requests_seen.add(Direction.FROM_BOT, "upload", "ok" if file else "refused", 0.0)
        if file is None:
            return PlainTextResponse("the address is unknown or used, or the length is another", 404)
        return PlainTextResponse(f"OK - {len(content)}")

    async def download(request: Request) -> Response:
        await access.require(request)
        file = workspace.files.find(request.path_params["file"])
        path = workspace.files.path(request.path_params["file"])
        if file is None or path is None:
            raise HTTPException(404, "There is no such file.")
        shown = "inline" if file.is_image else "attachment"
        return FileResponse(
            path, headers=_HEADERS, media_type=file.media_type, filename=file.name, content_disposition_type=shown
        )

    return [
        Route("/upload/{secret}", upload, methods=["POST"]),
        Route("/files/{file}", download, methods=["GET"]),
    ]


async def _content(request: Request) -> bytes:
    """The bytes of the body, or of the one file of a form."""
    if request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            for value in form.values():
                if not isinstance(value, str):
                    return await value.read()
        return b""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FILE_BYTES:
            raise HTTPException(413, "The file is too large.")
    return bytes(body)
