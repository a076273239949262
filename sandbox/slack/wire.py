"""What travels: JSON objects, and the errors of Slack's Web API and of the act API."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

Json = dict[str, Any]
"""A JSON object as Slack documents it; its shape is named where it is built."""


class SlackError(Exception):
    """A refusal of the Web API, with Slack's own error code.

    ``details`` are further fields of the reply (``needed``, ``provided``); ``messages`` go to
    ``response_metadata.messages`` as Slack does it; ``retry_after`` (seconds) turns the reply into HTTP 429, ``status``
    into another one than 200.
    """

    def __init__(
        self,
        code: str,
        *,
        messages: tuple[str, ...] = (),
        details: Json | None = None,
        retry_after: int | None = None,
        status: int = 200,
    ) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.details = details or {}
        self.retry_after = retry_after
        self.status = status

    def reply(self) -> Json:
        """The body that Slack would answer with."""
        body: Json = {"ok": False, "error": self.code, **self.details}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


class WorkspaceStartError(Exception):
    """The workspace cannot start; the text says what is wrong and what to do."""


def json_response(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer made by orjson (bytes inside ``orjson.Fragment`` are taken as they are)."""
    return Response(orjson.dumps(body), status, headers, "application/json; charset=utf-8")
