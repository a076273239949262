"""Load that is more than a service can take is refused at once, kindly, instead of making everybody wait."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from services.runtime.problems import Problem, answer

RETRY_SECONDS: Final = 1


class Shedding:
    """Lets ``at_once`` requests be worked on; one more gets 503 with Retry-After. Health is always answered."""

    def __init__(self, app: ASGIApp, at_once: int) -> None:
        self._app = app
        self._at_once = at_once
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Work on the request, or refuse it without looking at it."""
        if scope["type"] != "http" or scope["path"].startswith("/healthz/"):
            await self._app(scope, receive, send)
            return
        if self._under_way >= self._at_once:
            refusal = Problem(
                503,
                "busy",
                "Busy",
                f"{self._at_once} requests are being worked on; ask again in {RETRY_SECONDS} s.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
            await answer(refusal)(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1
