"""The arguments of a Web API call: query, form or JSON, read with Slack's own refusals."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

from sandbox.slack.limits import REQUEST_BYTES
from sandbox.slack.wire import Json, SlackError

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_TRUE = frozenset({"true", "1"})


class Arguments:
    """Named arguments. Lists and objects may have come as JSON or as JSON inside a form field."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    @classmethod
    async def of(cls, request: Request) -> Arguments:
        """Reads them from a request; raises Slack's errors for a body that cannot be read."""
        values: Json = dict(request.query_params)
        if request.method == "POST":
            body = await request.body()
            if len(body) > REQUEST_BYTES:
                raise SlackError("request_too_large")
            content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            values |= await _body_values(request, body, content_type)
        return cls(values)

    def has(self, name: str) -> bool:
        """Whether the argument was given and is not null."""
        return self.values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A string; ``invalid_arguments`` when it is missing and has no default."""
        value = self.values.get(name)
        if value is None or value == "":
            if default is None:
                raise missing(name)
            return default
        if not isinstance(value, str | int | float):
            raise invalid(f"must be a string [json-pointer:/{name}]")
        return str(value)

    def flag(self, name: str) -> bool:
        """A boolean, false when missing."""
        return str(self.values.get(name, "")).lower() in _TRUE

    def number(self, name: str, default: int, maximum: int) -> int:
        """A whole number from 1 to ``maximum``; ``invalid_limit`` outside of it."""
        if not self.has(name) or self.values[name] == "":
            return default
        try:
            number = int(self.values[name])
        except (TypeError, ValueError) as error:
            raise SlackError("invalid_limit") from error
        if not 1 <= number <= maximum:
            raise SlackError("invalid_limit")
        return number

    def json(self, name: str) -> Any:
        """A list or object, parsed if it came as text; none when missing."""
        value = self.values.get(name)
        if isinstance(value, str):
            if not value:
                return None
            try:
                return orjson.loads(value)
            except orjson.JSONDecodeError as error:
                raise invalid(f"must be valid JSON [json-pointer:/{name}]") from error
        return value


def missing(name: str) -> SlackError:
    """The refusal of a call that lacks a required argument."""
    return invalid(f"missing required field: {name}")


def invalid(what: str) -> SlackError:
    """The refusal of a call whose arguments do not fit."""
    return SlackError("invalid_arguments", messages=(f"[ERROR] {what}",))


def page_of(items: Sequence[Any], arguments: Arguments, limit: int) -> tuple[Sequence[Any], Json]:
    """One page of a list by cursor, and the ``response_metadata`` that leads to the next."""
    start = _cursor_position(arguments.text("cursor", ""))
    end = start + limit
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return items[start:end], {"next_cursor": following}


def _cursor_position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        kind, _, position = base64.b64decode(cursor, validate=True).decode().partition(":")
        if kind == "next":
            return int(position)
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise SlackError("invalid_cursor") from error
    raise SlackError("invalid_cursor")


async def _body_values(request: Request, body: bytes, content_type: str) -> Json:
    if content_type == "application/json":
        try:
            content = orjson.loads(body or b"{}")
        except orjson.JSONDecodeError as error:
            raise SlackError("invalid_json") from error
        if not isinstance(content, dict):
            raise SlackError("json_not_object")
        return content
    if content_type in {_FORM, "", "text/plain"}:
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True))
        except ValueError as error:
            raise SlackError("invalid_form_data") from error
    if content_type == _MULTIPART:
        try:
            form = await request.form()
        except HTTPException as error:
            raise SlackError("invalid_form_data") from error
        return {name: value for name, value in form.items() if isinstance(value, str)}
    raise SlackError("invalid_post_type")
