"""Every service restarted, one after the other, while 100 answers a second come in: nothing lost, nothing double.

``python -m benchmarks.rolling_restart`` starts two bots on PostgreSQL, two replicas of ingest with the gateway, two of
the metrics API and release watch, on Apache Kafka and the sandbox's store. The load goes to replicas that are ready, in
turn, as a load balancer sends it; nothing is tried again. Then every answer is looked for in Kafka and in ClickHouse,
the wave is closed, and its release must come. Exit code 1 when a goal is missed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import clickhouse_connect
import httpx
import numpy as np
from kafka import KafkaConsumer, TopicPartition

from benchmarks.results import keep
from benchmarks.rolling_load import SEED, as_caller
from sandbox.processes.ports import LOOPBACK
from sandbox.processes.readiness import http_answers
from sandbox.stack.plan import processes
from sandbox.stack.ports import Ports, url
from sandbox.stack.process import ProcessSpec
from sandbox.stack.running import Options, Stack, running
from sandbox.stack.secret_files import Caller, Role, SecretFiles
from sandbox.stack.state import StateFolder
from sandbox.story.generated import generated
from sandbox.story.organisation import Organisation, build
from sandbox.story.stage import set_stage, start_clock
from services.contracts.events import AnswerGiven
from services.contracts.files import load_items
from services.contracts.topics import TOPICS, TopicName
from services.contracts.wire import parse
from services.pulse_bot.answers.ballot import ballot_id
from services.pulse_bot.ledger import invitations
from services.pulse_bot.ledger.key_rows import WaveKeyRows
from services.pulse_bot.ledger.models import DeliveryState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import LedgerSettings
from tests import kafka, postgres

RATE: Final = 100.0
GOAL_P99_MS: Final = 2000.0
DELAY_SECONDS: Final = 2.0
SETTLED_SECONDS: Final = 35.0
"""After the delivery timeout of the bots' producers nothing lands any more."""

_TWIN: Final = 20
"""How far the port of a second replica is from the first."""

_PORTS: Final = {"bot": "BOT_PORT", "ingest": "INGEST_PORT", "metrics": "METRICS_PORT"}
_RESTARTED: Final = ("bot", "bot-2", "ingest", "ingest-2", "metrics", "metrics-2", "release")


def plan(bootstrap: str, ledger: str) -> Callable[[Ports, StateFolder, SecretFiles], Sequence[ProcessSpec]]:
    """The sandbox's processes on Apache Kafka and PostgreSQL, with a second one of what may have more."""

    def planned(ports: Ports, state: StateFolder, secrets: SecretFiles) -> Sequence[ProcessSpec]:
        found = []
        for spec in processes(ports, state, secrets):
            if spec.name == "broker":
                continue
            environment = {
                **spec.environment,
                "DRAAGVLAK_KAFKA_BOOTSTRAP": bootstrap,
                "DRAAGVLAK_LEDGER_URL": ledger,
                "DRAAGVLAK_SHUTDOWN_DELAY_SECONDS": str(DELAY_SECONDS),
                "DRAAGVLAK_GATEWAY_REQUESTS_PER_MINUTE": "100000",
                "DRAAGVLAK_GATEWAY_BURST": "10000",
            }
            needs = tuple(name for name in spec.needs if name != "broker")
            first = replace(spec, environment=environment, needs=needs, grace_seconds=60.0)
            found.append(first)
            if spec.name in _PORTS:
                port = int(environment[f"DRAAGVLAK_{_PORTS[spec.name]}"]) + _TWIN
                twin = {**environment, f"DRAAGVLAK_{_PORTS[spec.name]}": str(port)}
                ready = http_answers(url(port, "/healthz/ready"))
                found.append(replace(first, name=f"{spec.name}-2", environment=twin, ready=ready))
        return found

    return planned


