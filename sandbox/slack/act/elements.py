"""Finding an element in blocks, and saying what was clicked, chosen or typed, in Slack's shapes. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.slack.act.requests import RememberedAction, Selection
from sandbox.slack.wire import Json

_OPTION_LISTS = frozenset({"checkboxes", "multi_static_select"})
_ONE_OPTION = frozenset({"static_select", "radio_buttons", "overflow"})
_TYPED = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
_PICKED = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
_PICKED_LISTS = {
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}


class UnknownOptionError(Exception):
    """A value was chosen that the element does not offer."""


@dataclass(frozen=True, slots=True)
class Found:
    """An interactive element, the block it stands in, and whether the person must fill it."""

    block_id: str
    element: Json
    is_input: bool = False
    required: bool = False


def interactive_elements(blocks: Sequence[Json]) -> Iterator[Found]:
    """All interactive elements of a message or view."""
    for block in blocks:
        kind, block_id = block["type"], block["block_id"]
        if kind == "actions":
            for element in block["elements"]:
                yield Found(block_id, element)
        elif kind == "input":
            yield Found(block_id, block["element"], is_input=True, required=not block.get("optional", False))
        elif kind == "section" and block.get("accessory", {}).get("type", "image") != "image":
            yield Found(block_id, block["accessory"])


def find_element(blocks: Sequence[Json], action_id: str, block_id: str | None) -> Found | None:
    """The element with this action id (in this block, if one is named)."""
    for found in interactive_elements(blocks):
        if found.element["action_id"] == action_id and block_id in (None, found.block_id):
            return found
    return None


def action_of(found: Found, selection: Selection, action_ts: str) -> Json:
    """The entry of ``actions`` for a click or a choice; raises :class:`UnknownOptionError`."""
    element = found.element
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": found.block_id,
        "action_ts": action_ts,
    }
    if element["type"] == "button":
        action |= {name: element[name] for name in ("text", "value", "style") if name in element}
        return action
    return action | _value_of(element, selection)


def remembered_action(remembered: RememberedAction, action_ts: str) -> Json:
    """The entry of ``actions`` for a click on an element that is on the person's screen only."""
    action: Json = {
        "type": remembered.type,
        "action_id": remembered.action_id,
        "block_id": remembered.block_id,
        "action_ts": action_ts,
    }
    if remembered.type == "button":
        action["text"] = {"type": "plain_text", "text": remembered.text or remembered.action_id, "emoji": True}
        if remembered.value is not None:
            action["value"] = remembered.value
    else:
        action["selected_option"] = {"value": remembered.value}
    return action


def state_of(blocks: Sequence[Json], inputs: Mapping[str, Selection]) -> Json:
    """``state.values``: what every input holds, by block id and action id; initial values where nothing is given."""
    values: Json = {}
    for found in interactive_elements(blocks):
        element = found.element
        if element["type"] in ("button", "overflow"):
            continue
        selection = _given(found, inputs)
        value = _value_of(element, selection)
        values.setdefault(found.block_id, {})[element["action_id"]] = {"type": element["type"]} | value
    return values


def missing_inputs(blocks: Sequence[Json], state: Json) -> list[str]:
    """Block ids of required inputs that are empty: Slack's client does not send such a modal."""
    missing = []
    for found in interactive_elements(blocks):
        if found.is_input and found.required:
            held = state[found.block_id][found.element["action_id"]]
            if not any(value for name, value in held.items() if name != "type"):
                missing.append(found.block_id)
    return missing


def _given(found: Found, inputs: Mapping[str, Selection]) -> Selection:
    element = found.element
    for name in (f"{found.block_id}/{element['action_id']}", element["action_id"]):
        if name in inputs:
            return inputs[name]
    return _initial(element)


def _initial(element: Json) -> Selection:
    if "initial_option" in element:
        return str(element["initial_option"]["value"])
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    for name, value in element.items():
        if name.startswith("initial_"):
            return value if isinstance(value, list) else str(value)
    return None


def _value_of(element: Json, selection: Selection) -> Json:
    kind = element["type"]
    one = selection[0] if isinstance(selection, list) and selection else selection or None
    many = selection if isinstance(selection, list) else [selection] if selection else []
    if kind in _TYPED:
        return {"value": one}
    if kind in _ONE_OPTION:
        return {"selected_option": _option(element, one) if isinstance(one, str) else None}
    if kind in _OPTION_LISTS:
        return {"selected_options": [_option(element, value) for value in many]}
    if kind in _PICKED_LISTS:
        return {_PICKED_LISTS[kind]: many}
    return {_PICKED[kind]: one}


def _option(element: Json, value: str) -> Json:
    groups = [group["options"] for group in element.get("option_groups", ())]
    for options in (element.get("options", ()), *groups):
        for option in options:
            if option["value"] == value:
                return {"text": option["text"], "value": value}
    raise UnknownOptionError(f"The element {element['action_id']} offers no option with the value {value!r}.")
