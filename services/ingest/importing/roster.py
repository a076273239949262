"""Who was asked: the roster of an existing survey as a tree with invited people."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from services.contracts.base import ROOT_ID, Identifier, Text
from services.contracts.faults import Fault, FileFaults
from services.contracts.tree import Merged, Node, Tree, TreeError, merge_small_units
from services.ingest.importing.tabular import Row, Sheet, read

COLUMNS: Final = ("team", "parent", "invited")
_NAMES: Final = ("name", "name_nl", "name_en")
_IDENTIFIER: Final = TypeAdapter(Identifier)
_ROOT: Final = Text(nl="Organisatie", en="Organisation")


@dataclass(frozen=True)
class Roster:
    """The tree as the file describes it with the people attached directly to each node, and the same after merging."""

    tree: Tree
    invited: Mapping[str, int]
    merged: Merged
    remarks: tuple[str, ...] = ()


def load_roster(path: Path) -> Roster:
    """The roster in ``path``: `team,parent,name,invited`, or `name_nl` and `name_en` for `name`.

    ``invited`` counts the people attached directly to the team; an empty ``parent`` is the organisation. Raises
    FileFaults: the numbers of a release rest on it, so no row of it may be wrong.
    """
    sheet = read(path, COLUMNS)
    faults = list(sheet.faults)
    if "name" not in sheet.header and not {"name_nl", "name_en"} <= set(sheet.header):
        faults.append(sheet.fault(1, "name", "this column is missing (or name_nl and name_en)"))
    unknown = sorted(set(sheet.header) - {*COLUMNS, *_NAMES})
    faults += [sheet.fault(1, name, "is not a column of a roster; leave it out") for name in unknown]
    if faults:
        raise FileFaults(faults)
    nodes: dict[str, tuple[Row, Node]] = {}
    invited: dict[str, int] = {}
    for row in sheet.rows:
        node, people = _node(sheet, row, faults)
        if node is None or people is None:
            continue
        if node.id in nodes:
            faults.append(sheet.fault(row.line, "team", f"{node.id} stands in the roster twice"))
        nodes[node.id] = (row, node)
        invited[node.id] = people
    for row, node in nodes.values():
        if node.parent is not None and node.parent not in nodes and node.parent != ROOT_ID:
            faults.append(sheet.fault(row.line, "parent", f"{node.parent} is not a team of the roster"))
    if faults:
        raise FileFaults(faults)
    tree = _tree(sheet, nodes)
    return Roster(tree, invited, _merged(sheet, tree, invited), sheet.remarks)


def _node(sheet: Sheet, row: Row, faults: list[Fault]) -> tuple[Node | None, int | None]:
    cells, before = row.cells, len(faults)
    for field in ("team", "parent"):
        if not cells[field] and field == "parent":
            continue
        try:
            _IDENTIFIER.validate_python(cells[field])
        except ValidationError:
            rule = "must be letters, digits or one of _ . + - (at most 127, starting with a letter or digit)"
            faults.append(sheet.fault(row.line, field, f"{cells[field]!r} {rule}"))
    names = {language: cells.get(f"name_{language}") or cells.get("name", "") for language in ("nl", "en")}
    if not all(names.values()):
        faults.append(sheet.fault(row.line, "name", "is empty"))
    count = cells["invited"]
    if not count.isascii() or not count.isdigit():
        faults.append(sheet.fault(row.line, "invited", f"{count!r} is not a number of people"))
    if len(faults) > before:
        return None, None
    is_root = cells["team"] == ROOT_ID
    if is_root and cells["parent"]:
        faults.append(sheet.fault(row.line, "parent", f"{ROOT_ID} is the top of the tree and has no parent"))
        return None, None
    parent = None if is_root else cells["parent"] or ROOT_ID
    return Node(id=cells["team"], parent=parent, name=Text(**names)), int(count)


def _tree(sheet: Sheet, nodes: Mapping[str, tuple[Row, Node]]) -> Tree:
    """Parents before children, whatever their order in the file."""
    root = nodes[ROOT_ID][1] if ROOT_ID in nodes else Node(id=ROOT_ID, parent=None, name=_ROOT)
    placed = {ROOT_ID: root}
    waiting = {team: node for team, (_, node) in nodes.items() if team != ROOT_ID}
    while ready := [node for node in waiting.values() if node.parent in placed]:
        for node in ready:
            placed[node.id] = waiting.pop(node.id)
    if waiting:
        faults = [sheet.fault(nodes[team][0].line, "parent", "its parents go round in a circle") for team in waiting]
        raise FileFaults(faults)
    return Tree(nodes=tuple(placed.values()))


def _merged(sheet: Sheet, tree: Tree, invited: Mapping[str, int]) -> Merged:
    try:
        return merge_small_units(tree, invited)
    except TreeError as error:
        raise FileFaults([sheet.fault(1, "invited", str(error))]) from None
