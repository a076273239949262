"""ClickHouse without disk: a small one of its own that a file fills."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import kafka
from tests.chaos.conftest import PATIENCE, tell
from tests.chaos.counting import Ledger, Stream
from tests.integration.ingest.platform import platform, wait_until

pytestmark = [pytest.mark.needs("java", "maven", "mount"), pytest.mark.timeout(1_200)]

DISK_MB = 260
"""The sandbox's store does not start with less than 200 MB free."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Leave not a byte."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(os.urandom(size))
            except OSError:
                continue


def test_a_full_disk(disk: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with (
        kafka.running(tmp_path / "kafka") as cluster,
        platform(tmp_path, cluster.bootstrap, disk / "store", DRAAGVLAK_KAFKA_SESSION_TIMEOUT_MS="3000") as there,
        there.running_ingest() as ingest,
        Stream(there, "full") as stream,
    ):
        ledger = Ledger(there, "a full disk")
        wait_until(lambda: ledger.stored("full") > 100, "the first answers", PATIENCE)

        def failing() -> bool:
            fill(disk / "ballast")  # the store gives room back when it tidies up
            return ingest.metric("draagvlak_ingest_retries_total") >= 4

        wait_until(failing, "inserts fail for want of disk", PATIENCE)
        assert "code 243" in ingest.log or "code 75" in ingest.log, ingest.log
        (disk / "ballast").unlink()
        retries = ingest.metric("draagvlak_ingest_retries_total")
        ledger.settle("full", stream.end(), more=f"{retries:.0f} flushes tried again")
        tell(request, ledger)
