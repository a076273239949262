"""What people see fits Slack's limits in every language, and says neither too much nor too little."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.base import Language, Text
from services.contracts.files import load_items
from services.contracts.survey import Item, Measure, Polarity
from services.pulse_bot.answers.values import GivenAnswer
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.locales import languages
from services.pulse_bot.messages import home, notices, pulse
from services.pulse_bot.messages.ids import (
    ANSWER_PATTERN,
    MalformedButton,
    answer_action,
    answer_value,
    change_value,
    parse_answer,
    parse_change,
)
from services.pulse_bot.messages.message import Message, escaped

WAVE = "a" * 63
CLOSES = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
BANK = load_items(Path("surveys/items.yaml"))
LONG = Item(
    id="L" * 32,
    measure=Measure.TRUST,
    polarity=Polarity.MORE,
    text=Text(nl="?" * 2900, en="?" * 2900),
    scale=tuple(Text(nl=f"{n:075}", en=f"{n:075}") for n in range(11)),
)


def shown(language: Language, kind: MessageKind = MessageKind.INVITATION, *items: Item) -> pulse.Pulse:
    return pulse.Pulse(kind, WAVE, items or BANK.items, language)


def every_message(language: Language) -> Iterator[Message]:
    for items in (BANK.items, (LONG,)):
        for kind in MessageKind:
            one = shown(language, kind, *items)
            yield pulse.invitation(one, CLOSES, 5)
            yield pulse.reminder(one)
            yield pulse.thanks(one)
            yield pulse.closed(kind, WAVE, language)
            for index in range(len(items)):
                yield pulse.question(one, index)
                yield pulse.question(one, index, press_again=True)
    yield notices.not_invited(language)
    yield notices.unknown_question(language)
    yield notices.press_again(language)
    yield notices.fault(language, "0123abcd")


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


@pytest.mark.parametrize("language", languages())
def test_every_message_stays_within_the_limits_of_slack(language: Language) -> None:
    for message in every_message(language):
        assert len(message.blocks) <= 50
        assert 0 < len(message.text) <= 200
        assert sum(len(text) for text in texts(list(message.blocks))) <= 13_000
        ids = [block["block_id"] for block in message.blocks if "block_id" in block]
        assert len(ids) == len(set(ids))
        for block in message.blocks:
            assert len(block.get("block_id", "")) <= 255
            if block["type"] == "section":
                assert len(block["text"]["text"]) <= 3000
            if block["type"] == "context":
                assert all(len(element["text"]) <= 2000 for element in block["elements"])
            if block["type"] == "actions":
                assert len(block["elements"]) <= 25
                actions = [element["action_id"] for element in block["elements"]]
                assert len(actions) == len(set(actions))
                for button in block["elements"]:
                    assert len(button["text"]["text"]) <= 75
                    assert len(button["action_id"]) <= 255
                    assert len(button["value"]) <= 2000


@pytest.mark.parametrize("language", languages())
def test_app_home_fits_and_holds_the_five_promises(language: Language) -> None:
    view = home.home(home.Page(language))
    sections = [block["text"]["text"] for block in view["blocks"] if block["type"] == "section"]
    assert [words[0] for words in sections if words[0].isdigit()] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("language", languages())
def test_no_message_says_a_bare_anonymous_or_validated(language: Language) -> None:
    for message in every_message(language):
        words = " ".join(texts(list(message.blocks))).lower()
        assert "validat" not in words
        assert "gevalideerd" not in words
        for bare in ("anoniem", "anonymous"):
            if bare in words:
                assert "round has closed" in words or "ronde is gesloten" in words


@pytest.mark.parametrize("language", [Language.NL, Language.EN])
def test_the_invitation_holds_why_how_long_the_promises_and_the_first_question(language: Language) -> None:
    message = pulse.invitation(shown(language), CLOSES, 7)
    words = " ".join(texts(list(message.blocks)))
    assert BANK.items[0].text.in_language(language) in words
    for part in {
        Language.NL: ("minder dan een minuut", "Vertrouwelijk", "minder dan 7 mensen", "maandag 12 januari, 08:00"),
        Language.EN: ("less than a minute", "Confidential", "fewer than 7 people", "Monday 12 January, 08:00"),
    }[language]:
        assert part in words
    assert message.blocks[0]["block_id"] == f"invitation:{WAVE}"


def test_every_state_of_a_message_keeps_the_id_by_which_it_is_found_again() -> None:
    for kind in MessageKind:
        one = shown(Language.NL, kind)
        states = [pulse.question(one, 0), pulse.question(one, 1, press_again=True), pulse.thanks(one)]
        states.append(pulse.closed(kind, WAVE, Language.NL))
        states.append(pulse.invitation(one, CLOSES, 5) if kind is MessageKind.INVITATION else pulse.reminder(one))
        assert {message.blocks[0]["block_id"] for message in states} == {f"{kind.value}:{WAVE}"}


def test_the_text_of_a_notification_gives_no_question_away() -> None:
    for language in languages():
        for message in every_message(language):
            assert not any(item.text.in_language(language) in message.text for item in BANK.items)


def test_every_point_and_rather_not_say_is_a_labelled_button_that_names_its_point() -> None:
    message = pulse.question(shown(Language.EN), 1)
    (actions,) = [block for block in message.blocks if block["type"] == "actions"]
    labels = [button["text"]["text"] for button in actions["elements"]]
    assert labels == [*(label.en for label in BANK.items[1].scale), "I would rather not say"]
    given = [parse_answer(button["value"])[1] for button in actions["elements"]]
    assert [answer.value for answer in given] == [1, 2, 3, 4, 5, None]
    assert {(a.wave_id, a.index, a.item_id) for a in given} == {(WAVE, 1, "A2")}


@given(
    st.sampled_from(MessageKind),
    st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,62}\Z"),
    st.integers(0, 8),
    st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{0,31}\Z"),
    st.one_of(st.none(), st.integers(1, 11)),
)
def test_what_a_button_carries_comes_back_as_it_went(
    kind: MessageKind, wave: str, index: int, item: str, value: int | None
) -> None:
    answer = GivenAnswer(wave, index, item, value)
    assert parse_answer(answer_value(kind, answer)) == (kind, answer)
    assert parse_change(change_value(kind, wave)) == (kind, wave)
    assert ANSWER_PATTERN.match(answer_action(value))


@pytest.mark.parametrize(
    "carried", ["", "x", "invitation|w|0|A1", "invitation|w|x|A1|3", "mail|w|0|A1|3", "a|b|c|d|e|f"]
)
def test_a_button_of_someone_else_is_told_apart(carried: str) -> None:
    with pytest.raises(MalformedButton):
        parse_answer(carried)


@pytest.mark.parametrize("carried", ["", "invitation", "mail|w"])
def test_a_change_button_of_someone_else_is_told_apart(carried: str) -> None:
    with pytest.raises(MalformedButton):
        parse_change(carried)


def test_peoples_text_cannot_mention_link_or_command() -> None:
    assert escaped("<!channel> & <https://x>") == "&lt;!channel&gt; &amp; &lt;https://x&gt;"
    hostile = LONG.model_copy(update={"text": Text(nl="<!channel> & co", en="<!here>")})
    body = pulse.question(shown(Language.NL, MessageKind.INVITATION, hostile), 0).replacing().content
    assert b"<!" not in body


def test_a_reply_replaces_the_message_and_a_notice_stands_beside_it() -> None:
    message = notices.not_invited(Language.EN)
    assert orjson.loads(message.replacing().content)["replace_original"] is True
    beside = orjson.loads(message.beside().content)
    assert (beside["replace_original"], beside["response_type"]) == (False, "ephemeral")
