"""Blocks and views are refused exactly at Slack's limits."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from sandbox.slack.blocks import checked_message_blocks, checked_view
from sandbox.slack.wire import SlackError

Json = dict[str, Any]


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def section(text: Json | None = None, **more: Any) -> Json:
    return {"type": "section", "text": text or {"type": "mrkdwn", "text": "x"}, **more}


def button(**changes: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain(5)} | changes


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def buttons(count: int) -> list[Json]:
    return [button(action_id=f"a{number}") for number in range(count)]


def menu(options: int = 2, text: int = 5, value: int = 5) -> Json:
    listed = [{"text": plain(text), "value": "v" * value} for _ in range(options)]
    return {"type": "static_select", "action_id": "m", "options": listed}


FITS_AND_NOT = {
    "blocks of a message": ([section()] * 50, [section()] * 51),
    "text of a button": ([actions(button(text=plain(75)))], [actions(button(text=plain(76)))]),
    "value of a button": ([actions(button(value="v" * 2000))], [actions(button(value="v" * 2001))]),
    "action id": ([actions(button(action_id="a" * 255))], [actions(button(action_id="a" * 256))]),
    "block id": ([section(block_id="b" * 255)], [section(block_id="b" * 256)]),
    "elements of actions": ([actions(*buttons(25))], [actions(*buttons(26))]),
    "text of a section": ([section(plain(3000))], [section(plain(3001))]),
    "fields of a section": ([section(fields=[plain(1)] * 10)], [section(fields=[plain(1)] * 11)]),
    "text of a field": ([section(fields=[plain(2000)])], [section(fields=[plain(2001)])]),
    "header": ([{"type": "header", "text": plain(150)}], [{"type": "header", "text": plain(151)}]),
    "elements of context": (
        [{"type": "context", "elements": [plain(1)] * 10}],
        [{"type": "context", "elements": [plain(1)] * 11}],
    ),
    "text of an option": ([actions(menu(text=75))], [actions(menu(text=76))]),
    "value of an option": ([actions(menu(value=150))], [actions(menu(value=151))]),
    "number of options": ([actions(menu(options=100))], [actions(menu(options=101))]),
}


@pytest.mark.parametrize("what", FITS_AND_NOT)
def test_a_limit_lets_its_last_value_in_and_the_next_one_not(what: str) -> None:
    fits, too_much = FITS_AND_NOT[what]
    checked_message_blocks(fits)
    with pytest.raises(SlackError) as refusal:
        checked_message_blocks(too_much)
    assert refusal.value.code == "invalid_blocks"
    assert "json-pointer:/blocks" in refusal.value.messages[0]


NONSENSE = {
    "no list": {"type": "section"},
    "unknown block": [{"type": "carousel"}],
    "unknown field": [section(colour="red")],
    "unknown element": [actions({"type": "knob", "action_id": "a"})],
    "header in mrkdwn": [{"type": "header", "text": {"type": "mrkdwn", "text": "*x*"}}],
    "empty text": [section(plain(0))],
    "section without text": [{"type": "section"}],
    "two blocks with one id": [section(block_id="b"), section(block_id="b")],
    "two buttons with one action id": [actions(button(), button())],
    "style that is none": [actions(button(style="green"))],
    "image without description": [{"type": "image", "image_url": "https://x.nl/a.png"}],
    "text that is no object": [{"type": "section", "text": "x"}],
    "block that is no object": ["x"],
    "elements that are no list": [{"type": "actions", "elements": "x"}],
    "button text of the wrong type": [actions(button(text=5))],
    "menu without options": [actions({"type": "static_select", "action_id": "m"})],
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_refused_and_never_an_accident(what: str) -> None:
    with pytest.raises(SlackError) as refusal:
        checked_message_blocks(NONSENSE[what])
    assert refusal.value.code == "invalid_blocks"


def test_the_sum_of_all_blocks_has_a_limit_too() -> None:
    with pytest.raises(SlackError) as refusal:
        checked_message_blocks([section(plain(2900)) for _ in range(5)])
    assert refusal.value.code == "msg_blocks_too_long"


def test_blocks_and_elements_without_ids_are_given_some() -> None:
    elements = [{key: value for key, value in button().items() if key != "action_id"} for _ in range(2)]
    checked = orjson.loads(checked_message_blocks([section(), actions(*elements)]))
    assert len({block["block_id"] for block in checked}) == 2
    assert len({element["action_id"] for element in checked[1]["elements"]}) == 2


def modal(**changes: Any) -> Json:
    return {"type": "modal", "title": plain(24), "blocks": [section()]} | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"title": plain(25)},
        {"submit": plain(25)},
        {"close": plain(25)},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"blocks": [section()] * 101},
        {"blocks": [{"type": "markdown", "text": "x"}]},
        {"type": "home"},
        {"colour": "red"},
        {"blocks": [{"type": "input", "label": plain(3), "element": {"type": "plain_text_input"}}]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_view_over_its_limits_is_refused(changes: Json) -> None:
    checked_view(modal(), kind="modal")
    with pytest.raises(SlackError) as refusal:
        checked_view(modal(**changes), kind="modal")
    assert refusal.value.code == "invalid_arguments"


def test_a_huge_view_is_refused() -> None:
    with pytest.raises(SlackError, match="view_too_large"):
        checked_view(modal(blocks=[section(plain(3000))] * 100), kind="modal")


def test_a_hundred_blocks_fit_in_a_view() -> None:
    assert len(checked_view(modal(blocks=[section()] * 100), kind="modal")["blocks"]) == 100
