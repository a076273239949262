"""No producer is left behind by an attempt that fails, whatever it fails with."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from kafka.errors import KafkaConnectionError

from services.ingest.gateway import service
from services.ingest.needs import Needs
from services.ingest.settings import IngestSettings
from services.runtime import kafka
from services.runtime.causes import Cause
from services.runtime.settings import SettingsFault

FAULTS = [KafkaConnectionError(), SettingsFault("an empty file"), OSError(), ValueError(), TypeError()]


class Producers:
    """Which producers there are: those that were made and not ended."""

    def __init__(self) -> None:
        self.alive: list[object] = []

    def make(self, *_: object) -> object:
        self.alive.append(self)
        return self

    def end(self, producer: object, _seconds: float) -> None:
        self.alive.remove(producer)

    def partitions_for(self, _topic: str) -> set[int]:
        return {0}


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Producers]:
    made = Producers()
    monkeypatch.setattr(kafka, "producer", made.make)
    monkeypatch.setattr(kafka, "end_producer", made.end)
    yield made
    assert not made.alive


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_of_the_gateway(producers: Producers, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def fails(*_: object) -> None:
        raise fault

    monkeypatch.setattr(service, "lack", fails)
    with pytest.raises(type(fault)):
        service._connected(IngestSettings())


def test_of_the_gateway_without_rights(producers: Producers, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = Cause("a right is lacking", "give it")
    monkeypatch.setattr(service, "lack", lambda *_: lacking)
    assert service._connected(IngestSettings()) == lacking


def test_of_the_gateway_that_has_everything(producers: Producers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "lack", lambda *_: None)
    assert service._connected(IngestSettings()) is producers
    assert producers.alive == [producers]
    producers.alive.clear()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_of_the_consumer(producers: Producers, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def fails(*_: object) -> None:
        raise fault

    monkeypatch.setattr(kafka, "consumer", fails)
    with ExitStack() as stack:
        *_, (_, clients) = Needs(IngestSettings(), stack).attempts
        with pytest.raises(type(fault)):
            clients()
        assert not producers.alive, "it is ended at once, since the attempt is made again"


def test_of_the_consumer_at_its_end(producers: Producers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "consumer", lambda *_: None)
    with ExitStack() as stack:
        *_, (_, clients) = Needs(IngestSettings(), stack).attempts
        clients()
        assert producers.alive
