"""Reading surveys and campaigns from YAML; every fault names its file, line and field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from services.contracts import yaml_text
from services.contracts.campaign import Campaign
from services.contracts.faults import Fault, FileFaults
from services.contracts.survey import ItemBank, Survey

Location = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)
B = TypeVar("B", bound=ItemBank)


def load_items(path: Path) -> ItemBank:
    """The item bank in ``path``: named ``scales``, and ``items`` that refer to them by name. Raises FileFaults."""
    return _load_bank(ItemBank, path)


def load_survey(path: Path) -> Survey:
    """The existing survey in ``path``: an item bank that may have a ``title``. Raises FileFaults."""
    return _load_bank(Survey, path)


def _load_bank(model: type[B], path: Path) -> B:
    content, lines = _read(path)
    scales = content.get("scales", {}) if isinstance(content, dict) else {}
    items = content.get("items") if isinstance(content, dict) else None
    if not isinstance(scales, dict) or not isinstance(items, list):
        raise FileFaults([Fault(str(path), 1, "items", "a survey is a mapping with `scales` and a list of `items`")])
    faults = [
        Fault(
            str(path),
            _line(lines, ("items", i, "scale")),
            f"items.{i}.scale",
            f"no scale is named {item['scale']!r}",
        )
        for i, item in enumerate(items)
        if isinstance(item, dict) and isinstance(item.get("scale"), str) and item["scale"] not in scales
    ]
    if faults:
        raise FileFaults(faults)
    resolved = [
        {**item, "scale": scales[item["scale"]]}
        if isinstance(item, dict) and isinstance(item.get("scale"), str)
        else item
        for item in items
    ]
    known = {"scales", "items"}
    extra = {key: value for key, value in content.items() if key not in known}
    return _validate(model, {"items": resolved, **extra}, path, lines)


def load_campaign(path: Path, bank: ItemBank) -> Campaign:
    """The campaign in ``path``, whose items all stand in ``bank``. Raises FileFaults."""
    content, lines = _read(path)
    campaign = _validate(Campaign, content, path, lines)
    faults = list(_unknown_items(campaign, bank, str(path), lines))
    if faults:
        raise FileFaults(faults)
    return campaign


def _unknown_items(campaign: Campaign, bank: ItemBank, file: str, lines: dict[Location, int]) -> Iterator[Fault]:
    asked: list[tuple[Location, str]] = [(("anchors", i), item) for i, item in enumerate(campaign.anchors)]
    for b, block in enumerate(campaign.blocks):
        asked.extend((("blocks", b, "items", i), item) for i, item in enumerate(block.items))
    for location, item in asked:
        if item not in bank.by_id:
            field = ".".join(map(str, location))
            yield Fault(file, _line(lines, location), field, f"the item bank has no item {item}")


def _validate(model: type[M], content: Any, path: Path, lines: dict[Location, int]) -> M:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = []
        for detail in error.errors(include_url=False):
            location = detail["loc"]
            message = detail["msg"].removeprefix("Value error, ")
            faults.append(Fault(str(path), _line(lines, location), ".".join(map(str, location)), message))
        raise FileFaults(faults) from None


def _read(path: Path) -> tuple[Any, dict[Location, int]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileFaults([Fault(str(path), 0, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise FileFaults([Fault(str(path), 0, "", f"is not UTF-8 text (byte {error.start})")]) from error
    try:
        root, content = yaml_text.load_with_nodes(text)
        lines = {} if root is None else dict(_lines(root, ()))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FileFaults([Fault(str(path), line, "", f"is not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise FileFaults([Fault(str(path), 1, "", f"is not YAML: {error}")]) from error
    except RecursionError:
        raise FileFaults([Fault(str(path), 1, "", "has things that lie too deep in each other")]) from None
    if content is None:
        raise FileFaults([Fault(str(path), 1, "", "is empty")])
    return content, lines


def _lines(node: yaml.Node, location: Location) -> Iterator[tuple[Location, int]]:
    yield location, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*location, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _lines(value, (*location, i))


def _line(lines: dict[Location, int], location: Location) -> int:
    """The line of ``location``, or of the nearest thing above it that the file holds."""
    for length in range(len(location), -1, -1):
        if location[:length] in lines:
            return lines[location[:length]]
    return 1
