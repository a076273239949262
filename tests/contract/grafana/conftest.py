"""Organisations that are served once for all tests; nothing changes them."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.contract.grafana.organisations import ORGANISATIONS, Organisation, served


@pytest.fixture(scope="package")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Organisation]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(served(copy(), tmp_path_factory.mktemp("tokens")))
            for name, copy in ORGANISATIONS.items()
        }
