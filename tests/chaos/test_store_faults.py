"""ClickHouse away, ClickHouse that stores and does not say so, ClickHouse without disk."""

import time

import pytest

from tests.chaos.conftest import PATIENCE
from tests.chaos.counting import Ledger, Stream
from tests.integration.ingest.platform import Platform, wait_until
from tests.integration.ingest.wire_tap import Mode, WireTap

pytestmark = [pytest.mark.needs("java", "maven"), pytest.mark.timeout(1_200)]

AWAY_SECONDS = 20


def test_clickhouse_refusing_for_20_seconds(there: Platform, tap: WireTap, ledger: Ledger) -> None:
    with there.running_ingest(DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)) as ingest, Stream(there, "refused") as stream:
        wait_until(lambda: ledger.stored("refused") > 100, "the first answers", PATIENCE)
        tap.set(Mode.REFUSE)
        wait_until(lambda: ingest.metric("draagvlak_ingest_retries_total") >= 1, "it tries again", PATIENCE)
        owed = "draagvlak_ingest_commit_age_seconds"
        wait_until(lambda: ingest.metric(owed) == 0, "what was stored before is committed", PATIENCE)
        committed = there.committed()
        time.sleep(AWAY_SECONDS)
        assert ingest.child.code() is None, ingest.log
        assert ingest.metric("draagvlak_ingest_partitions_held") > 0
        assert there.committed() == committed, "what is not stored is committed"
        wait_until(lambda: ingest.metric("draagvlak_ingest_retries_total") > 3, "it tries again and again", PATIENCE)
        tap.set(Mode.PASS)
        produced = stream.end()
        retries = ingest.metric("draagvlak_ingest_retries_total")
        ledger.settle("refused", produced, more=f"{retries:.0f} flushes tried again")


def test_clickhouse_failing_after_it_has_applied(there: Platform, tap: WireTap, ledger: Ledger) -> None:
    with there.running_ingest(DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)), Stream(there, "applied") as stream:
        wait_until(lambda: ledger.stored("applied") > 100, "the first answers", PATIENCE)
        lost, stored = tap.lost, ledger.stored("applied")
        tap.set(Mode.LOSE_ANSWERS)
        wait_until(lambda: tap.lost >= lost + 8, "eight answers are lost", PATIENCE)
        assert ledger.stored("applied") > stored, "nothing was applied meanwhile"
        tap.set(Mode.PASS)
        ledger.settle("applied", stream.end(), more=f"{tap.lost - lost} inserts applied without an answer")
