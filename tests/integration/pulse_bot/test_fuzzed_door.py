"""Whatever is signed but is not what Slack sends is refused or answered, and never falls over."""

import asyncio
import copy
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.pulse_bot.manifest import PATH
from services.pulse_bot.messages.ids import ActionId, AdminVerb, CallbackId, Field, admin_action, pair
from services.pulse_bot.slack import Slack
from tests.integration.pulse_bot.house import CHAMPION, GENERAL, House
from tests.integration.pulse_bot.slack_requests import FORM, JSON, block_actions, form, signed

Json = dict[str, Any]

_COMMANDS = ("help", "status", "language nl", "pause 3", "buddy", "success", "concern", "admin", "pause ١", "language")
_HELD = {
    "value": "woorden",
    "selected_option": {"value": "nl"},
    "selected_options": [{"value": "organisation"}],
    "selected_date": "2031-01-06",
    "selected_users": [CHAMPION],
}
_LEAVES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40)
)
ANYTHING = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3)
)
"""Any JSON."""


def _click(action_id: str, value: str) -> Json:
    return block_actions(
        CHAMPION, value, action_id, channel={"id": GENERAL}, message={"ts": "1.1"}, trigger_id="1.2", view=None
    )


def _submission(callback: CallbackId, about: str) -> Json:
    return {
        "type": "view_submission",
        "user": {"id": CHAMPION},
        "team": {"id": "T1"},
        "view": {
            "id": "V1",
            "type": "modal",
            "callback_id": callback.value,
            "private_metadata": about,
            "state": {"values": {field.value: {field.value: _HELD} for field in Field}},
        },
    }


def genuine(wave_id: str) -> Iterator[Json]:
    """What Slack could send: every button, every modal, every event that the bot listens to."""
    for action in ActionId:
        for value in ("-", pair(wave_id, "1"), pair("new", "OQ1"), f"invitation|{wave_id}|0|A1|3"):
            yield _click(f"{action.value}.1" if action is ActionId.ANSWER else action.value, value)
    for verb in AdminVerb:
        yield _click(admin_action(verb), wave_id)
    for callback in CallbackId:
        for about in ("", wave_id, pair("new", "a1"), pair("1", "a1"), pair(wave_id, "OQ1")):
            yield _submission(callback, about)
    event = {"type": "app_home_opened", "user": CHAMPION, "tab": "home"}
    yield {"type": "event_callback", "team_id": "T1", "event_id": "E1", "event": event}


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a payload."""
    if here:
        yield here
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*here, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from paths(inner, (*here, place))


def changed(payload: Json, path: tuple[Any, ...], value: Any, *, gone: bool) -> Json:
    """A copy in which one place holds something else, or nothing."""
    copied = copy.deepcopy(payload)
    holder: Any = copied
    for step in path[:-1]:
        holder = holder[step]
    if gone:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return copied


@st.composite
def bodies(draw: st.DrawFn, known: list[Json]) -> tuple[bytes, str]:
    """A genuine payload with one or two places changed, a form, or any JSON at all."""
    way = draw(st.integers(0, 9))
    if way == 0:
        return orjson.dumps(draw(ANYTHING.filter(_fits))), JSON
    if way == 1:
        fields = {"command": "/pulse", "text": draw(st.sampled_from(_COMMANDS)), "user_id": CHAMPION, "team_id": "T1"}
        del fields[draw(st.sampled_from(sorted(fields)))]
        fields |= draw(st.dictionaries(st.sampled_from(sorted(fields)), st.text(max_size=9)))
        return urlencode(fields).encode(), FORM
    payload = draw(st.sampled_from(known))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(paths(payload))))
        payload = changed(payload, path, draw(ANYTHING.filter(_fits)), gone=draw(st.booleans()))
    body = orjson.dumps(payload)
    return (body, JSON) if payload.get("type") == "event_callback" else (form(payload), FORM)


def _fits(value: Any) -> bool:
    """Whether JSON can hold it: orjson writes no lone surrogates and no integers over 64 bits."""
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


async def test_a_modal_without_its_type_is_refused_and_nothing_of_it_is_told(house: House) -> None:
    house.plan()
    async with house.bot() as client:
        payload = _submission(CallbackId.CONCERN, "")
        del payload["view"]["type"]
        body = form(payload)
        answer = await client.post(PATH, content=body, headers=signed(body))
        assert (answer.status_code, answer.text) == (400, "malformed")


async def test_white_space_is_no_text_and_the_modal_stays_open(house: House) -> None:
    house.plan()
    modals = {
        CallbackId.CONCERN: ("", {"text"}),
        CallbackId.CONCERN_ANSWER: ("c1", {"text", "question"}),
        CallbackId.COMMENT: (pair(house.wave_id(), "OQ1"), {"text"}),
        CallbackId.PROMISE: ("", {"text", "owner"}),
        CallbackId.ANNOUNCEMENT: (pair("new", "a1"), {"title", "story", "figure", "unit", "period"}),
    }
    async with house.bot() as client:
        for callback, (about, fields) in modals.items():
            payload = _submission(callback, about)
            for held in payload["view"]["state"]["values"].values():
                for name in held:
                    held[name] = _HELD | {"value": " \n\u2003 "}
            body = form(payload)
            answer = (await client.post(PATH, content=body, headers=signed(body))).json()
            assert (answer["response_action"], set(answer["errors"]) <= fields) == ("errors", True), answer
            assert {"text", "title"} & set(answer["errors"])


async def test_no_signed_payload_makes_the_bot_fall_over(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack opens every modal here: a trigger that is none would be Slack's refusal, not the bot's fall."""

    async def opens(_slack: Slack, _trigger: str, _view: Json) -> None:
        return None

    monkeypatch.setattr(Slack, "open_view", opens)
    house.plan()
    known = list(genuine(house.wave_id()))

    def probe() -> None:
        with httpx.Client(base_url=house.bot_url, timeout=30) as client:

            @settings(
                max_examples=250,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(bodies(known))
            def answered(sent: tuple[bytes, str]) -> None:
                body, kind = sent
                answer = client.post(PATH, content=body, headers=signed(body, kind=kind))
                assert answer.status_code < 500, (answer.status_code, body[:600])

            answered()

    fell: list[Json] = []
    async with house.bot() as client:
        for payload in known:
            kind = JSON if payload["type"] == "event_callback" else FORM
            body = orjson.dumps(payload) if kind == JSON else form(payload)
            answer = await client.post(PATH, content=body, headers=signed(body, kind=kind), timeout=30)
            if answer.status_code >= 500:
                fell.append(payload)
        assert not fell, fell
        await asyncio.to_thread(probe)
        assert (await client.get("/healthz/live")).status_code == 200
