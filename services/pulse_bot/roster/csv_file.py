"""The roster as a CSV: ``member,node``, and where it helps ``leave_from,leave_until``."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from services.contracts.faults import Fault, FileFaults
from services.contracts.tree import Tree
from services.pulse_bot.roster.people import Entry, Roster
from services.pulse_bot.waves.schedule import Leave

_COLUMNS: Final = ["member", "node"]
_WITH_LEAVE: Final = [*_COLUMNS, "leave_from", "leave_until"]


def load_roster(path: Path, tree: Tree) -> Roster:
    """The roster in ``path``. Raises FileFaults, one fault a line.

    Columns: ``member`` (Slack's id), ``node``; ``leave_from`` and ``leave_until`` are days as 2026-07-01, both
    included, either may be empty. Messages name lines and nodes, never people.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except OSError as error:
        raise FileFaults([Fault(str(path), 0, "", f"cannot be read: {error.strerror}")]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFaults([Fault(str(path), 0, "", f"is not a CSV file in UTF-8: {error}")]) from None
    columns = [cell.strip() for cell in rows[0]] if rows else []
    if columns not in (_COLUMNS, _WITH_LEAVE):
        raise FileFaults(
            [Fault(str(path), 1, "", "the first line must be: member,node (or member,node,leave_from,leave_until)")]
        )
    return _read_rows(path, rows[1:], tree, len(columns))


def _read_rows(path: Path, rows: Sequence[Sequence[str]], tree: Tree, width: int) -> Roster:
    entries: dict[str, Entry] = {}
    faults: list[Fault] = []
    for line, row in enumerate(rows, start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != width or not all(cells[:2]):
            faults.append(Fault(str(path), line, "", "a line has a member and a node"))
        elif cells[1] not in tree.by_id:
            faults.append(Fault(str(path), line, "node", f"the tree has no node {cells[1]}"))
        elif cells[0] in entries:
            faults.append(Fault(str(path), line, "member", "this member stands on an earlier line too"))
        else:
            try:
                entries[cells[0]] = Entry(cells[1], _leave(cells[2:]))
            except ValueError as error:
                faults.append(Fault(str(path), line, "leave_from, leave_until", str(error)))
    if faults:
        raise FileFaults(faults)
    return Roster(entries)


def _leave(cells: Sequence[str]) -> Leave:
    try:
        first, last = (date.fromisoformat(cell) if cell else None for cell in cells or ("", ""))
    except ValueError:
        raise ValueError("a day is written as 2026-07-01") from None
    if first and last and last < first:
        raise ValueError("the leave ends before it starts")
    return Leave(first, last)
