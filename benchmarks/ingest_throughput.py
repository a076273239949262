"""From Kafka to durable rows: ingest beside its lower bound and beside consumers written with other libraries.

``python -m benchmarks.ingest_throughput`` fills the topic of answers on Apache Kafka once, and has every contender read
it into an emptied table from the beginning, one after the other, ``--runs`` times. What counts is rows that ClickHouse
has, as seen from outside: the time from the first rows to the last full batch (the rest waits for its second in every
contender), and then that all are there. Contenders other than ours stand in
benchmarks/ingest_peers, with their configuration. Exit code 1 when ingest is under 50,000 a second or under 0.75 of
the lower bound.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import clickhouse_connect
import psutil
from kafka import KafkaProducer
from rich.console import Console
from rich.table import Table

from benchmarks.results import keep
from services.contracts import wire
from services.contracts.topics import TopicName
from tests import kafka
from tests.integration.ingest.events import answer
from tests.integration.ingest.platform import Platform, platform

GOAL_RATE: Final = 50_000
GOAL_OF_RAW: Final = 0.75
PEERS: Final = Path(__file__).parent / "ingest_peers"
PEER_PYTHON: Final = Path(sys.prefix) / "bench" / "bin" / "python"
OURS, RAW = "ingest", "raw"
OTHERS: Final = {
    "sentry-arroyo": "arroyo_consumer.py",
    "quixstreams": "quix_consumer.py",
    "FastStream": "faststream_consumer.py",
}
PATIENCE: Final = 300.0
BATCH: Final = 10_000
"""Rows of a full batch, in every contender."""


class NotFinished(RuntimeError):
    """A contender that did not store everything; the text is the end of its log."""


def fill(bootstrap: str, records: int) -> None:
    """Write that many different answers, spread over all partitions."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks=1, linger_ms=20, batch_size=512 * 1024)
    template = wire.encode(answer("bench", 0)).replace(b"0" * 32, b"%032x")
    for ballot in range(records):
        producer.send(TopicName.ANSWERS, template % ballot, b"%032x" % ballot)
    producer.flush(300)
    producer.close()


@contextmanager
def contender(name: str, there: Platform, log: Path) -> Iterator[psutil.Process]:
    """The process of a contender, in a group of its own."""
    group = f"bench-{uuid4().hex[:8]}"
    if name == OURS:
        with there.ingest(group, DRAAGVLAK_INGEST_FLUSH_SECONDS="1") as ingest:
            while (pid := ingest.child.pid) is None:
                time.sleep(0.01)
            yield psutil.Process(pid)
        return
    python = sys.executable if name == RAW else str(PEER_PYTHON)
    environment = {
        "BENCH_BOOTSTRAP": there.bootstrap,
        "BENCH_TOPIC": str(TopicName.ANSWERS),
        "BENCH_GROUP": group,
        "BENCH_PORT": str(there.store.port),
        "BENCH_USER": there.store.user,
        "BENCH_PASSWORD": there.store.password,
    }
    script = str(PEERS / ("raw.py" if name == RAW else OTHERS[name]))
    with log.open("wb") as output:
        process = subprocess.Popen([python, script], env=os.environ | environment, stdout=output, stderr=output)
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()
            process.wait()


def measure(name: str, there: Platform, records: int) -> tuple[float, int]:
    """Rows a second, and the process's memory at the end in MB. Raises NotFinished."""
    log = there.folder / f"{name}.log"
    with clickhouse_connect.get_client(**there.store.connect()) as client:

        def stored() -> int:
            return int(client.query("SELECT count() FROM pulse_ballots.answers").first_row[0])

        client.command("TRUNCATE TABLE pulse_ballots.answers")
        give_up = time.monotonic() + PATIENCE
        with contender(name, there, log) as process:
            first, began, last, ended = 0, 0.0, 0, 0.0
            while (count := stored()) < records:
                if count and not first:
                    first, began = count, time.perf_counter()
                if count > last and last < records - BATCH:
                    last, ended = count, time.perf_counter()
                if time.monotonic() > give_up or not process.is_running():
                    said = log.read_text()[-1_500:] if log.exists() else ""
                    raise NotFinished(f"{name} stored {count:,} of {records:,}: {said}")
                time.sleep(0.05)
            memory = process.memory_info().rss // 1_000_000
    return (last - first) / (ended - began), memory


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=300_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--only", nargs="*", choices=[OURS, RAW, *OTHERS])
    chosen = options.parse_args()
    names = chosen.only or [OURS, RAW, *OTHERS]
    if not PEER_PYTHON.exists():
        print("The peers are not installed (make bench does it): ingest and its lower bound alone are measured.")
        names = [name for name in names if name not in OTHERS]
    rates: dict[str, list[float]] = {name: [] for name in names}
    memory: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="draagvlak-bench-") as folder:
        path = Path(folder)
        with kafka.running(path / "kafka", heap_mb=1_024) as cluster, platform(path, cluster.bootstrap) as there:
            fill(there.bootstrap, chosen.records)
            for _ in range(chosen.runs):
                for name in names:
                    rate, memory[name] = measure(name, there, chosen.records)
                    rates[name].append(rate)
                    print(f"{name}: {rate:,.0f} a second", flush=True)
    medians = {name: statistics.median(measured) for name, measured in rates.items()}
    ours = medians.get(OURS, 0.0)
    table = Table("consumer", "rows/s, median", "ingest is … times this", "MB", title=f"{chosen.records:,} answers")
    for name, median in sorted(medians.items(), key=lambda entry: -entry[1]):
        table.add_row(name, f"{median:,.0f}", f"{ours / median:.2f}", str(memory[name]))
    Console().print(table)
    keep(
        "ingest_throughput",
        {"records": chosen.records, "rows_per_second": rates, "median_rows_per_second": medians, "memory_mb": memory},
    )
    of_raw = ours / medians[RAW] if RAW in medians and ours else 1.0
    return 1 if OURS in medians and (ours < GOAL_RATE or of_raw < GOAL_OF_RAW) else 0


if __name__ == "__main__":
    sys.exit(main())
