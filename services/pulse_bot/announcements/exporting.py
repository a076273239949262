"""Released cells as a file: what everybody has seen, and nothing that was not released."""

import csv
from collections.abc import Sequence
from io import StringIO

from services.pulse_bot.announcements.releases import Released

COLUMNS = (
    "wave",
    "closed_at",
    "node",
    "measure",
    "status",
    "score",
    "score_label",
    "low",
    "high",
    "n",
    "n_band",
    "response_band",
)


def released_cells(released: Sequence[Released]) -> bytes:
    """A CSV in UTF-8 with a byte order mark, for spreadsheets; a row a cell, empty where nothing was released."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in released:
        for cell in one.cells:
            known = cell.model_dump(exclude={"node_id"})
            row = {"wave": one.wave, "closed_at": one.closed_at.isoformat(), "node": cell.node_id} | known
            writer.writerow(["" if row[column] is None else row[column] for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")
