"""Checks blocks and views as strictly as Slack does, and gives ids to blocks and elements that came without.

Faults read like Slack's: what is wrong, and a JSON pointer to where.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from sandbox.slack import limits
from sandbox.slack.grammar import (
    BLOCKS,
    ELEMENTS,
    MESSAGE_ONLY,
    VIEW_FIELDS,
    Anything,
    Element,
    Field,
    Flag,
    Items,
    Number,
    Record,
    String,
    Text,
)
from sandbox.slack.identifiers import short_id
from sandbox.slack.wire import Json, SlackError


def checked_message_blocks(blocks: object) -> bytes:
    """A message's blocks as JSON, ids filled in; raises ``invalid_blocks`` or ``msg_blocks_too_long``."""
    return _checked(orjson.dumps(blocks))


@lru_cache(maxsize=1024)
def _checked(raw: bytes) -> bytes:
    # One question goes to everybody: the same blocks are checked once. (A refusal is not remembered.)
    check = _Check("message")
    checked = check.blocks(orjson.loads(raw), limits.MESSAGE_BLOCKS, "/blocks")
    if check.faults:
        raise SlackError(
            "invalid_blocks",
            messages=tuple(f"[ERROR] {fault}" for fault in check.faults),
            details={"errors": check.faults},
        )
    kept = orjson.dumps(checked)
    if len(kept.decode()) > limits.MESSAGE_BLOCKS_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return kept


def checked_view(view: object, *, kind: str) -> Json:
    """A view of this type (``modal`` or ``home``), ids filled in; raises ``invalid_arguments`` or
    ``view_too_large``."""
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", messages=("[ERROR] must provide an object [json-pointer:/view]",))
    if len(orjson.dumps(view)) > limits.VIEW_BYTES:
        raise SlackError("view_too_large")
    check = _Check(kind)
    check.fields(view, VIEW_FIELDS, "/view", ignore=())
    if view.get("type") != kind:
        check.fault(f"expected a view of type {kind}", "/view/type")
    checked = {**view, "blocks": check.blocks(view.get("blocks"), limits.VIEW_BLOCKS, "/view/blocks")}
    if kind == "modal":
        if view.get("title") is None:
            check.fault("missing required field: title", "/view")
        if view.get("submit") is None and any(block.get("type") == "input" for block in checked["blocks"]):
            check.fault("missing required field: submit (the view has input blocks)", "/view")
    if check.faults:
        raise SlackError("invalid_arguments", messages=tuple(f"[ERROR] {fault}" for fault in check.faults))
    return checked


