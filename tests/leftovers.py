"""What a piece of work leaves behind in this process."""

import gc
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
from kafka.errors import KafkaError

from services.runtime import kafka
from services.runtime.settings import KafkaSettings


@contextmanager
def nothing_left() -> Iterator[None]:
    """Hold the block to leave no thread, and no file or socket that is open."""
    gc.collect()
    threads, files = set(threading.enumerate()), psutil.Process().num_fds()
    yield
    gc.collect()
    assert [thread.name for thread in threading.enumerate() if thread not in threads] == []
    assert psutil.Process().num_fds() <= files


def connect_in_vain(settings: KafkaSettings, caplog: pytest.LogCaptureFixture) -> None:
    """Make three clients of each kind, all at once, none of which can connect.

    Unheard: pytest keeps every log record, and with its error all that the failed attempt had.
    """
    attempts = (
        lambda: kafka.consumer(settings, "test", "test"),
        lambda: kafka.reader(settings, "test"),
        lambda: kafka.admin(settings, "test", 1.0),
        lambda: kafka.producer(settings, "test"),
    )
    with caplog.at_level(logging.CRITICAL, "kafka"), ThreadPoolExecutor(3 * len(attempts)) as pool:
        for failed in [pool.submit(attempt) for attempt in attempts for _ in range(3)]:
            with pytest.raises(KafkaError):
                failed.result()
