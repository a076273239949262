"""What a release would show, in two numbers: more would be a release without its rules."""

import orjson
import structlog
from clickhouse_connect.driver.client import Client

from services.metrics.release.barrier import Held
from services.metrics.release.cells import Status
from services.metrics.release.steps import prepare
from services.metrics.release.storing import stored

_log = structlog.get_logger(__name__)


def summary(client: Client, wave_id: str) -> str:
    """One sentence for operators. Raises WaveNotClosed."""
    already = stored(client, wave_id)
    _log.info("dry run of a release", wave=wave_id, released=already is not None)
    if already is not None:
        cells = [(cell["node_id"], cell["status"]) for cell in orjson.loads(already.content)["cells"]]
        return f"wave {wave_id} has been released: {_count(cells)}"
    ready = prepare(client, wave_id)
    if isinstance(ready, Held):
        return f"wave {wave_id} would be held back: {ready.detail}"
    return f"wave {wave_id}: {_count([(cell.node_id, cell.status.value) for cell in ready.release.cells])}"


def _count(cells: list[tuple[str, str]]) -> str:
    nodes = {node for node, _ in cells}
    shown = {node for node, status in cells if status == Status.SHOWN.value}
    return f"{len(shown)} nodes shown, {len(nodes - shown)} hidden"
