"""Who belongs where: the roster's CSV, joined with what Slack knows of the people."""

import csv
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.contracts.base import Language
from services.contracts.files import Fault, FileFaults
from services.contracts.tree import Tree
from services.pulse_bot.ledger.invitations import Member
from services.pulse_bot.locales import language_of
from services.pulse_bot.slack import SlackPerson

_COLUMNS = ["member", "node"]


@dataclass(frozen=True)
class Audience:
    """The people of an opening wave, and how many of the roster are not invited because Slack cannot reach them."""

    members: tuple[Member, ...]
    not_in_slack: int
    not_invitable: int

    @property
    def per_node(self) -> Mapping[str, int]:
        """How many are attached directly to each node."""
        return Counter(member.node_id for member in self.members)


def load_roster(path: Path, tree: Tree) -> dict[str, str]:
    """Member id -> node id, from a CSV with the columns ``member,node``. Raises FileFaults, one fault a line.

    Messages name lines and nodes, never people.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except OSError as error:
        raise FileFaults([Fault(str(path), 0, "", f"cannot be read: {error.strerror}")]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFaults([Fault(str(path), 0, "", f"is not a CSV file in UTF-8: {error}")]) from None
    if not rows or [cell.strip() for cell in rows[0]] != _COLUMNS:
        raise FileFaults([Fault(str(path), 1, "", "the first line must be: member,node")])
    return _read_rows(path, rows[1:], tree)


def _read_rows(path: Path, rows: Sequence[Sequence[str]], tree: Tree) -> dict[str, str]:
    roster: dict[str, str] = {}
    faults: list[Fault] = []
    for line, row in enumerate(rows, start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(_COLUMNS) or not all(cells):
            faults.append(Fault(str(path), line, "", "a line has a member and a node"))
        elif cells[1] not in tree.by_id:
            faults.append(Fault(str(path), line, "node", f"the tree has no node {cells[1]}"))
        elif cells[0] in roster:
            faults.append(Fault(str(path), line, "member", "this member stands on an earlier line too"))
        else:
            roster[cells[0]] = cells[1]
    if faults:
        raise FileFaults(faults)
    return roster


async def audience(
    roster: Mapping[str, str], people: AsyncIterator[SlackPerson], workspace: str, language: Language
) -> Audience:
    """The people of the roster whom Slack can reach; ``language`` is for those whose locale is none of ours."""
    members: list[Member] = []
    found = 0
    async for person in people:
        if person.member not in roster:
            continue
        found += 1
        if person.invitable:
            members.append(
                Member(
                    workspace=workspace,
                    member=person.member,
                    node_id=roster[person.member],
                    language=language_of(person.locale, language),
                    timezone=person.timezone,
                )
            )
    members.sort(key=lambda member: member.member)
    return Audience(tuple(members), not_in_slack=len(roster) - found, not_invitable=found - len(members))
