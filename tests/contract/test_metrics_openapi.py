"""The metrics API keeps to its OpenAPI description, whatever it is asked: no 5xx, no answer that is not described."""

from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
import schemathesis
import yaml
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sandbox.published import StillArchive
from services.metrics.routes.application import create_app
from services.runtime.tokens import TokenFile
from tests.unit.metrics.published_copy import whole_copy

HEADERS = {"Authorization": "Bearer reader"}
EXAMPLES = 25
"""Questions to each of the endpoints."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    path = tmp_path_factory.mktemp("tokens") / "tokens.yaml"
    entry = {"name": "reader", "sha256": sha256(b"reader").hexdigest(), "scopes": ["metrics:read"]}
    Path(path).write_text(yaml.safe_dump([entry]), encoding="utf-8")
    return create_app(StillArchive(whole_copy()), TokenFile(path))


@pytest.fixture(scope="module")
def described(application: FastAPI) -> schemathesis.schemas.BaseSchema:
    return schemathesis.openapi.from_asgi("/v1/openapi.json", application, headers=HEADERS)


def test_every_answer_to_anything_is_one_that_is_described(described: schemathesis.schemas.BaseSchema) -> None:
    answers = Counter[int]()
    for found in described.get_all_operations():
        asked = found.ok().as_strategy()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=asked)
        def ask(case: Case) -> None:
            answer = case.call_and_validate(headers=HEADERS, checks=CHECKS)
            answers[answer.status_code] += 1

        ask()
    assert {200, 404, 422} <= set(answers), "good and bad questions were asked"
