"""The gateway: business systems report outcomes and drafts over HTTP; nothing is said before Kafka has it."""

import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import pytest
import schemathesis
import yaml
from clickhouse_connect.driver.exceptions import DatabaseError
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sandbox.broker.readiness import metadata_answers
from sandbox.processes.child import Child
from sandbox.processes.ports import LOOPBACK, free_port
from sandbox.processes.readiness import wait_ready
from sandbox.stack.secret_files import Role
from services.contracts.base import Text
from services.contracts.events import WaveOpened
from services.contracts.topics import TopicName
from services.contracts.tree import Cadence, WaveNode
from services.ingest.gateway.service import gateway
from services.ingest.settings import IngestSettings
from services.runtime.settings import load
from tests.files import put
from tests.integration.ingest.events import opened
from tests.integration.ingest.platform import Ingest, Platform, Writer, platform, wait_until
from tests.kafka.reading import everything
from tests.unit.ingest.test_gateway_contents import ANNOUNCEMENT, OUTCOME

PROBLEM = "application/problem+json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]


@dataclass
class Caller:
    """A business system with the tokens of the test; ``send`` gives the answer."""

    http: Any

    def send(self, path: str, content: Any, token: str | None = "both", **headers: str) -> httpx.Response:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        answer: httpx.Response = self.http.post(
            path, content=raw, headers={"Content-Type": "application/json", **headers}
        )
        return answer

    def outcome(
        self, outcome_id: str, token: str | None = "both", key: str | None = None, **change: Any
    ) -> httpx.Response:
        content = {**OUTCOME, "node_id": "care", "outcome_id": outcome_id, **change}
        return self.send("/v1/outcomes", content, token, **({"Idempotency-Key": key} if key else {}))

    def draft(self, announcement_id: str, token: str | None = "both", **change: Any) -> httpx.Response:
        content = {**ANNOUNCEMENT, "audience": ["care"], "announcement_id": announcement_id, **change}
        return self.send("/v1/announcements", content, token)


def newest_wave(wave_id: str) -> WaveOpened:
    """Care has 5 people: 2 directly and 3 in the team home; the desk has 4."""
    name = Text(nl="x", en="x")
    nodes = (("organisation", None, 0), ("care", "organisation", 2), ("home", "care", 3), ("desk", "organisation", 4))
    wave = opened(wave_id)
    return wave.model_copy(
        update={
            "opens_at": datetime(2027, 3, 1, tzinfo=UTC),
            "closes_at": datetime(2027, 3, 8, tzinfo=UTC),
            "nodes": tuple(
                WaveNode(id=node, parent=parent, name=name, invited=people, cadence=Cadence.WINDOW)
                for node, parent, people in nodes
            ),
        }
    )


def tokens_file(folder: Path) -> Path:
    scopes = {
        "both": ["outcomes:write", "announcements:draft"],
        "outcomes": ["outcomes:write"],
        "reader": ["metrics:read"],
        "eager": ["outcomes:write"],
    }
    known = [{"name": n, "sha256": sha256(n.encode()).hexdigest(), "scopes": s} for n, s in scopes.items()]
    path = folder / "tokens.yaml"
    put(path, yaml.safe_dump(known))  # an ingest process may be reading it
    return path


@pytest.fixture(scope="module")
def serving(there: Platform) -> Iterator[Ingest]:
    """An ingest process with a gateway, and a newest round that it knows."""
    writer = Writer(there.bootstrap)
    writer.event(TopicName.WAVES, opened("older"), "older")
    writer.event(TopicName.WAVES, newest_wave("newest"), "newest")
    writer.close()
    with there.ingest(DRAAGVLAK_TOKENS_FILE=str(tokens_file(there.folder)), **GENEROUS) as ingest:
        wait_until(ingest.ready, "ingest is ready")
        wait_until(lambda: there.count("pulse_facts.waves", "newest"), "the round is stored")
        yield ingest


GENEROUS = {"DRAAGVLAK_GATEWAY_REQUESTS_PER_MINUTE": "1000000", "DRAAGVLAK_GATEWAY_BURST": "100000"}


@contextmanager
def another(there: Platform, **more: str) -> Iterator[Caller]:
    """A gateway beside the ingest process: another replica, which remembers nothing of the first."""
    tokens = str(tokens_file(there.folder))
    with pytest.MonkeyPatch.context() as environment:
        for name, value in there.environment(Role.INGEST, DRAAGVLAK_TOKENS_FILE=tokens, **{**GENEROUS, **more}).items():
            environment.setenv(name, value)
        configured = load(IngestSettings)
    application = FastAPI()
    with gateway(application, configured), TestClient(application) as http:
        yield Caller(http)


