"""Tracing tells when and how long, of waves and of ten people and more; it leads to no answer and from none."""

import ast
import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from kafka.consumer.fetcher import ConsumerRecord
from opentelemetry.sdk.trace import TracerProvider

import services
from sandbox.processes.ports import free_port
from services.contracts.topics import TopicName
from services.ingest.batch import Batch
from services.ingest.decode import Decoded, decode
from services.ingest.tracing import of_flush
from services.ingest.tracker import LowWaterMark
from services.ingest.waves import KnownWaves
from services.pulse_bot.answers.crowd import Crowds
from services.pulse_bot.answers.values import Person
from services.runtime import logs, serving
from services.runtime.metric_names.kinds import Service
from services.runtime.settings import RuntimeSettings, SettingsFault
from services.runtime.tracing import spans, starting
from services.runtime.tracing.context import TraceContext, of_wave, parse
from services.runtime.tracing.exporting import OtlpTracer, exporter_to
from services.runtime.tracing.names import FEWEST_PEOPLE, Attribute, SpanName, band
from services.runtime.tracing.records import HEADER, TRACED, carried, headers
from services.runtime.tracing.requests import Traced
from tests.collector import Collector, traced
from tests.unit.ingest.fakes import FakeFacts, answer
from tests.unit.test_metric_names import NARROWING, TELLING

SOMEWHERE = TraceContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, sampled=True)


@contextmanager
def watched(service: Service = Service.INGEST, share: float = 1.0) -> Iterator[Collector]:
    """Everything is traced to a collector; it has got all when the block has ended."""
    with traced(service, share) as (tracer, collector):
        yield collector
        tracer.flush()


def ids(context: TraceContext) -> tuple[str, str]:
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


# What leads to an answer: nothing.


def test_every_topic_is_decided_on() -> None:
    assert set(TopicName) - TRACED == {TopicName.ANSWERS, TopicName.COMMENTS}


@pytest.mark.parametrize("topic", [TopicName.ANSWERS, TopicName.COMMENTS])
def test_a_record_with_a_person_behind_it_carries_no_trace_whatever_span_it_is_written_in(topic: TopicName) -> None:
    with watched(), spans.span(SpanName.WAVE_OPEN, identity=of_wave("w")):
        assert spans.current() == of_wave("w")
        assert headers(topic) == []
        assert headers(TopicName.WAVES) == [(HEADER, of_wave("w").traceparent.encode())]


