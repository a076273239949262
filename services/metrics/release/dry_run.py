"""What a release would show, in two numbers: more would be a release without its rules."""

import structlog
from clickhouse_connect.driver.client import Client

from services.metrics.release.barrier import Held
from services.metrics.release.cells import Status
from services.metrics.release.document import Published
from services.metrics.release.steps import prepare
from services.metrics.release.storing import stored
from services.metrics.released.documents import Document

_log = structlog.get_logger(__name__)


def summary(client: Client, wave_id: str) -> str:
    """One sentence for operators. Raises WaveNotClosed."""
    already = stored(client, wave_id)
    _log.info("dry run of a release", wave=wave_id, released=already is not None)
    if already is not None:
        return f"wave {wave_id} has been released: {_counted(already)}"
    ready = prepare(client, wave_id)
    if isinstance(ready, Held):
        return f"wave {wave_id} would be held back: {ready.detail}"
    return f"wave {wave_id}: {_counted(ready.release.published)}"


def _counted(published: Published) -> str:
    """How many nodes have any number in the document, per wave or per window."""
    document = Document.model_validate_json(published.content)
    shown = {cell.node_id for cell in document.cells if cell.status == Status.SHOWN.value}
    shown |= {cell.node_id for cell in document.window_cells if cell.status == Status.SHOWN.value}
    return f"{len(shown)} nodes shown, {len(document.node.keys() - shown)} hidden"
