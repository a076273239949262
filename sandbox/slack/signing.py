"""Slack's request signature, version 0: HMAC-SHA256 over ``v0:timestamp:body``."""

from __future__ import annotations

import hashlib
import hmac


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of ``X-Slack-Signature`` for a body sent at ``timestamp`` (seconds since 1970)."""
    base = b"v0:%d:%b" % (timestamp, body)
    return f"v0={hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()}"


def signed_headers(secret: str, timestamp: int, body: bytes, content_type: str) -> dict[str, str]:
    """The headers with which Slack delivers a request to a bot."""
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (emulated workspace)",
        "X-Slack-Request-Timestamp": str(timestamp),
        "X-Slack-Signature": sign(secret, timestamp, body),
    }
