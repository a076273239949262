"""Errors of our HTTP interfaces: one JSON object each, as RFC 9457 describes."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MEDIA_TYPE: Final = "application/problem+json"

_TEXT: Final = {"type": "string"}
_HEADERS: Final = {
    401: ("WWW-Authenticate", "How to show a token."),
    429: ("Retry-After", "Seconds after which to go on."),
    503: ("Retry-After", "Seconds after which to send the same again."),
}


class ProblemDetails(BaseModel):
    """The body of an error; `valid` names what could have been asked for instead."""

    type: str
    title: str
    status: int
    detail: str
    valid: list[str] | None = None


class Problem(Exception):
    """An error on its way to the caller: what happened, with which value, and what to do."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        valid: Iterable[str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.details = ProblemDetails(
            type=f"urn:draagvlak:problem:{kind}",
            title=title,
            status=status,
            detail=detail,
            valid=None if valid is None else sorted(valid),
        )
        self.headers = headers


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route, for OpenAPI."""
    schema = {MEDIA_TYPE: {"schema": ProblemDetails.model_json_schema()}}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": schema,
            **(
                {"headers": {_HEADERS[status][0]: {"description": _HEADERS[status][1], "schema": _TEXT}}}
                if status in _HEADERS
                else {}
            ),
        }
        for status in statuses
    }


def register(application: FastAPI) -> None:
    """Answer every error of the application in this form."""

    @application.exception_handler(Problem)
    async def _problem(_request: Request, problem: Problem) -> JSONResponse:
        return answer(problem)

    @application.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors())
        return answer(Problem(422, "invalid-request", "Invalid request", faults))

    @application.exception_handler(HTTPException)
    async def _plain(_request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers) if error.headers else None
        return answer(Problem(error.status_code, "http", str(error.detail), str(error.detail), headers=headers))

    @application.exception_handler(Exception)
    async def _unforeseen(_request: Request, _error: Exception) -> JSONResponse:
        return answer(Problem(500, "internal", "Internal error", "Something went wrong here; the log says what."))


def answer(problem: Problem) -> JSONResponse:
    """The problem as a response."""
    return JSONResponse(
        problem.details.model_dump(exclude_none=True),
        status_code=problem.details.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )
