"""SIGKILL of ingest at random moments, some of them inside an insert."""

import os
import signal
import time
from contextlib import closing
from random import Random

import pytest

from services.contracts.topics import TOPICS, TopicName
from tests.chaos.conftest import PATIENCE, tell
from tests.chaos.counting import Ledger
from tests.integration.ingest.events import answer
from tests.integration.ingest.platform import Ingest, Platform, Writer, wait_until
from tests.integration.ingest.wire_tap import Mode, WireTap

pytestmark = [pytest.mark.needs("java", "maven"), pytest.mark.timeout(1_500)]

PART = 300
"""Answers for each life of ingest."""


def kill(ingest: Ingest) -> None:
    """SIGKILL, as the kernel does it when memory is short."""
    pid = ingest.child.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: ingest.child.code() is not None, "it is dead")


def test_ingest_killed_at_random_moments(
    there: Platform, tap: WireTap, ledger: Ledger, pytestconfig: pytest.Config
) -> None:
    kills, inside, seed = pytestconfig.getoption("--kills"), 0, Random(20)
    tap.hold_seconds = 0.02  # an insert of this size takes about 20 ms: the random moment shall often find one
    settings = {"DRAAGVLAK_CLICKHOUSE_PORT": str(tap.port), "DRAAGVLAK_INGEST_FLUSH_ROWS": "20"}
    with closing(Writer(there.bootstrap)) as writer:
        for number in range(kills):
            for ballot in range(number * PART, (number + 1) * PART):
                writer.event(TopicName.ANSWERS, answer("killed", ballot), f"{ballot:032x}")
            writer.flush()
            with there.ingest(**settings) as ingest:
                before = tap.inserts
                wait_until(lambda: tap.inserts > before, "it stores again", PATIENCE)  # noqa: B023
                time.sleep(seed.uniform(0, 1.0))
                inside += tap.inside_an_insert
                kill(ingest)
    tap.hold_seconds = 0  # what a hundred short lives left unread shall not be stored twenty at a time
    with there.running_ingest(DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)):
        ledger.settle("killed", set(range(kills * PART)), more=f"{kills} kills, {inside} of them inside an insert")
    assert inside > 0, "no kill landed inside an insert"


BROKEN_MARK = "from services.ingest.tracker import LowWaterMark\nLowWaterMark.value = LowWaterMark.next"
"""Commits what was read, durable or not."""


def test_with_a_broken_low_water_mark_answers_are_lost_and_this_suite_sees_it(
    there: Platform, tap: WireTap, request: pytest.FixtureRequest
) -> None:
    ledger = Ledger(there, "a broken low-water mark")
    with closing(Writer(there.bootstrap)) as writer:
        for ballot in range(PART):
            writer.event(TopicName.ANSWERS, answer("mutant", ballot), f"{ballot:032x}")
        writer.flush()
        tap.set(Mode.SWALLOW)
        with there.ingest(patch=BROKEN_MARK, DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)) as ingest:
            wait_until(lambda: there.behind(writer) == 0, "it commits what is nowhere", PATIENCE)
            kill(ingest)
        with there.running_ingest():
            for partition in range(TOPICS[TopicName.ANSWERS].partitions):
                writer.event(TopicName.ANSWERS, answer("mutant", PART + partition), partition=partition)
            writer.flush()
            produced = set(range(PART + TOPICS[TopicName.ANSWERS].partitions))
            wait_until(lambda: there.behind(writer) == 0, "everything is committed", PATIENCE)
            with pytest.raises(AssertionError, match="are lost"):
                ledger.compare("mutant", produced)
    tell(request, ledger)
