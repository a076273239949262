"""Spans of HTTP requests: by route, method and status; never by what was asked for, and never by who asked."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.tracing import spans
from services.runtime.tracing.context import parse
from services.runtime.tracing.names import Attribute, SpanName

_HEALTH = "/healthz/"


class Traced:
    """Wraps an application that serves systems and dashboards. Not for the bot: a request there is a person."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve within a span, below that of the caller where it tells one."""
        if scope["type"] != "http" or not spans.enabled() or scope["path"].startswith(_HEALTH):
            await self._app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with spans.span(SpanName.REQUEST, parent=parse(told)) as span:
            span.tell(Attribute.METHOD, scope["method"])

            async def seen(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.tell(Attribute.STATUS, message["status"])
                await send(message)

            try:
                await self._app(scope, receive, seen)
            finally:
                span.tell(Attribute.ROUTE, getattr(scope.get("route"), "path", "none"))