@pytest.fixture
def caller(serving: Ingest) -> Iterator[Caller]:
    """Calls the gateway."""
    with httpx.Client(base_url=f"http://127.0.0.1:{serving.port}", timeout=30) as http:
        yield Caller(http)


def records(there: Platform, topic: TopicName, key: str) -> list[dict[str, Any]]:
    """What the topic holds under a key."""
    return [json.loads(one.value) for one in everything(there.bootstrap, topic) if one.key == key.encode()]


def test_an_outcome_is_in_kafka_when_it_is_confirmed_and_in_the_store_soon(there: Platform, caller: Caller) -> None:
    answer = caller.outcome("o-1")
    assert (answer.status_code, answer.json()) == (202, {"id": "o-1", "event": "outcome.measured"})
    assert [record["value"] for record in records(there, TopicName.OUTCOMES, "o-1")] == [21.5]
    query = (
        "SELECT node_id, measure, value, unit, toString(period_end) FROM pulse_facts.outcomes FINAL WHERE outcome_id = "
    )
    wait_until(lambda: there.rows(query + "'o-1'"), "it is stored")
    assert there.rows(query + "'o-1'") == [("care", "minutes_per_file", 21.5, "minutes", "2026-03-31")]


def test_the_same_report_gives_the_same_answer_and_another_under_its_id_is_refused(
    there: Platform, caller: Caller, serving: Ingest
) -> None:
    first = caller.outcome("o-2", value=3)
    again = caller.outcome("o-2", value=3.0)
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (202, first.json())
    other = caller.outcome("o-2", value=4)
    assert (other.status_code, other.headers["content-type"]) == (409, PROBLEM)
    assert other.json()["type"] == "urn:draagvlak:problem:id-taken"
    assert len(records(there, TopicName.OUTCOMES, "o-2")) == 1
    wait_until(lambda: there.rows("SELECT 1 FROM pulse_facts.outcomes WHERE outcome_id = 'o-2'"), "it is stored")
    with another(there) as elsewhere:  # knows it from the store alone
        assert elsewhere.outcome("o-2", value=3).status_code == 202
        assert elsewhere.outcome("o-2", value=4).status_code == 409
    assert len(records(there, TopicName.OUTCOMES, "o-2")) == 1


def test_a_key_belongs_to_one_report_of_one_caller(there: Platform, caller: Caller) -> None:
    assert caller.outcome("o-3", key="k-1").status_code == 202
    assert caller.outcome("o-3", key="k-1").status_code == 202
    refused = caller.outcome("o-4", key="k-1")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:draagvlak:problem:key-used")
    assert records(there, TopicName.OUTCOMES, "o-4") == []
    assert caller.outcome("o-4", token="outcomes", key="k-1").status_code == 202, "another caller has keys of its own"
    assert caller.outcome("o-4", key="two words").status_code == 422


def test_a_draft_is_the_event_that_waits_for_a_champion(there: Platform, caller: Caller) -> None:
    answer = caller.draft("success-9")
    assert (answer.status_code, answer.json()) == (202, {"id": "success-9", "event": "announcement.drafted"})
    (record,) = records(there, TopicName.ANNOUNCEMENTS, "success-9")
    assert (record["type"], record["audience"], record["figure"]["unit"]) == (
        "announcement.drafted",
        ["care"],
        "percent",
    )
    stored = "SELECT event_type FROM pulse_facts.announcements FINAL WHERE announcement_id = 'success-9'"
    wait_until(lambda: there.rows(stored), "it is stored")
    assert caller.draft("success-9").status_code == 202
    assert caller.draft("success-9", audience=["home"]).status_code == 409
    there.change("INSERT INTO pulse_facts.announcements SELECT 'published-1', 'announcement.published', now64(3), '{}'")
    assert caller.draft("published-1").status_code == 409, "a published announcement is never drafted over"
    assert records(there, TopicName.ANNOUNCEMENTS, "published-1") == []


def test_only_a_token_with_the_scope_gets_in_and_what_it_sent_is_not_looked_at_before(caller: Caller) -> None:
    for token, status in ((None, 401), ("nobody", 401), ("reader", 403)):
        answer = caller.send("/v1/outcomes", b"{", token)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert caller.draft("a", token="outcomes").status_code == 403
    assert caller.send("/v1/outcomes", b"{", "outcomes").status_code == 422
    assert caller.http.get("/v1/openapi.json").status_code == 401
    document = caller.http.get("/v1/openapi.json", headers={"Authorization": "Bearer outcomes"})
    assert set(document.json()["paths"]) == {"/v1/outcomes", "/v1/announcements"}
    assert caller.http.get("/healthz/live").status_code == 200


