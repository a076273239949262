"""The copy of all releases that a request is answered from."""

from typing import Annotated

from fastapi import Depends, Request

from services.metrics.released.archive import Archive, Copy
from services.runtime.problems import Problem

RETRY_SECONDS = 5


def current(request: Request) -> Copy:
    """The latest copy; 503 while there has never been one, since ClickHouse has not answered yet."""
    archive: Archive = request.app.state.archive
    if archive.copy is None:
        raise Problem(
            503,
            "not-ready",
            "Not ready",
            "The releases have not been read from ClickHouse yet; try again shortly.",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    return archive.copy


CurrentCopy = Annotated[Copy, Depends(current)]
