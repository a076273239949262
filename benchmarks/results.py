"""Keeping what was measured: figures, the command and the machine, as JSON beside the benchmarks."""

import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

FOLDER: Final = Path(__file__).parent / "results"


def keep(name: str, figures: Mapping[str, Any]) -> Path:
    """Write ``figures`` (plain values; units in their names) to ``results/NAME.json``; gives the path."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    content = {
        "command": f"python -m benchmarks.{name} {' '.join(sys.argv[1:])}".strip(),
        "measured_on": datetime.now(UTC).date(),
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()},
        "figures": figures,
    }
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    return path