def test_headers_of_records_come_from_the_one_place_that_asks_for_the_topic() -> None:
    senders = []
    for path in Path("services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "send"):
                continue
            for keyword in node.keywords:
                if keyword.arg == "headers":
                    call = keyword.value
                    assert isinstance(call, ast.Call), path
                    assert getattr(call.func, "id", "") == "headers", path
                    senders.append(path.name)
    assert sorted(senders) == ["letters.py", "outbox.py", "records.py"]


def test_nobody_makes_spans_beside_us() -> None:
    importing = {
        str(path)
        for path in Path("services").rglob("*.py")
        if "opentelemetry" in path.read_text(encoding="utf-8").replace('"opentelemetry"', "")
    }
    assert importing == {"services/runtime/tracing/exporting.py"}
    from opentelemetry import trace  # noqa: PLC0415

    with watched():
        assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"


def test_names_of_spans_and_attributes_can_hold_nobody() -> None:
    for attribute in Attribute:
        words = attribute.value.replace("draagvlak.", "").replace("http.request", "").split(".")
        assert not set(words) & (set(TELLING) | set(NARROWING)) - {"wave"}, attribute
    assert not any("click" in name.value or "answer" in name.value for name in SpanName if name != "answers.stored")


# Of ten people and more.


def batch_of(*ballots: int, wave: str = "w") -> Batch:
    batch, mark = Batch(0.0), LowWaterMark()
    for offset, ballot in enumerate(ballots):
        mark.received(offset)
        record = of_topic(TopicName.ANSWERS, answer(ballot, wave), offset, key=f"{ballot:032x}".encode())
        decoded = decode(record, KnownWaves(FakeFacts(), lambda: 0.0))
        assert isinstance(decoded, Decoded), decoded
        batch.add(record, decoded, mark)
    return batch


def of_topic(
    topic: TopicName, value: bytes, offset: int = 0, *, key: bytes = b"k", carrying: tuple[tuple[str, bytes], ...] = ()
) -> ConsumerRecord:
    return ConsumerRecord(str(topic), 7, -1, 4711 + offset, 0, 0, key, value, list(carrying), None, -1, -1, -1)


def flushed(batch: Batch, share: float = 1.0) -> Collector:
    with watched(share=share) as collector, of_flush(batch):
        with spans.below(SpanName.INSERT) as span:
            span.tell(Attribute.TABLE, "pulse_ballots.answers")
        assert bool(headers(TopicName.DEAD_LETTERS)) is (spans.current() is not None)
    return collector


@pytest.mark.parametrize("ballots", [range(1), range(FEWEST_PEOPLE - 1), [3] * 50])
def test_a_flush_of_fewer_than_ten_people_has_no_span_and_nothing_in_it_has(ballots: list[int]) -> None:
    assert flushed(batch_of(*ballots)).spans == []


def test_a_flush_of_ten_people_is_linked_to_their_wave_and_tells_no_place_and_no_number() -> None:
    collector = flushed(batch_of(*range(FEWEST_PEOPLE)))
    insert, flush = sorted(collector.spans, key=lambda span: span.name, reverse=True)
    assert (flush.name, insert.name, insert.parent) == ("ingest.flush", "ingest.insert", flush.span_id)
    assert flush.links == {ids(of_wave("w"))}
    assert flush.attributes == {"draagvlak.rows": "10+"}
    assert insert.attributes == {"db.collection.name": "pulse_ballots.answers"}
    sent = b"".join(collector.raw)
    assert b"4711" not in sent
    assert f"{3:032x}".encode() not in sent


def test_a_flush_that_is_not_sampled_costs_its_insert_the_span_too() -> None:
    assert flushed(batch_of(*range(20)), share=0.0).spans == []


def test_a_flush_is_linked_to_what_the_records_of_systems_carry_and_a_broken_header_is_no_trouble() -> None:
    good, broken = (HEADER, SOMEWHERE.traceparent.encode()), (HEADER, b"\xff\x00")
    records = [
        of_topic(TopicName.OUTCOMES, b"", carrying=(("other", b"x"), good)),
        of_topic(TopicName.OUTCOMES, b"", carrying=(broken,)),
        of_topic(TopicName.OUTCOMES, b"", carrying=((HEADER, None),)),  # type: ignore[arg-type]
        of_topic(TopicName.ANSWERS, b"", carrying=((HEADER, of_wave("forged").traceparent.encode()),)),
    ]
    assert carried(records) == {SOMEWHERE}


def test_answers_that_the_bot_has_stored_are_told_of_ten_people_together(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("services.pulse_bot.answers.crowd.time.time", lambda: now)
    crowds = Crowds()
    with watched(Service.BOT) as collector:
        for person in range(FEWEST_PEOPLE - 1):
            for _ in range(9):
                crowds.stored("w", Person("T1", f"U{person}"))
        now = 1_060.0
        crowds.stored("w", Person("T1", "U0"))
        crowds.stored("other", Person("T1", "U99"))
        assert collector.spans == []
        crowds.stored("w", Person("T1", "U9"))
        crowds.stored("w", Person("T1", "U9"))
    (span,) = collector.spans
    assert (span.name, span.parent, span.links) == ("answers.stored", "", {ids(of_wave("w"))})
    assert (span.began, span.ended) == (1_000 * 10**9, 1_060 * 10**9)
    assert span.attributes == {"draagvlak.rows": "10+"}


def test_who_answered_is_forgotten_with_the_wave_and_never_kept_where_nobody_traces() -> None:
    crowds = Crowds()
    crowds.stored("w", Person("T1", "U1"))
    assert crowds._crowds == {}
    with watched(Service.BOT):
        crowds.stored("w", Person("T1", "U1"))
        crowds.stored("v", Person("T1", "U1"))
        crowds.forget_all_but(frozenset({"v"}))
        assert crowds._crowds.keys() == {"v"}


@pytest.mark.parametrize(("count", "told"), [(0, "0"), (9, "1+"), (10, "10+"), (99, "10+"), (12_345, "10000+")])
def test_a_count_is_told_by_its_size(count: int, told: str) -> None:
    assert band(count) == told


# What it tells.


def test_a_wave_has_one_trace_that_every_service_knows() -> None:
    assert of_wave("zorg-w01") == of_wave("zorg-w01")
    assert of_wave("zorg-w01").trace_id != of_wave("zorg-w02").trace_id
    with watched(Service.BOT) as collector:
        with spans.span(SpanName.WAVE_OPEN, identity=of_wave("w")):
            pass
        with spans.span(SpanName.WAVE_CLOSE, parent=of_wave("w")):
            pass
    opened, closed = (collector.named(name)[0] for name in ("wave.open", "wave.close"))
    assert (opened.trace_id, opened.span_id) == ids(of_wave("w"))
    assert opened.parent == ""
    assert (closed.trace_id, closed.parent) == ids(of_wave("w"))
    assert {span.service for span in collector.spans} == {"pulse-bot"}


def test_an_error_is_told_by_its_class_and_never_by_its_words() -> None:
    with watched() as collector, pytest.raises(ValueError, match="U01 answered 3"), spans.span(SpanName.FLUSH):
        raise ValueError("U01 answered 3 to A1")
    (span,) = collector.spans
    assert (span.failed, span.said, span.events) == (True, "", 0)
    assert span.attributes == {"error.type": "ValueError"}
    assert b"answered" not in b"".join(collector.raw)


def test_a_request_is_told_by_its_route_and_below_who_asked_for_it() -> None:
    app = FastAPI()
    app.add_api_route("/v1/releases/{wave}", lambda wave: wave)
    app.add_api_route("/healthz/live", lambda: "ok")
    app.add_middleware(Traced)
    with watched(Service.METRICS) as collector, TestClient(app) as client:
        told = {"traceparent": SOMEWHERE.traceparent, "Authorization": "Bearer secret", "User-Agent": "somebody"}
        client.get("/v1/releases/w01?team=noord", headers=told)
        client.get("/v1/nothing", headers={"traceparent": "nonsense"})
        client.get("/healthz/live")
    release, nothing = collector.spans
    assert (release.trace_id, release.parent) == ids(SOMEWHERE)
    assert release.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/releases/{wave}",
        "http.response.status_code": 200,
    }
    assert nothing.parent == ""
    sent = b"".join(collector.raw)
    assert not any(word in sent for word in (b"w01", b"noord", b"secret", b"somebody", b"testclient"))


def test_who_asks_not_to_be_traced_is_not() -> None:
    app = FastAPI()
    app.add_middleware(Traced)
    with watched(Service.METRICS) as collector, TestClient(app) as client:
        client.get("/", headers={"traceparent": TraceContext(1, 2, sampled=False).traceparent})
    assert collector.spans == []


def test_a_log_line_says_in_which_trace_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logs.configure(RuntimeSettings(), "test")
        log = structlog.get_logger("a")
        with watched(), spans.span(SpanName.WAVE_OPEN, identity=of_wave("w")):
            log.warning("inside")
        log.warning("outside")
    finally:
        root.handlers[:], root.level = before
        structlog.reset_defaults()
    inside, outside = (json.loads(line) for line in said.getvalue().splitlines())
    assert (inside["trace_id"], inside["span_id"]) == ids(of_wave("w"))
    assert "trace_id" not in outside


# W3C Trace Context.


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())
def test_a_header_says_what_went_into_it(trace_id: int, span_id: int, sampled: bool) -> None:
    context = TraceContext(trace_id, span_id, sampled)
    assert parse(context.traceparent) == context


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    ],
)
def test_what_is_no_header_is_no_trace(header: str) -> None:
    assert parse(header) is None
    assert parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") == SOMEWHERE


