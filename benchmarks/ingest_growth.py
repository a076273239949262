"""Ten times the answers: ten times the time, and the same memory.

``python -m benchmarks.ingest_growth`` has ingest store ``--records`` answers, and then ten times as many, on Apache
Kafka. ``--records 1000000`` makes that ten million. Exit code 1 when the time for ten times the work is not ten times
as long (10 % less or more), or ingest holds over 30 MB more at the end of the long run than of the short one.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.ingest_throughput import OURS, fill, measure
from benchmarks.results import keep
from tests import kafka
from tests.integration.ingest.platform import platform

SMALLEST, LARGEST = 9.0, 11.0
MORE_MB = 30


def run(records: int) -> tuple[float, int]:
    """Seconds for that many at the rate measured, and MB at the end."""
    with tempfile.TemporaryDirectory(prefix="draagvlak-bench-") as folder:
        path = Path(folder)
        with kafka.running(path / "kafka", heap_mb=1_024) as cluster, platform(path, cluster.bootstrap) as there:
            fill(there.bootstrap, records)
            rate, memory = measure(OURS, there, records)
    print(f"{records:,}: {records / rate:.1f} s, {rate:,.0f} a second, {memory} MB", flush=True)
    return records / rate, memory


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=200_000)
    chosen = options.parse_args()
    (short, little), (long, much) = run(chosen.records), run(10 * chosen.records)
    ratio = long / short
    print(f"ten times the answers: {ratio:.2f} times the time, {much - little:+d} MB")
    keep(
        "ingest_growth",
        {"records": [chosen.records, 10 * chosen.records], "seconds": [short, long], "memory_mb": [little, much]},
    )
    return 0 if SMALLEST <= ratio <= LARGEST and much - little <= MORE_MB else 1


if __name__ == "__main__":
    sys.exit(main())
