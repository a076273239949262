"""The whole demo as a visitor starts it: ``draagvlak demo --once`` as a process, its time and its memory at the peak.

``python -m benchmarks.story`` plays it ``--runs`` times in folders of their own. Exit code 1 when the median takes
120 s or longer, or 1.5 GB or more.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Final

from benchmarks.results import keep

GOAL_SECONDS: Final = 120.0
GOAL_MB: Final = 1536
_PEAK = re.compile(r"memory of all processes together at its peak: (\d+) MB")


class StoryFailed(RuntimeError):
    """The demo did not play to its end."""


def play(port_base: int) -> tuple[float, int]:
    """Seconds and peak in MB of one whole demo. Raises StoryFailed with the end of what it said."""
    with tempfile.TemporaryDirectory(prefix="draagvlak-benchmark-") as folder:
        began = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-m", "services.command_line", "demo", "--once"],
            env=os.environ | {"DRAAGVLAK_STATE": f"{folder}/state", "DRAAGVLAK_PORT_BASE": str(port_base)},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
    peak = _PEAK.search(ended.stdout)
    if ended.returncode or peak is None:
        raise StoryFailed((ended.stdout + ended.stderr)[-2000:])
    return seconds, int(peak.group(1))


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--port-base", type=int, default=8700)
    chosen = options.parse_args()
    measured = [play(chosen.port_base) for _ in range(chosen.runs)]
    seconds, peaks = [one[0] for one in measured], [one[1] for one in measured]
    median_seconds, median_peak = statistics.median(seconds), statistics.median(peaks)
    print(f"seconds: median {median_seconds:.1f} of {', '.join(f'{one:.1f}' for one in seconds)}")
    print(f"peak MB: median {median_peak:.0f} of {', '.join(map(str, peaks))}")
    keep("story", {"seconds": seconds, "median_seconds": median_seconds, "peak_mb": peaks})
    return 1 if median_seconds >= GOAL_SECONDS or median_peak >= GOAL_MB else 0


if __name__ == "__main__":
    sys.exit(main())