# Off, and away.


def test_without_a_collector_nothing_of_it_is_even_imported() -> None:
    code = (
        "import sys, services.ingest.flushing, services.runtime.logs\n"
        "from services.runtime.tracing import records, requests, starting, spans\n"
        "from services.runtime.settings import RuntimeSettings\n"
        "from services.runtime.metric_names.kinds import Service\n"
        "starting.configure(RuntimeSettings(), Service.BOT)\n"
        "assert not spans.enabled()\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=240)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_collector_that_is_away_holds_nobody_up() -> None:
    tracer = OtlpTracer(Service.BOT, exporter_to(f"http://127.0.0.1:{free_port()}/v1/traces", {}, None), 1.0)
    with spans.using(tracer):
        for _ in range(3_000):
            with spans.span(SpanName.FLUSH):
                pass
    began = time.monotonic()
    tracer.close()
    assert time.monotonic() - began < 20, "an end waits four seconds at most, and a busy machine a little longer"


def test_the_token_of_the_collector_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    code = (
        "import sys\n"
        "from services.runtime.tracing import starting, spans\n"
        "from services.runtime.tracing.names import SpanName\n"
        "from services.runtime.settings import RuntimeSettings, load\n"
        "from services.runtime.metric_names.kinds import Service\n"
        "starting.configure(load(RuntimeSettings), Service.METRICS)\n"
        "with spans.span(SpanName.REQUEST): pass\n"
    )
    from tests.collector import collecting  # noqa: PLC0415

    with collecting() as collector:
        settings = {
            "DRAAGVLAK_TRACING_URL": collector.url,
            "DRAAGVLAK_TRACING_SHARE": "1",
            "DRAAGVLAK_TRACING_TOKEN_FILE": str(file),
        }
        done = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, check=False, timeout=240)
        assert done.returncode == 0, done.stderr
    assert [span.service for span in collector.spans] == ["metrics"], "what is left is handed over at the end"
    assert collector.tokens == {"Bearer s3cret"}
    with pytest.raises(SettingsFault, match="DRAAGVLAK_TRACING_TOKEN_FILE"):
        starting.configure(
            RuntimeSettings(tracing_url=collector.url, tracing_token_file=tmp_path / "none"), Service.METRICS
        )


def test_no_application_makes_spans_by_itself_even_with_a_provider_for_the_whole_process() -> None:
    made = FastAPI(telemetry={**serving.SILENT, "tracer_provider": TracerProvider()})
    assert not made._native_telemetry.enabled()
    for file in sorted(Path(services.__path__[0]).rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "FastAPI":
                said = {word.arg: ast.unparse(word.value) for word in call.keywords}
                assert said.get("telemetry") == "serving.SILENT", file
