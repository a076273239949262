"""What was answered: the rows of an existing survey, checked one by one."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.contracts.faults import Fault, FileFaults
from services.contracts.survey import Item, Survey
from services.ingest.importing.roster import Roster
from services.ingest.importing.tabular import Row, Sheet, read

RATHER_NOT_SAY: Final = "-"


@dataclass(frozen=True)
class Ballot:
    """The answers of one row: unit label after merging, and item -> value, None for "rather not say"."""

    ballot_id: str
    unit: str
    values: Mapping[str, int | None]


@dataclass(frozen=True)
class Answers:
    """The good rows as ballots, and what is wrong with each of the others."""

    ballots: tuple[Ballot, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[str, ...]


def load_answers(path: Path, survey: Survey, roster: Roster, wave_id: str) -> Answers:
    """The answers in ``path``: `team`, then a column an item; empty = not answered, `-` = rather not say.

    An answer is the number of a point of the scale (from 1) or its label in either language. Raises FileFaults when
    the columns do not fit the survey, when a team has more answers than people, or when no row can be used.
    """
    items = survey.by_id
    sheet = read(path, ("team", *items))
    unknown = sorted(set(sheet.header) - {"team", *items})
    if unknown:
        raise FileFaults([sheet.fault(1, name, "is not an item of the survey; leave it out") for name in unknown])
    faults = list(sheet.faults)
    key = _file_key(sheet)
    points = {item.id: _points(item) for item in survey.items}
    ballots: list[Ballot] = []
    people: Counter[str] = Counter()
    for row in sheet.rows:
        values, wrong = _values(sheet, row, items, points)
        team = row.cells["team"]
        if team not in roster.tree.by_id:
            wrong.insert(0, sheet.fault(row.line, "team", f"{team!r} is not a team of the roster"))
        elif not values and not wrong:
            wrong.append(sheet.fault(row.line, "", "has no answer at all"))
        if wrong:
            faults += wrong
            continue
        people[team] += 1
        ballots.append(Ballot(_ballot_id(key, wave_id, row.line), roster.merged.unit_of[team], values))
    _refuse_more_than_invited(sheet, people, roster)
    if not ballots:
        none = sheet.fault(1, "", "has no row that can be used")
        raise FileFaults([*faults[:20], none])
    return Answers(tuple(ballots), tuple(sorted(faults, key=lambda fault: fault.line)), sheet.remarks)


def _values(
    sheet: Sheet, row: Row, items: Mapping[str, Item], points: Mapping[str, Mapping[str, int]]
) -> tuple[dict[str, int | None], list[Fault]]:
    values: dict[str, int | None] = {}
    wrong: list[Fault] = []
    for item_id, item in items.items():
        text = row.cells[item_id]
        if not text:
            continue
        if text == RATHER_NOT_SAY:
            values[item_id] = None
        elif (value := points[item_id].get(text.casefold())) is not None:
            values[item_id] = value
        else:
            message = f"{text[:40]!r} is not a point of the scale (1 to {item.points}, or its words)"
            wrong.append(sheet.fault(row.line, item_id, message))
    return values, wrong


def _points(item: Item) -> dict[str, int]:
    """What can stand in a cell -> the point. Words win over numbers, for scales whose words are numbers."""
    numbers = {str(point): point for point in range(1, item.points + 1)}
    words = {
        words.casefold(): point for point, label in enumerate(item.scale, start=1) for words in (label.nl, label.en)
    }
    return numbers | words


def _refuse_more_than_invited(sheet: Sheet, people: Mapping[str, int], roster: Roster) -> None:
    faults = [
        sheet.fault(1, "team", f"{team} has {count} rows, but only {roster.invited.get(team, 0)} people were invited")
        for team, count in sorted(people.items())
        if count > roster.invited.get(team, 0)
    ]
    if faults:
        raise FileFaults(faults)


def _file_key(sheet: Sheet) -> bytes:
    """A key that only who has the answers has: the hash of what the file says, whatever its encoding and separator."""
    digest = hashlib.sha256()
    for line, cells in ((1, sheet.header), *((row.line, tuple(row.cells.values())) for row in sheet.rows)):
        digest.update(repr((line, cells)).encode())
    return digest.digest()


def _ballot_id(key: bytes, wave_id: str, line: int) -> str:
    """128 bits in hexadecimal; the same file and wave give the same, so that a second import replaces the first."""
    return hmac.digest(key, f"{wave_id}|{line}".encode(), "sha256").hex()[:32]
