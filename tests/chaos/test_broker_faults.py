"""Brokers killed: the only one, and one of three."""

import time
from pathlib import Path

import pytest

from tests import kafka
from tests.chaos.conftest import PATIENCE, tell
from tests.chaos.counting import Ledger, Stream
from tests.integration.ingest.platform import Platform, platform, wait_until

pytestmark = [pytest.mark.needs("java", "maven"), pytest.mark.timeout(1_200)]

LOST_SECONDS = 20


def test_the_broker_killed_and_restarted(cluster: kafka.Cluster, there: Platform, ledger: Ledger) -> None:
    with there.running_ingest() as ingest, Stream(there, "restarted") as stream:
        wait_until(lambda: ledger.stored("restarted") > 100, "the first answers", PATIENCE)
        cluster.kill()
        before = stream.sent
        cluster.start()
        wait_until(lambda: ledger.stored("restarted") > before, "it goes on", PATIENCE)
        assert ingest.child.code() is None, ingest.log
        ledger.settle("restarted", stream.end())


def test_one_of_three_brokers_lost_for_20_seconds(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    settings = {"DRAAGVLAK_KAFKA_SESSION_TIMEOUT_MS": "6000", "DRAAGVLAK_KAFKA_REPLICATION_FACTOR": "3"}
    with (
        kafka.running(tmp_path / "kafka", 3) as cluster,
        platform(tmp_path, cluster.bootstrap, **settings) as there,
        there.running_ingest() as ingest,
        Stream(there, "one-of-three") as stream,
    ):
        ledger = Ledger(there, "one of three brokers lost for 20 seconds")
        wait_until(lambda: ledger.stored("one-of-three") > 100, "the first answers", PATIENCE)
        cluster.kill(1)
        back = time.monotonic() + LOST_SECONDS
        before = ledger.stored("one-of-three")
        wait_until(lambda: ledger.stored("one-of-three") > before + 400, "the other two go on", PATIENCE)
        meanwhile = ledger.stored("one-of-three") - before
        time.sleep(max(0.0, back - time.monotonic()))
        cluster.start()
        assert ingest.child.code() is None, ingest.log
        more = f"min.insync.replicas=2; {meanwhile:,} stored while it was away"
        ledger.settle("one-of-three", stream.end(), more=more)
        tell(request, ledger)