class _Check:
    """Walks one list of blocks and gathers every fault in it."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.faults: list[str] = []

    def fault(self, what: str, where: str) -> None:
        self.faults.append(f"{what} [json-pointer:{where}]")

    def blocks(self, blocks: object, maximum: int, where: str) -> list[Json]:
        if not isinstance(blocks, list):
            self.fault("must be an array", where)
            return []
        if len(blocks) > maximum:
            self.fault(f"no more than {maximum} items allowed", where)
            return []
        checked: list[Json] = []
        seen: set[str] = set()
        for index, block in enumerate(blocks):
            here = f"{where}/{index}"
            if not isinstance(block, dict):
                self.fault("must be an object", here)
                continue
            self._block(block, here)
            with_ids = _with_ids(block)
            block_id = with_ids["block_id"]
            if not isinstance(block_id, str) or not 0 < len(block_id) <= limits.BLOCK_ID:
                self.fault(f"must be a string of 1 to {limits.BLOCK_ID} characters", f"{here}/block_id")
            elif block_id in seen:
                self.fault(f"`block_id` {block_id} is used twice", f"{here}/block_id")
            else:
                seen.add(block_id)
            checked.append(with_ids)
        return checked

    def _block(self, block: Json, where: str) -> None:
        kind = block.get("type")
        fields = BLOCKS.get(kind) if isinstance(kind, str) else None
        if fields is None or (kind in MESSAGE_ONLY and self._place != "message"):
            self.fault(f"unsupported type: {kind}", f"{where}/type")
            return
        self.fields(block, fields, where, ignore=("type", "block_id"))
        if kind == "section" and not block.get("text") and not block.get("fields"):
            self.fault("missing required field: text or fields", where)
        if kind == "actions" and isinstance(block.get("elements"), list):
            ids = [e["action_id"] for e in block["elements"] if isinstance(e, dict) and "action_id" in e]
            for repeated in sorted({i for i in ids if ids.count(i) > 1}):
                self.fault(f"`action_id` {repeated} is used twice in one block", f"{where}/elements")

    def fields(self, thing: Json, fields: dict[str, Field], where: str, ignore: tuple[str, ...]) -> None:
        for name in thing:
            if name not in fields and name not in ignore:
                self.fault(f"invalid additional property: {name}", where)
        for name, field in fields.items():
            value = thing.get(name)
            if value is not None:
                self._field(value, field, f"{where}/{name}")
            elif field.required:
                self.fault(f"missing required field: {name}", where)

    def _field(self, value: Any, field: Field, where: str) -> None:
        match field:
            case Text():
                self._text(value, field, where)
            case String():
                self._string(value, field, where)
            case Element():
                self._element(value, field, where)
            case Record() if isinstance(value, dict):
                self.fields(value, field.fields, where, ignore=())
            case Record():
                self.fault("must be an object", where)
            case Items():
                self._items(value, field, where)
            case Number():
                self._number(value, field, where)
            case Flag() if not isinstance(value, bool):
                self.fault("must be a boolean", where)
            case Flag() | Anything():
                pass

    def _number(self, value: Any, field: Number, where: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault("must be an integer", where)
        elif not field.minimum <= value <= field.maximum:
            self.fault(f"must be between {field.minimum} and {field.maximum}", where)

    def _text(self, value: Any, field: Text, where: str) -> None:
        if not isinstance(value, dict) or value.get("type") not in field.kinds:
            self.fault(f"must be a text object of type {' or '.join(field.kinds)}", where)
            return
        for name in value:
            if name not in {"type", "text", "emoji", "verbatim"}:
                self.fault(f"invalid additional property: {name}", where)
        self._string(value.get("text"), String(field.limit, required=True), f"{where}/text")

    def _string(self, value: Any, field: String, where: str) -> None:
        if not isinstance(value, str):
            self.fault("must be a string", where)
        elif field.choices and value not in field.choices:
            self.fault(f"must be one of {', '.join(field.choices)}", where)
        elif len(value) > field.limit:
            self.fault(f"must be less than {field.limit + 1} characters", where)
        elif field.required and not value:
            self.fault("must be more than 0 characters", where)

    def _element(self, value: Any, field: Element, where: str) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in field.types:
            self.fault(f"unsupported type: {kind}", f"{where}/type")
        elif kind in {"plain_text", "mrkdwn"}:
            self._text(value, Text(limits.SECTION_TEXT, (kind,)), where)
        else:
            self.fields(value, ELEMENTS[kind], where, ignore=("type",))
            if kind in {"static_select", "multi_static_select"} and not (
                value.get("options") or value.get("option_groups")
            ):
                self.fault("missing required field: options", where)

    def _items(self, value: Any, field: Items, where: str) -> None:
        if not isinstance(value, list):
            self.fault("must be an array", where)
            return
        if len(value) > field.maximum:
            self.fault(f"no more than {field.maximum} items allowed", where)
        if len(value) < field.minimum:
            self.fault(f"no fewer than {field.minimum} items allowed", where)
        for index, item in enumerate(value[: field.maximum]):
            self._field(item, field.item, f"{where}/{index}")


def _with_ids(block: Json) -> Json:
    """The block with a block id, and an action id on every interactive element."""
    block = {**block, "block_id": block.get("block_id") or short_id()}
    if block.get("type") == "actions" and isinstance(block.get("elements"), list):
        block["elements"] = [_with_action_id(element) for element in block["elements"]]
    for place in ("accessory", "element"):
        if isinstance(block.get(place), dict) and block[place].get("type") != "image":
            block[place] = _with_action_id(block[place])
    return block


def _with_action_id(element: Any) -> Any:
    if not isinstance(element, dict):
        return element
    return {**element, "action_id": element.get("action_id") or short_id()}
