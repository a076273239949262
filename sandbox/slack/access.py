"""The access key of page and act API: a bearer token for programs, a cookie for browsers."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from fastapi import HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

COOKIE = "draagvlak_sandbox"
_YEAR_SECONDS = 365 * 86_400
_TICKET_SECONDS = 60.0
_FOR_PEOPLE = (
    "This page needs the sandbox's access key: open the address that was printed at its last start.\n"
    "Deze pagina vraagt om de sleutel van de sandbox: open het adres dat bij de laatste start is getoond.\n"
)


class Access:
    """Checks the key. The cookie holds a hash of it, is sent to this host only and never from another site."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._cookie = hashlib.sha256(b"cookie " + self._key).hexdigest().encode()
        self._tickets: dict[str, float] = {}

    def permits(self, request: Request) -> bool:
        """Whether a request carries the key."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return hmac.compare_digest(token.strip().encode(), self._key)
        return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), self._cookie)

    async def require(self, request: Request) -> None:
        """A FastAPI dependency: refuses with 401 what carries no key."""
        if not self.permits(request):
            raise HTTPException(401, "This needs the sandbox's access key.", {"WWW-Authenticate": "Bearer"})

    def ticket(self) -> str:
        """A key that opens once, within a minute: everybody on the machine can read what a browser is started with."""
        now, ticket = time.monotonic(), secrets.token_urlsafe(24)
        self._tickets = {known: until for known, until in self._tickets.items() if until > now}
        self._tickets[ticket] = now + _TICKET_SECONDS
        return ticket

    def sign_in(self, key: str, path: str) -> Response:
        """Swaps ``?key=`` for the cookie and leads to ``path``, so that the key leaves the address bar."""
        opens = self._tickets.pop(key, 0.0) > time.monotonic()
        if not opens and not hmac.compare_digest(key.encode(), self._key):
            raise HTTPException(401, "This access key is not the one of this sandbox.")
        response = RedirectResponse(path, status_code=303)
        response.set_cookie(
            COOKIE, self._cookie.decode(), max_age=_YEAR_SECONDS, httponly=True, samesite="strict", path="/"
        )
        return response


async def say_what_opens(request: Request, error: HTTPException) -> Response:
    """The answer to a request without the key: for a browser in words that help, for programs as JSON."""
    if "text/html" in request.headers.get("Accept", ""):
        return PlainTextResponse(_FOR_PEOPLE, error.status_code, error.headers)
    return await http_exception_handler(request, error)
