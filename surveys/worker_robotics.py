"""The published file of the worker survey as the two files that `draagvlak import` reads beside worker_robotics.yaml.

    python -m surveys.worker_robotics worker_robotics_survey.csv FOLDER

writes FOLDER/answers.csv and FOLDER/roster.csv. The file has a worker a row and 40 columns; the job domain (column 6)
becomes the team. How many people were asked is not published: invited is answered / 0.7, rounded up.
"""

import csv
import sys
from collections import Counter
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Final

TEAM_COLUMN: Final = 6
"""Counted from 1, as all columns here."""

ITEM_COLUMNS: Final = {"STAKE1": 31, "STAKE2": 34, "STAKE3": 37, "PRIVACY1": 38, "PRIVACY2": 39, "PRIVACY3": 40}

TEAMS: Final = {
    "Construction": "construction",
    "Contract Work": "contract-work",
    "Manufacturing": "manufacturing",
    "Retail": "retail",
    "Transportation / Delivery / Postal Services": "transportation",
    "Warehousing": "warehousing",
}

RESPONSE: Final = (7, 10)
"""The share of people that is taken to have answered, as a fraction, so that rounding up is exact."""


def write(source: Path, folder: Path) -> tuple[Path, Path]:
    """Write answers.csv and roster.csv into ``folder``; gives their paths. Raises KeyError for an unknown domain."""
    with source.open(encoding="utf-8", newline="") as lines:
        workers = list(csv.reader(lines))[1:]
    answered = Counter(worker[TEAM_COLUMN - 1] for worker in workers)
    answers = [
        [TEAMS[worker[TEAM_COLUMN - 1]], *(worker[column - 1] for column in ITEM_COLUMNS.values())]
        for worker in workers
    ]
    roster = [
        [TEAMS[domain], "", domain, str(ceil(count * RESPONSE[1] / RESPONSE[0]))]
        for domain, count in sorted(answered.items())
    ]
    return (
        _table(folder / "answers.csv", ["team", *ITEM_COLUMNS], answers),
        _table(folder / "roster.csv", ["team", "parent", "name", "invited"], roster),
    )


def _table(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(Path(sys.argv[1]), Path(sys.argv[2]))
