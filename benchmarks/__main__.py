"""Everything that is measured: ``python -m benchmarks`` runs all, ``python -m benchmarks NAME …`` some.

Each benchmark is a module of this folder with a command of its own (``python -m benchmarks.NAME --help``), prints a
table and keeps its figures in ``benchmarks/results/NAME.json``. They run one after the other: side by side they would
measure each other.
"""

import argparse
import subprocess
import sys
from typing import Final

BENCHMARKS: Final[dict[str, str]] = {
    "answers": "answers at 300 and 500 a second with everything on this machine, and with a frozen broker",
    "rolling_restart": "every service restarted under 100 answers a second: lost, double, latency",
    "attacker": "what follows from all that is published, and what safety costs",
    "ingest_throughput": "from Kafka to durable rows, beside other libraries",
    "ingest_latency": "from acknowledged answer to visible row",
    "ingest_growth": "ten times the answers: time and memory",
    "coverage": "how often the published interval contains the truth",
    "verdicts": "false alarms, intervals of teams, and what change a team of each size can show",
    "sending": "invitations at the rate that Slack allows",
    "dashboards": "all queries of each dashboard against the metrics API over many releases",
    "metrics_api": "the metrics API over many releases: time to answer per endpoint",
    "release": "the release of a wave of 100,000 and of 1,000,000 ballots: time, memory",
    "sandbox": "a newcomer's sandbox: start, page, clicks, long stories",
    "story": "the whole demo: time, memory",
}
"""Name of the module -> what it measures, in the order of running."""


def main() -> int:
    """Run the benchmarks. Gives 1 when one of them failed, else 0."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    chosen: list[str] = options.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in chosen if name not in BENCHMARKS]:
        options.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    failed = []
    for name in chosen:
        print(f"\n== {name}: {BENCHMARKS[name]}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed or short of the goal: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