class Bench:
    """The running stack with an open wave to which everybody has been invited."""

    def __init__(self, stack: Stack, organisation: Organisation, bootstrap: str, ledger: str) -> None:
        campaign = organisation.plan.campaign
        self.stack = stack
        self.wave = campaign.wave_id(1)
        self.workspace = organisation.plan.workspace
        self.people = [person.member for person in organisation.people]
        self.items = [item.id for item in campaign.items_of(1, load_items(LedgerSettings().items_file))]
        self._schedule = campaign.schedule
        self._ledger = Ledger(ledger)
        self._bootstrap = bootstrap

    def open(self) -> None:
        """Move time to after the hour, and wait until everybody has an invitation."""
        self._clock(self._schedule.opens_at(1) + timedelta(hours=6))
        self._until(lambda: self._sent() >= len(self.people), "invitations")

    def play(self, seconds: float) -> tuple[dict[str, Any], dict[str, float]]:
        """The load while everything is restarted; ``seconds`` of it before, between and after."""
        token = self.stack.secrets.token
        ports = self.stack.ports
        told = {
            "bots": [url(ports.bot), url(ports.bot + _TWIN)],
            "gateways": [url(ports.ingest), url(ports.ingest + _TWIN)],
            "metrics": [url(ports.metrics), url(ports.metrics + _TWIN)],
            "people": self.people,
            "items": self.items,
            "wave": self.wave,
            "workspace": self.workspace,
            "rate": RATE,
            "secret": self.stack.secrets.signing_secret.read_text().strip(),
            "business": token(Caller.BUSINESS).read_text().strip(),
            "reader": token(Caller.GRAFANA).read_text().strip(),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.rolling_load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"begun\n"
        back = {}
        time.sleep(seconds)
        for name in _RESTARTED:
            back[name] = self.stack.supervisor.restart(name)
            print(f"{name}: ended and ready again in {back[name]:.1f} s", flush=True)
            time.sleep(seconds)
        process.stdin.close()
        found = json.loads(process.stdout.read())
        process.wait()
        return found, back

    def judge(self, found: dict[str, Any]) -> dict[str, Any]:
        """What was lost and what is double, in Kafka and in ClickHouse."""
        key = WaveKeyRows(self._ledger).read(self.wave)
        ballots = {person: ballot_id(key, self.workspace, person) for person in self.people}

        def of(clicks: Sequence[int]) -> Counter[tuple[str, str]]:
            return Counter((ballots[found["clicked"][n][0]], found["clicked"][n][1]) for n in clicks)

        confirmed, again = of(found["confirmed"]), of(found["again"])
        time.sleep(SETTLED_SECONDS)  # whoever was asked to press again may have an answer that lands late
        revisions = self._revisions()
        stored = Counter({name: len(seen) for name, seen in revisions.items()})
        newest = {name: max(seen) for name, seen in revisions.items()}
        self._until(lambda: self._rows() == newest, "rows in ClickHouse", fail=False)
        rows = self._rows()
        latencies = np.array(found["latencies"])
        gateway = found["beside"]["gateway"]
        return {
            "clicks": len(latencies),
            "not_200": sum(status != 200 for status in found["statuses"]),
            "confirmed": len(found["confirmed"]),
            "press_again": len(found["again"]),
            "p50_ms": float(np.percentile(latencies, 50)),
            "p99_ms": float(np.percentile(latencies, 99)),
            "longest_ms": float(latencies.max()),
            "lost_in_kafka": (confirmed - stored).total(),
            "double_in_kafka": (stored - confirmed - again).total(),
            "ballot_items_in_kafka": len(newest),
            "ballot_items_in_clickhouse": len(rows),
            "rows_that_differ": sum(rows.get(name) != revision for name, revision in newest.items()),
            "dead_letters": self._ask("SELECT count() FROM pulse_ballots.dead_letters"),
            "gateway": gateway,
            "outcomes_in_clickhouse": self._ask("SELECT count() FROM pulse_facts.outcomes FINAL"),
            "metrics": found["beside"]["metrics"],
        }

    def released(self) -> bool:
        """Close the wave; whether it is released, which its counts must allow."""
        self._clock(self._schedule.closes_at(1) + timedelta(hours=1))
        asked = f"SELECT count() FROM pulse_release.releases WHERE wave_id = '{self.wave}'"
        return self._until(lambda: self._ask(asked) == 1, "the release", fail=False)

    def close(self) -> None:
        """Let go of the ledger."""
        self._ledger.close()

    def _revisions(self) -> dict[tuple[str, str], set[int]]:
        consumer = KafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False, group_id=None)
        partitions = [TopicPartition(TopicName.ANSWERS.value, n) for n in range(TOPICS[TopicName.ANSWERS].partitions)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends, seen = consumer.end_offsets(partitions), defaultdict(set)
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for records in consumer.poll(timeout_ms=500, max_records=5000).values():
                for record in records:
                    event = parse(TopicName.ANSWERS, record.value).event
                    if isinstance(event, AnswerGiven):
                        if event.revision in seen[event.ballot_id, event.item_id]:
                            raise SystemExit("a revision stands in Kafka twice")
                        seen[event.ballot_id, event.item_id].add(event.revision)
        consumer.close()
        return dict(seen)

    def _rows(self) -> dict[tuple[str, str], int]:
        with self._store() as client:
            asked = "SELECT toString(ballot_id), item_id, revision FROM pulse_ballots.answers FINAL"
            return {(ballot, item): revision for ballot, item, revision in client.query(asked).result_rows}

    def _ask(self, query: str) -> int:
        with self._store() as client:
            return int(client.query(query).result_rows[0][0])

    def _store(self) -> Any:
        password = self.stack.secrets.password(Role.ADMIN).read_text().strip()
        return clickhouse_connect.get_client(
            host=LOOPBACK, port=self.stack.ports.store, username=Role.ADMIN.value, password=password
        )

    def _clock(self, moment: Any) -> None:
        token = self.stack.secrets.token(Caller.STORY).read_text().strip()
        answer = httpx.post(
            url(self.stack.ports.workspace, "/clock"),
            json={"now": moment.isoformat()},
            headers=as_caller(token),
            timeout=30,
        )
        answer.raise_for_status()

    def _sent(self) -> int:
        counts = self._ledger.read_now(lambda c: invitations.delivery_counts(c, self.wave))
        return counts.get(DeliveryState.SENT, 0)

    def _until(self, condition: Callable[[], bool], what: str, *, fail: bool = True) -> bool:
        give_up = time.monotonic() + 120
        while not condition():
            if time.monotonic() > give_up:
                if fail:
                    raise SystemExit(f"waited 120 s in vain: {what}")
                return False
            time.sleep(0.3)
        return True


def failures(figures: dict[str, Any]) -> list[str]:
    """What the run misses of its goals."""
    accepted = figures["gateway"].get("202", 0)
    checks = [
        (figures["not_200"] == 0, f"{figures['not_200']} clicks got no 200"),
        (figures["lost_in_kafka"] == 0, f"{figures['lost_in_kafka']} confirmed answers are not in Kafka"),
        (figures["double_in_kafka"] == 0, f"{figures['double_in_kafka']} answers stand in Kafka more than once"),
        (figures["rows_that_differ"] == 0, f"{figures['rows_that_differ']} answers are not in ClickHouse as given"),
        (
            figures["ballot_items_in_clickhouse"] == figures["ballot_items_in_kafka"],
            "ClickHouse has other ballots than Kafka",
        ),
        (figures["dead_letters"] == 0, f"{figures['dead_letters']} dead letters"),
        (set(figures["gateway"]) == {"202"}, f"the gateway answered {figures['gateway']}"),
        (figures["outcomes_in_clickhouse"] == accepted, "accepted outcomes are not in ClickHouse"),
        (set(figures["metrics"]) == {"200"}, f"the metrics API answered {figures['metrics']}"),
        (figures["p99_ms"] <= GOAL_P99_MS, f"p99 is {figures['p99_ms']:.0f} ms, over {GOAL_P99_MS:.0f}"),
        (figures["released"], "the wave was not released"),
    ]
    return [text for fine, text in checks if not fine]


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--people", type=int, default=400)
    options.add_argument("--pause", type=float, default=3.0, help="seconds of load between two restarts")
    options.add_argument("--port-base", type=int, default=9100)
    chosen = options.parse_args()
    organisation = build(generated(chosen.people, SEED, waves=1), SEED)

    def prepare(state: StateFolder) -> None:
        start_clock(set_stage(organisation, state.path), state.workspace)

    with (
        tempfile.TemporaryDirectory(prefix="draagvlak-benchmark-") as folder,
        kafka.running(Path(folder) / "kafka") as cluster,
        postgres.running() as server,
    ):
        ledger = server.new_database()
        settings = Options(
            path=Path(folder) / "state",
            base=chosen.port_base,
            say=print,
            prepare=prepare,
            plan=plan(cluster.bootstrap, ledger),
        )
        with running(settings) as stack:
            bench = Bench(stack, organisation, cluster.bootstrap, ledger)
            try:
                bench.open()
                found, back = bench.play(chosen.pause)
                figures = bench.judge(found)
                figures["released"] = bench.released()
            finally:
                bench.close()
    figures |= {"people": chosen.people, "rate": RATE, "ready_again_seconds": back}
    print(
        f"{figures['clicks']} clicks, {figures['not_200']} without an answer, {figures['press_again']} press again; "
        f"p50 {figures['p50_ms']:.0f} ms, p99 {figures['p99_ms']:.0f} ms, longest {figures['longest_ms']:.0f} ms; "
        f"{figures['lost_in_kafka']} lost, {figures['double_in_kafka']} double; in ClickHouse "
        f"{figures['ballot_items_in_clickhouse']} answers of {figures['ballot_items_in_kafka']}; "
        f"gateway {figures['gateway']}, metrics {figures['metrics']}, released {figures['released']}"
    )
    missed = failures(figures)
    for text in missed:
        print(f"missed: {text}")
    keep("rolling_restart", figures)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
