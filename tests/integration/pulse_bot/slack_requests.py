"""Requests as Slack sends them, signed, and as nobody should."""

import hmac
import time
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson

from services.pulse_bot.manifest import PATH
from tests.integration.slack_workspace.conftest import SIGNING_SECRET

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def block_actions(person: str, value: str, action_id: str = "pulse.answer.1", **more: Any) -> dict[str, Any]:
    """A click on a button that carries ``value``."""
    return {
        "type": "block_actions",
        "user": {"id": person},
        "team": {"id": "T1"},
        "is_enterprise_install": False,
        "actions": [{"type": "button", "action_id": action_id, "block_id": "pulse.answers", "value": value}],
    } | more


def form(payload: Any) -> bytes:
    """An interaction's body."""
    return urlencode({"payload": orjson.dumps(payload)}).encode()


def signed(body: bytes, *, at: float | None = None, secret: str = SIGNING_SECRET, kind: str = FORM) -> dict[str, str]:
    """The headers of a body signed at ``at`` (wall time, seconds)."""
    timestamp = str(int(time.time() if at is None else at))
    signature = "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature, "Content-Type": kind}


async def deliver(client: httpx.AsyncClient, body: bytes, kind: str = FORM) -> httpx.Response:
    """A signed delivery."""
    return await client.post(PATH, content=body, headers=signed(body, kind=kind))
