"""The page in a browser: everything that is waited for ends when it is there, so the limits are wide."""

from collections.abc import Iterator

import pytest
from playwright import async_api, sync_api

LONGEST_MS = 60_000


@pytest.fixture(autouse=True, scope="session")
def patience() -> Iterator[None]:
    """How long an expectation may take to come true: a browser beside a container build is slow."""
    for api in (async_api, sync_api):
        api.expect.set_options(timeout=LONGEST_MS)
    yield
    for api in (async_api, sync_api):
        api.expect.set_options(timeout=None)
