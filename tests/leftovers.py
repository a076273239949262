"""What a piece of work leaves behind in this process."""

import gc
import logging
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import psutil
import pytest
from kafka.errors import KafkaError

from services.runtime import kafka
from services.runtime.settings import KafkaSettings

_PATIENCE: Final = 30.0
"""How long what was told to end may take for it, in seconds."""


@contextmanager
def nothing_left(*, files: bool = True) -> Iterator[None]:
    """Hold the block to leave no thread, and with ``files`` no file or socket that is open."""
    gc.collect()
    threads, most = set(threading.enumerate()), psutil.Process().num_fds() if files else sys.maxsize
    yield
    give_up = time.monotonic() + _PATIENCE
    while (left := _left(threads, most)) != ([], 0):
        assert time.monotonic() < give_up, f"threads and files that are left: {left}"
        time.sleep(0.05)


def _left(threads: set[threading.Thread], most: int) -> tuple[list[str], int]:
    """Threads that are not of these, by name, and how many files are open beyond so many."""
    gc.collect()
    names = [thread.name for thread in threading.enumerate() if thread not in threads]
    return names, max(0, psutil.Process().num_fds() - most)


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
