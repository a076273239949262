"""The door of the gateway: who calls, how often, and how much it sends, before anything of a body is read."""

import asyncio
from collections.abc import Mapping
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.ingest.gateway.rates import Rates
from services.ingest.telemetry import GATEWAY_REQUESTS, GATEWAY_SECONDS
from services.runtime import tokens
from services.runtime.access import permitted
from services.runtime.problems import Problem, answer
from services.runtime.tokens import TokenFile

LARGEST_BODY: Final = 64 * 1024
"""Bytes; the longest valid draft in both languages, escaped as badly as JSON can, is below."""

READ_SECONDS: Final = 10.0


class Door:
    """Wraps the application. ``scopes`` names the paths that it guards, each with the scopes of which one is enough."""

    def __init__(
        self, app: ASGIApp, known: TokenFile, scopes: Mapping[str, frozenset[tokens.Scope]], rates: Rates
    ) -> None:
        self._app = app
        self._tokens = known
        self._scopes = scopes
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in with its body read, or answer with a problem."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path not in self._scopes:
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            body = await self._let_in(scope, receive)
            await self._app(scope, _replay(body, receive), counted)
        except Problem as problem:
            await answer(problem)(scope, receive, counted)
        finally:
            GATEWAY_REQUESTS.labels(path, str(status)).inc()
            GATEWAY_SECONDS.labels(path).observe(perf_counter() - began)

    async def _let_in(self, scope: Scope, receive: Receive) -> bytes:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        secret = tokens.bearer(headers.get(b"authorization", b"").decode("latin-1"))
        token = permitted(self._tokens.owner_of(secret) if secret else None, self._scopes[scope["path"]])
        wait = self._rates.take(token.name)
        if wait:
            raise Problem(
                429,
                "too-many-requests",
                "Too many requests",
                f"This token has sent too much; go on in {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        scope.setdefault("state", {})["caller"] = token.name
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > LARGEST_BODY:
            raise _too_large()
        try:
            return await asyncio.wait_for(_read(receive), READ_SECONDS)
        except TimeoutError:
            raise Problem(408, "too-slow", "Too slow", f"The body took over {READ_SECONDS:.0f} s to arrive.") from None


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return body
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _too_large()
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message


def _too_large() -> Problem:
    return Problem(
        413,
        "too-large",
        "Too large",
        f"A report has at most {LARGEST_BODY:,} bytes. Send reports one by one.",
        headers={"Connection": "close"},  # the rest of the body is not read
    )
