"""Kafka's jars, fetched once by Maven into ``build/kafka/`` and never committed."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_CACHE: Final = _HERE.parent.parent / "build" / "kafka"
_FETCH_SECONDS: Final = 300


class JarsMissing(RuntimeError):
    """Maven could not fetch the jars; the text is what it said."""


def classpath() -> str:
    """The class path of the broker and its tools, fetched when it is not there yet. Raises JarsMissing.

    A changed pom.xml is a folder of its own. Several test runs may ask at once: one fetches, the others wait.
    """
    folder = _CACHE / hashlib.sha256((_HERE / "pom.xml").read_bytes()).hexdigest()[:12]
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _fetch(folder)
    return f"{folder}{os.sep}*"


def _fetch(folder: Path) -> None:
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = ["mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "--file", str(_HERE / "pom.xml")]
    fetched = subprocess.run(
        [*command, "dependency:copy-dependencies", f"-DoutputDirectory={unfinished}", "-DincludeScope=runtime"],
        capture_output=True,
        text=True,
        timeout=_FETCH_SECONDS,
        check=False,
    )
    if fetched.returncode or not any(unfinished.glob("kafka_*.jar")):
        raise JarsMissing(f"Maven could not fetch Kafka: {fetched.stdout[-2000:]}{fetched.stderr[-2000:]}")
    unfinished.rename(folder)
