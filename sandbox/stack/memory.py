"""How much memory the whole tree of processes takes."""

import threading

import psutil


def tree_bytes() -> int:
    """Memory of this process and all below it: proportional set size, or resident set size where that is not known.

    Proportional: memory that several processes share is counted once in the sum.
    """
    this = psutil.Process()
    total = 0
    for process in (this, *this.children(recursive=True)):
        try:
            total += _bytes_of(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # it ended between listing and asking
    return total


def _bytes_of(process: psutil.Process) -> int:
    try:
        proportional: int | None = getattr(process.memory_full_info(), "pss", None)
    except psutil.AccessDenied:
        proportional = None
    return int(process.memory_info().rss) if proportional is None else proportional


class PeakMemory:
    """Samples the tree until it is stopped and knows the highest sum, in bytes."""

    def __init__(self, every_seconds: float = 1.0) -> None:
        self._every = every_seconds
        self._peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="memory", daemon=True)

    def start(self) -> None:
        """Begin sampling."""
        self._thread.start()

    def stop(self) -> int:
        """Take a last sample, end, and give the peak in bytes."""
        if self._thread.is_alive():
            self._stop.set()
            self._thread.join()
        return self._peak

    def _sample(self) -> None:
        while True:
            self._peak = max(self._peak, tree_bytes())
            if self._stop.wait(self._every):
                return
