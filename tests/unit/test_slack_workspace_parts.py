"""Signatures, rates, triggers, response URLs, campaign clock and inputs of the emulated workspace."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from sandbox.clock import CampaignClock, ClockBackwardsError
from sandbox.slack.act.elements import UnknownOptionError, missing_inputs, state_of
from sandbox.slack.directory import Directory
from sandbox.slack.handles import ResponseUrls, Triggers
from sandbox.slack.identifiers import Stamps
from sandbox.slack.limits import Tier
from sandbox.slack.rates import Rates
from sandbox.slack.signing import signed_headers
from sandbox.slack.wire import SlackError


class ByHand:
    """A clock in seconds that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(body=st.binary(max_size=200), secret=st.text(min_size=1).filter(str.strip))
def test_slacks_own_library_accepts_our_signature_and_no_other(body: bytes, secret: str) -> None:
    text = body.hex()
    headers = signed_headers(secret, int(time.time()), text.encode(), "application/json")
    assert SignatureVerifier(secret).is_valid_request(text, headers)
    assert not SignatureVerifier(secret + "x").is_valid_request(text, headers)
    assert not SignatureVerifier(secret).is_valid_request(text + " ", headers)


def test_a_minute_of_calls_may_come_at_once_and_the_next_waits() -> None:
    clock = ByHand()
    rates = Rates(1.0, clock)
    for _ in range(50):
        rates.spend("chat.update", Tier.TIER_3)
    with pytest.raises(SlackError) as refusal:
        rates.spend("chat.update", Tier.TIER_3)
    assert refusal.value.code == "ratelimited"
    assert refusal.value.retry_after == 2
    clock.now += refusal.value.retry_after
    rates.spend("chat.update", Tier.TIER_3)


def test_a_scale_of_zero_lifts_the_rates() -> None:
    rates = Rates(0.0, ByHand())
    for _ in range(1000):
        rates.spend("users.list", Tier.TIER_2)
        rates.spend_post("D1")


def test_a_trigger_works_once_and_for_three_seconds() -> None:
    clock = ByHand()
    triggers = Triggers(clock)
    used, late = triggers.issue("U1").interaction, triggers.issue("U1").interaction
    assert triggers.exchange(used).user == "U1"
    for trigger, code in ((used, "exchanged_trigger_id"), ("1.2.3", "invalid_trigger_id")):
        with pytest.raises(SlackError, match=code):
            triggers.exchange(trigger)
    clock.now += 3.1
    with pytest.raises(SlackError, match="expired_trigger_id"):
        triggers.exchange(late)


def test_a_response_url_works_five_times_and_for_thirty_minutes() -> None:
    clock = ByHand()
    urls = ResponseUrls("http://x/response/T1", clock)
    origin = Triggers(clock).issue("U1", "D1", "1.2")
    first, second = (urls.issue(origin).rpartition("/")[2] for _ in range(2))
    assert [urls.use(first) for _ in range(5)] == [origin] * 5
    with pytest.raises(SlackError, match="used_url"):
        urls.use(first)
    clock.now += 30 * 60 + 1
    with pytest.raises(SlackError, match="expired_url"):
        urls.use(second)


def test_message_timestamps_rise_always() -> None:
    stamps = Stamps(after="99999999999.000001")
    drawn = [stamps.next() for _ in range(5)]
    assert drawn == sorted(set(drawn))
    assert drawn[0] == "99999999999.000002"


def test_campaign_time_runs_ahead_survives_and_never_goes_back(tmp_path: Path) -> None:
    wall = datetime(2026, 1, 5, 9, tzinfo=UTC)
    clock = CampaignClock(tmp_path, lambda: wall)
    assert clock.now() == wall
    assert clock.advance(timedelta(days=1)) == wall + timedelta(days=1)
    with pytest.raises(ClockBackwardsError, match="never goes backwards"):
        clock.set(wall)
    with pytest.raises(ClockBackwardsError):
        clock.advance(timedelta(seconds=-1))
    again = CampaignClock(tmp_path, lambda: wall + timedelta(hours=1))
    assert again.now() == wall + timedelta(days=1, hours=1)
    set_back = CampaignClock(tmp_path, lambda: wall - timedelta(hours=5))
    assert set_back.now() == wall + timedelta(days=1)


INPUTS = [
    {"type": "input", "block_id": "t", "element": {"type": "plain_text_input", "action_id": "text"}},
    {
        "type": "input",
        "block_id": "k",
        "optional": True,
        "element": {
            "type": "static_select",
            "action_id": "kind",
            "options": [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}],
        },
    },
    {
        "type": "input",
        "block_id": "m",
        "element": {"type": "multi_users_select", "action_id": "who", "initial_users": ["U1"]},
    },
    {"type": "input", "block_id": "d", "element": {"type": "datepicker", "action_id": "day"}},
]


def test_state_holds_what_was_typed_chosen_or_there_at_first() -> None:
    state = state_of(INPUTS, {"text": "hallo", "k/kind": "a"})
    assert state["t"]["text"] == {"type": "plain_text_input", "value": "hallo"}
    assert state["k"]["kind"]["selected_option"]["value"] == "a"
    assert state["m"]["who"]["selected_users"] == ["U1"]
    assert state["d"]["day"] == {"type": "datepicker", "selected_date": None}
    assert missing_inputs(INPUTS, state) == ["d"]
    with pytest.raises(UnknownOptionError):
        state_of(INPUTS, {"kind": "b"})


def test_a_directory_that_contradicts_itself_is_refused() -> None:
    user = {"id": "U1", "name": "a", "real_name": "A"}
    with pytest.raises(ValueError, match="same id"):
        Directory.model_validate({"users": [user, user]})
    with pytest.raises(ValueError, match="do not exist: U9"):
        Directory.model_validate({"users": [user], "channels": [{"id": "C1", "name": "c", "members": ["U9"]}]})


def test_the_bot_is_added_to_people_and_channels() -> None:
    user = {"id": "U1", "name": "a", "real_name": "A"}
    channel = {"id": "C1", "name": "c", "members": ["U1"]}
    directory = Directory.model_validate({"users": [user], "channels": [channel]})
    assert directory.user_by_id[directory.app.user_id].is_bot
    assert directory.channel_by_id["C1"].members == ("U1", directory.app.user_id)