@pytest.mark.parametrize("node", ["home", "desk", "nowhere", "t"])
def test_a_node_of_fewer_than_five_or_of_an_older_round_is_refused_alike(
    there: Platform, caller: Caller, node: str
) -> None:
    answer = caller.outcome(f"small-{node}", node_id=node)
    assert (answer.status_code, answer.json()["valid"]) == (404, ["care", "organisation"])
    assert answer.json()["detail"] == f"The newest round has no node {node!r} with at least 5 invited people."
    assert records(there, TopicName.OUTCOMES, f"small-{node}") == []


def test_what_could_lead_to_a_person_is_refused_and_neither_answered_nor_logged(
    caller: Caller, serving: Ingest
) -> None:
    for change in (
        {"story": {"nl": "bel 0612345678", "en": "x"}},
        {"story": {"nl": "x", "en": "thanks jan.jansen@example.org"}},
        {"announcement_id": "U0612345678"},
        {"employee": "0612345678"},
        {"figure": {"value": 1, "unit": "jan.jansen@example.org", "period": "maart"}},
    ):
        answer = caller.draft(**{"announcement_id": "personal", **change})
        assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
        assert "0612345678" not in answer.text
        assert "jansen" not in answer.text
    assert "0612345678" not in serving.log
    assert "jansen" not in serving.log


def test_a_body_over_the_limit_is_refused_whether_or_not_its_length_is_told(caller: Caller) -> None:
    long = json.dumps({**OUTCOME, "unit": "x" * 70_000}).encode()
    assert caller.send("/v1/outcomes", long).status_code == 413

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(long), 10_000):
            yield long[start : start + 10_000]

    headers = {"Authorization": "Bearer both", "Content-Type": "application/json"}
    answer = httpx.post(f"{caller.http.base_url}/v1/outcomes", content=pieces(), headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    widest = {"nl": "\U0001f600" * 2000, "en": "\U0001f600" * 2000}
    assert caller.draft("widest", story=widest).status_code == 202, "the longest valid draft fits"


def test_a_caller_that_sends_too_much_is_told_when_to_go_on_and_others_are_not_kept_out(there: Platform) -> None:
    slow = {"DRAAGVLAK_GATEWAY_REQUESTS_PER_MINUTE": "1", "DRAAGVLAK_GATEWAY_BURST": "2"}
    with another(there, **slow) as caller:
        assert [caller.send("/v1/outcomes", b"{", "eager").status_code for _ in range(2)] == [422, 422]
        refused = caller.outcome("o-5", token="eager")
        assert (refused.status_code, refused.headers["content-type"]) == (429, PROBLEM)
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert caller.send("/v1/outcomes", b"{", "outcomes").status_code == 422


def test_without_kafka_nothing_is_confirmed_and_nothing_is_claimed(there: Platform, caller: Caller) -> None:
    with another(there, DRAAGVLAK_KAFKA_BOOTSTRAP="127.0.0.1:1") as elsewhere:
        away = elsewhere.outcome("o-6", key="k-6", value=1)
    assert (away.status_code, away.headers["content-type"]) == (503, PROBLEM)
    assert int(away.headers["retry-after"]) > 0
    assert records(there, TopicName.OUTCOMES, "o-6") == []
    assert caller.outcome("o-6", key="k-6", value=2).status_code == 202, "neither the id nor the key is taken"


def at_once(*sends: Callable[[], httpx.Response]) -> list[int]:
    """The statuses of requests that are sent at the same moment."""
    start = threading.Barrier(len(sends))

    def send(one: Callable[[], httpx.Response]) -> int:
        start.wait()
        return one().status_code

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(send, sends))


def test_two_replicas_at_the_same_moment_make_one_outcome_of_the_same_report(there: Platform, caller: Caller) -> None:
    stored = "SELECT count(), any(value) FROM pulse_facts.outcomes FINAL WHERE outcome_id = "
    with another(there) as elsewhere:
        same = at_once(lambda: caller.outcome("o-twice", key="t"), lambda: elsewhere.outcome("o-twice", key="t"))
        assert same == [202, 202], "it is one report, however often it comes"
        differing = at_once(lambda: caller.outcome("o-two", value=1), lambda: elsewhere.outcome("o-two", value=2))
        assert sorted(differing) in ([202, 202], [202, 409])
    last = records(there, TopicName.OUTCOMES, "o-two")[-1]["value"]
    wait_until(lambda: there.rows(stored + "'o-two'") == [(1, last)], "the last in Kafka stands")
    wait_until(lambda: there.rows(stored + "'o-twice'") == [(1, 21.5)], "there is one")


