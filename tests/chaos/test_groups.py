"""Consumers that join and leave, and a topic that is read again from its beginning."""

import time
from collections.abc import Sequence
from contextlib import ExitStack

import pytest
import uvicorn
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from sandbox.stack.secret_files import Role
from services.ingest import process
from services.ingest.heartbeat import Heartbeat
from services.ingest.settings import IngestSettings
from tests.chaos.conftest import PATIENCE
from tests.chaos.counting import Ledger, Stream
from tests.integration.ingest.platform import Platform, wait_until

pytestmark = [pytest.mark.needs("java", "maven"), pytest.mark.timeout(1_200)]

JOINS = 10
SECOND = 1.0


class Member:
    """The consumer of ingest in a thread of this process: it joins at once, where a process would first be read in."""

    def __init__(self, there: Platform) -> None:
        environment = there.environment(Role.INGEST)
        names = {f"DRAAGVLAK_{name.upper()}": name for name in IngestSettings.model_fields}
        settings = IngestSettings(**{names[name]: value for name, value in environment.items() if name in names})
        self._heartbeat = Heartbeat()
        self._ingest = process.Ingest(settings, self._heartbeat)
        self._ingest.start(uvicorn.Server(uvicorn.Config(process.application(self._heartbeat))))
        self.took_part = False

    def look(self) -> bool:
        """Whether it has had partitions, as of now."""
        assert self._ingest.failure is None, self._ingest.failure
        self.took_part = self.took_part or self._heartbeat.ready() is None
        return self.took_part

    def leave(self) -> None:
        """Flush, commit, leave the group."""
        self._ingest.end()
        assert self._ingest.failure is None, self._ingest.failure


def test_consumers_joining_and_leaving_every_second(there: Platform, ledger: Ledger) -> None:
    with Stream(there, "moving", 400) as stream, ExitStack() as stack:
        members: list[Member] = []
        took_part = 0
        for number in range(JOINS):
            joined = Member(there)
            stack.callback(joined.leave)
            members.append(joined)
            wait_until_over(time.monotonic() + SECOND, members)
            if len(members) == 3:
                leaving = members.pop(0)
                if number % 4:  # the others leave while they may still be joining
                    wait_until(leaving.look, "one has had partitions", PATIENCE)
                leaving.leave()
                took_part += leaving.took_part
        wait_until(lambda: any(member.look() for member in members), "one of the last has partitions", PATIENCE)
        ledger.settle("moving", stream.end(), more=f"{JOINS} joined; {took_part} had partitions and left")
    assert took_part >= JOINS // 2, "hardly anybody was there long enough to take part"


def wait_until_over(end: float, members: Sequence[Member]) -> None:
    """Look at the members until the time has come."""
    while time.monotonic() < end:
        for member in members:
            member.look()
        time.sleep(0.02)


def test_the_same_topics_read_again_from_offset_0(there: Platform, ledger: Ledger) -> None:
    tables = ("answers", "withdrawals", "comments", "invited", "unit_counts", "dead_letters")
    facts = ("waves", "nodes", "wave_closes", "wave_ends", "outcomes", "announcements")
    names = [f"pulse_ballots.{name}" for name in tables] + [f"pulse_facts.{name}" for name in facts]

    def contents() -> list[tuple[object, ...]]:
        return [there.rows(f"SELECT '{name}', count(), sum(cityHash64(*)) FROM {name} FINAL")[0] for name in names]

    with there.running_ingest():
        with Stream(there, "again", 500) as stream:
            wait_until(lambda: stream.sent > 1_000, "a thousand answers", PATIENCE)
            produced = stream.end()
        wait_until(lambda: ledger.stored("again") == len(produced), "all are stored", PATIENCE)
    ends = dict(there.committed())
    before, read = contents(), sum(ends.values())
    back = {place: OffsetAndMetadata(0, "", -1) for place in ends}
    there.admin.alter_group_offsets("pulse-ingest", back)
    assert sum(there.committed().values()) == 0
    with there.running_ingest():
        wait_until(lambda: _reached(there, ends), "everything is read again", PATIENCE)
    assert contents() == before
    ledger.settle("again", produced, more=f"{read:,} records of the topics read again changed nothing")


def _reached(there: Platform, ends: dict[TopicPartition, int]) -> bool:
    committed = there.committed()
    return all(committed.get(place, 0) >= end for place, end in ends.items())
