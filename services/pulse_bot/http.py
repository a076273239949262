"""The bot's way out: one HTTP session, and the proxy for an address."""

from functools import cache
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)


def http_session() -> aiohttp.ClientSession:
    """The one session of a process, for the Web API and for replies; create it inside the running loop.

    It takes no proxy from the environment by itself: aiohttp would read the environment and a netrc file with every
    request. See ``proxy_for``.
    """
    return aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())


@cache
def _proxy(scheme: str, host: str) -> str | None:
    bypassed = host in {"127.0.0.1", "localhost", "::1"} or proxy_bypass(host)
    return None if bypassed else getproxies().get(scheme)


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this address, its exceptions heeded; looked up once for each host."""
    parts = urlsplit(url)
    return _proxy(parts.scheme, parts.hostname or "")
