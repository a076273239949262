"""One broker and one store for a module of tests; every test has waves of its own."""

from collections.abc import Iterator

import pytest

from tests.integration.ingest.platform import Platform, Writer, platform


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A broker and a store with topics and tables."""
    with platform(tmp_path_factory.mktemp("platform")) as built:
        yield built


@pytest.fixture
def writer(there: Platform) -> Iterator[Writer]:
    """Writes records to the broker."""
    writing = Writer(there.bootstrap)
    yield writing
    writing.close()
