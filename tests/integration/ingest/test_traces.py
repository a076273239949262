"""Traces through real processes: a system's report from its request to the durable row; of answers, nothing that leads
to one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from sandbox.stack.secret_files import Role
from services.contracts.topics import TopicName
from services.ingest.commands.dead_letters import dead_letters
from services.runtime.tracing.context import TraceContext, of_wave, parse
from tests.collector import Collector, Seen, collecting
from tests.integration.ingest.events import answer, opened
from tests.integration.ingest.platform import Ingest, Platform, Writer, wait_until
from tests.integration.ingest.test_gateway import Caller, newest_wave, tokens_file
from tests.kafka.reading import everything
from tests.unit.ingest.test_gateway_contents import OUTCOME

SYSTEM = TraceContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, sampled=True)


def ids(context: TraceContext) -> tuple[str, str]:
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


@dataclass
class Traced:
    """An ingest process that traces everything, and where its spans arrive."""

    ingest: Ingest
    collector: Collector
    there: Platform

    def flushes(self, context: TraceContext) -> list[Seen]:
        return [span for span in self.collector.named("ingest.flush") if ids(context) in span.links]

    def headers(self, topic: TopicName) -> list[tuple[bytes | None, list[tuple[str, bytes]]]]:
        """Key and headers of every record of a topic."""
        return [(record.key, list(record.headers)) for record in everything(self.there.bootstrap, topic)]


@pytest.fixture(scope="module")
def traced(there: Platform) -> Iterator[Traced]:
    writer = Writer(there.bootstrap)
    writer.event(TopicName.WAVES, newest_wave("newest"), "newest")
    writer.close()
    with (
        collecting() as collector,
        there.running_ingest(
            DRAAGVLAK_TRACING_URL=collector.url,
            DRAAGVLAK_TRACING_SHARE="1",
            DRAAGVLAK_TOKENS_FILE=str(tokens_file(there.folder)),
            DRAAGVLAK_LOG_LEVEL="debug",
        ) as ingest,
    ):
        wait_until(lambda: there.count("pulse_facts.waves", "newest"), "the round is stored")
        yield Traced(ingest, collector, there)


def test_a_report_is_followed_from_the_calling_system_to_the_durable_row(traced: Traced) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{traced.ingest.port}", timeout=30) as http:
        caller = Caller(http)
        done = http.post(
            "/v1/outcomes",
            json={**OUTCOME, "node_id": "care", "outcome_id": "traced-1"},
            headers={"Authorization": "Bearer both", "traceparent": SYSTEM.traceparent},
        )
        assert done.status_code == 202, done.text
        assert caller.outcome("not-traced-by-anyone").status_code == 202
    request = wait_until(
        lambda: next((s for s in traced.collector.named("request") if s.parent == ids(SYSTEM)[1]), None), "the request"
    )
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/outcomes",
        "http.response.status_code": 202,
    }
    (carried,) = (headers for key, headers in traced.headers(TopicName.OUTCOMES) if key == b"traced-1")
    assert [name for name, _ in carried] == ["traceparent"]
    context = parse(carried[0][1].decode())
    assert context is not None
    assert ids(context) == (ids(SYSTEM)[0], request.span_id)
    (flush,) = wait_until(lambda: traced.flushes(context), "the flush")
    inserts = wait_until(
        lambda: [s for s in traced.collector.named("ingest.insert") if s.parent == flush.span_id], "the insert"
    )
    assert {span.attributes["db.collection.name"] for span in inserts} == {"pulse_facts.outcomes"}
    line = next(
        json.loads(line)
        for line in traced.ingest.log.splitlines()
        if "a report is in Kafka" in line and ids(SYSTEM)[0] in line
    )
    assert line["span_id"] == request.span_id
    assert re.fullmatch(r"[0-9a-f-]{36}", line["event_id"])


def test_of_answers_a_trace_tells_that_ten_people_and_more_were_stored_and_nothing_leads_to_one(
    traced: Traced, writer: Writer
) -> None:
    writer.event(TopicName.WAVES, opened("many"), "many")
    writer.event(TopicName.WAVES, opened("few"), "few")
    writer.flush()
    wait_until(lambda: traced.there.count("pulse_facts.waves", "few"), "the rounds are stored")
    few = [answer("few", ballot) for ballot in range(1, 4)]
    for one in few:
        writer.event(TopicName.ANSWERS, one, one.ballot_id)
        writer.flush()
        wait_until(lambda: traced.there.behind(writer) == 0, "each is flushed by itself")
    many = [answer("many", ballot) for ballot in range(100, 400)]
    for one in many:
        writer.event(TopicName.ANSWERS, one, one.ballot_id)
    writer.flush()
    wait_until(lambda: traced.there.count("pulse_ballots.answers", "many") == 300, "the answers are stored")
    wait_until(lambda: traced.flushes(of_wave("many")), "a flush of many people")
    assert traced.there.count("pulse_ballots.answers", "few") == 3
    assert traced.flushes(of_wave("few")) == []
    for flush in traced.flushes(of_wave("many")):
        assert flush.attributes.keys() == {"draagvlak.rows"}
    assert all(headers == [] for _, headers in traced.headers(TopicName.ANSWERS))
    told = b"".join(traced.collector.raw) + traced.ingest.log.encode()
    for one in (*few, *many):
        assert one.ballot_id.encode() not in told
        assert str(one.event_id).encode() not in told
    for word in (b'"A1"', b'"A2"', b"offset", b"partition.id"):
        assert word not in b"".join(traced.collector.raw)


def test_what_cannot_be_understood_is_put_aside_with_a_trace_or_a_broken_one(traced: Traced, writer: Writer) -> None:
    wait_until(lambda: traced.there.behind(writer) == 0, "nothing else is on its way")
    producer = writer._producer
    for number, header in enumerate((SYSTEM.traceparent.encode(), b"\xff", b"00-0-0-0")):
        value = b'{"type":"outcome.of_the_future","version":%d}' % number
        producer.send(TopicName.OUTCOMES, key=b"future", value=value, headers=[("traceparent", header)]).get(30)

    def put_aside() -> list[list[tuple[str, bytes]]]:
        return [headers for key, headers in traced.headers(TopicName.DEAD_LETTERS) if key == b"future"]

    wait_until(lambda: len(put_aside()) >= 3, "three dead letters")
    letters = put_aside()
    assert {name for headers in letters for name, _ in headers} <= {"traceparent"}
    assert all(parse(value.decode()) is not None for headers in letters for _, value in headers)
    assert any(letters), "the flush that put them aside is a trace"
    wait_until(lambda: traced.flushes(SYSTEM), "the flush points at the trace of the record")
    code, said = traced.there.inside(
        dead_letters, Role.DEAD_LETTERS, "list", "--topic", TopicName.OUTCOMES.value, COLUMNS="200"
    )
    assert (code, said.count(TopicName.OUTCOMES.value) >= 1) == (0, True), said