def test_a_frozen_broker_is_a_503_and_nothing_is_confirmed_that_kafka_does_not_have(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A broker of its own: it is there, its port is open, and it says nothing."""
    folder = tmp_path_factory.mktemp("frozen")
    with frozen_at_will(folder) as (bootstrap, pid), platform(folder, bootstrap, **GENEROUS) as there:
        with closing(Writer(bootstrap)) as writer:
            writer.event(TopicName.WAVES, newest_wave("newest"), "newest")
        with there.running_ingest(DRAAGVLAK_TOKENS_FILE=str(tokens_file(folder))) as ingest:
            wait_until(lambda: there.count("pulse_facts.waves", "newest"), "the round is stored")
            with httpx.Client(base_url=f"http://127.0.0.1:{ingest.port}", timeout=60) as http:
                caller = Caller(http)
                assert caller.outcome("before").status_code == 202
                os.kill(pid, signal.SIGSTOP)
                try:
                    refused = [caller.outcome(f"o-{number}", key=f"k-{number}") for number in range(20)]
                finally:
                    os.kill(pid, signal.SIGCONT)
                assert {answer.status_code for answer in refused} == {503}
                assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
                for number in range(20):
                    again = partial(caller.outcome, f"o-{number}", key=f"k-{number}")
                    wait_until(lambda: again().status_code == 202, "it takes the same report")  # noqa: B023
            expected = {"before", *(f"o-{number}" for number in range(20))}
            assert all(records(there, TopicName.OUTCOMES, name) for name in expected)
            names = "SELECT outcome_id FROM pulse_facts.outcomes FINAL"
            wait_until(lambda: len(there.rows(names)) == len(expected), "all are stored")
            assert {name for (name,) in there.rows(names)} == expected
            assert ingest.child.code() is None, ingest.log


@contextmanager
def frozen_at_will(folder: Path) -> Iterator[tuple[str, int]]:
    """The sandbox's broker: its address and its process."""
    port = free_port()
    bootstrap = f"{LOOPBACK}:{port}"
    settings = os.environ | {"DRAAGVLAK_BROKER_PORT": str(port)}
    child = Child("broker", [sys.executable, "-m", "sandbox.broker"], settings, folder / "broker.log")
    try:
        wait_ready(child, metadata_answers(bootstrap), 120)
        assert child.pid is not None
        yield bootstrap, child.pid
    finally:
        child.stop()


def test_without_the_store_nothing_is_taken_since_nodes_and_ids_cannot_be_checked(there: Platform) -> None:
    with another(there, DRAAGVLAK_CLICKHOUSE_PORT="1") as elsewhere:
        away = elsewhere.outcome("o-7")
    assert (away.status_code, "retry-after" in away.headers) == (503, True)
    assert records(there, TopicName.OUTCOMES, "o-7") == []


def test_the_role_of_the_gateway_sees_how_many_were_invited_and_no_ballot(there: Platform) -> None:
    with clickhouse_connect.get_client(**there.store.connect(Role.INGEST)) as client:
        assert client.query("SELECT count() > 0 FROM pulse_ballots.invited").result_rows == [(True,)]
        for table in ("answers", "closed_answers", "comments", "dead_letters", "unit_counts"):
            with pytest.raises(DatabaseError, match="code: 497"):
                client.query(f"SELECT count() FROM pulse_ballots.{table}")


def test_the_metrics_count_requests_by_path_and_status(caller: Caller, serving: Ingest) -> None:
    line = 'draagvlak_gateway_requests_total{path="/v1/outcomes",status="422"}'
    before = serving.metric(line)
    caller.send("/v1/outcomes", b"{")
    wait_until(lambda: serving.metric(line) > before, "it is counted once its answer has gone")
    assert serving.metric(line) == before + 1


@pytest.mark.parametrize("path", ["/v1/outcomes", "/v1/announcements"])
def test_every_answer_to_made_up_requests_is_documented_and_none_is_a_fault_of_ours(serving: Ingest, path: str) -> None:
    """That everything the document allows is taken is not checked: "no personal data" fits no JSON Schema."""
    token = {"Authorization": "Bearer both"}
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{serving.port}/v1/openapi.json", headers=token)
    statuses = Counter[int]()

    def holds(case: schemathesis.Case) -> None:
        response = case.call(headers=token)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        made_up = schema[path]["POST"].as_strategy(generation_mode=mode)
        settings(
            max_examples=100,
            derandomize=True,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )(given(made_up)(holds))()
    assert statuses[422] > 50
    assert statuses[404] > 5, "made-up reports get as far as the nodes that they name"
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert httpx.request(method, f"http://127.0.0.1:{serving.port}{path}", headers=token).status_code == 405
