"""From Kafka's acknowledgement of an answer, the moment that a click is confirmed, to its row being visible.

``python -m benchmarks.ingest_latency`` sends ``--rate`` answers a second for ``--seconds`` to Apache Kafka while ingest
runs with its defaults, and looks at the store all the time. Exit code 1 when the 99th percentile is 2 s or more.
"""

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

import clickhouse_connect
import numpy as np
from kafka import KafkaProducer

from benchmarks.results import keep
from services.contracts import wire
from services.contracts.topics import TopicName
from tests import kafka
from tests.integration.ingest.events import answer
from tests.integration.ingest.platform import Platform, platform

GOAL_SECONDS = 2.0


def send(there: Platform, rate: int, seconds: float, acknowledged: dict[str, float]) -> None:
    """Send at that pace; ``acknowledged`` gets the moment of each ballot."""
    producer = KafkaProducer(bootstrap_servers=there.bootstrap, acks="all", linger_ms=2)
    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        ballot = f"{number:032x}"
        value = wire.encode(answer("bench", number))
        sent = producer.send(TopicName.ANSWERS, value, ballot.encode())
        sent.add_callback(lambda _, ballot=ballot: acknowledged.setdefault(ballot, time.perf_counter()))
        time.sleep(max(0.0, began + (number + 1) / rate - time.perf_counter()))
    producer.flush(60)
    producer.close()


def latencies(there: Platform, rate: int, seconds: float) -> np.ndarray:
    """Seconds from acknowledgement to visibility, of every answer."""
    acknowledged: dict[str, float] = {}
    visible: dict[str, float] = {}
    sending = threading.Thread(target=send, args=(there, rate, seconds, acknowledged))
    with clickhouse_connect.get_client(**there.store.connect()) as client:
        sending.start()
        while len(visible) < rate * seconds:
            found = client.query("SELECT toString(ballot_id) FROM pulse_ballots.answers").result_columns
            now = time.perf_counter()
            for ballot in found[0] if found else ():
                visible.setdefault(ballot, now)
            time.sleep(0.05)
        sending.join()
    return np.array([visible[ballot] - acknowledged[ballot] for ballot in acknowledged])


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rate", type=int, default=300)
    options.add_argument("--seconds", type=int, default=20)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="draagvlak-bench-") as folder:
        path = Path(folder)
        with (
            kafka.running(path / "kafka") as cluster,
            platform(path, cluster.bootstrap) as there,
            there.running_ingest(DRAAGVLAK_INGEST_FLUSH_SECONDS="1"),
        ):
            measured = latencies(there, chosen.rate, chosen.seconds)
    median, p99 = (float(np.quantile(measured, share)) for share in (0.5, 0.99))
    print(f"{len(measured):,} answers at {chosen.rate} a second: median {median:.2f} s, 99th percentile {p99:.2f} s")
    keep("ingest_latency", {"rate": chosen.rate, "answers": len(measured), "median_s": median, "p99_s": p99})
    return 0 if p99 < GOAL_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
