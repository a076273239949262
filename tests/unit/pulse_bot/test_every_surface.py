"""Whatever people write: every surface fits Slack's limits in every language, and nobody's text becomes a command."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.slack.blocks import checked_message_blocks, checked_view
from services.contracts.base import Language
from services.pulse_bot.locales import languages
from services.pulse_bot.messages import announcements, concerns
from services.pulse_bot.messages.parts import clipped, paragraphs, pieces
from tests.unit.pulse_bot.every_surface import (
    SAMPLES,
    Sample,
    announcement,
    every_line,
    every_message,
    every_view,
)

COMMANDS = re.compile(r"<[!@#][^>]*>|<https?:")


def texts(value: Any) -> Iterator[str]:
    """Every mrkdwn text of a surface: the one kind in which Slack reads commands."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def check(language: Language, sample: Sample) -> None:
    """Raises what Slack would answer, with the name of the surface."""
    for name, message in every_message(language, sample.text):
        try:
            checked_message_blocks(list(message.blocks))
        except Exception as refused:
            raise AssertionError(f"{name} in {language} with {sample.name}: {refused!r}") from refused
        assert 0 < len(message.text) <= 400, (name, len(message.text))
    for name, view in every_view(language, sample.text):
        try:
            checked_view(view, kind=view["type"])
        except Exception as refused:
            raise AssertionError(f"{name} in {language} with {sample.name}: {refused!r}") from refused
    for name, line in every_line(language, sample.text):
        assert 0 < len(line) <= 3_000, name


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@pytest.mark.parametrize("language", languages())
def test_every_surface_fits_whatever_people_write(language: Language, sample: Sample) -> None:
    check(language, sample)


def test_nobodys_text_becomes_a_mention_a_link_or_a_command() -> None:
    hostile = next(sample for sample in SAMPLES if sample.name == "mentions").text
    own = {"<@U1>", "<#C1>", "<@U000000000>"}
    for language in languages():
        for name, message in every_message(language, hostile):
            for text in texts(list(message.blocks)):
                foreign = set(COMMANDS.findall(text)) - own
                assert not {found for found in foreign if not found.startswith("<@U0")}, (name, text)
            assert not COMMANDS.findall(message.text), name
        for name, view in every_view(language, hostile):
            for text in texts(view):
                assert not COMMANDS.findall(text), (name, text)
        for name, line in every_line(language, hostile):
            assert not COMMANDS.findall(line), name


def test_long_text_is_cut_between_words_and_never_inside_an_escape() -> None:
    text = ("&amp;" * 700 + " ") * 4
    cut = list(pieces(text, 9_000))
    assert all(len(piece) <= 2_901 for piece in cut)
    assert all(re.fullmatch(r"(&amp;|\s|…)*", piece) for piece in cut)
    words = list(pieces("woord " * 1_000, 9_000))
    assert all(piece.split()[0] == "woord" and piece.split()[-1] in ("woord", "woord…") for piece in words)
    assert "".join(pieces("kort", 9_000)) == "kort"
    assert list(pieces("", 9_000)) == []


def test_what_is_cut_says_so() -> None:
    (*_, last) = paragraphs("woord " * 5_000)
    assert last.to_dict()["text"]["text"].endswith("…")
    assert clipped("x" * 200, 150) == "x" * 149 + "…"


def test_text_from_right_to_left_keeps_its_direction_to_itself() -> None:
    title = "שלום"
    first = announcement(title, corrected_at=None)
    message = announcements.decided(announcements.Approved.GOES_OUT, first, Language.EN)
    assert f"\u2068{title}\u2069 goes out now" in message.text


def test_a_concern_shows_nothing_but_its_words() -> None:
    shown = str(concerns.for_listeners("c" * 32, "Wie kijkt er mee?", Language.NL).blocks)
    assert "Wie kijkt er mee?" in shown
    assert "<@" not in shown
