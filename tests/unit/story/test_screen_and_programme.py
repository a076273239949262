"""Reading a message like a person, and what people see of the story."""

import dataclasses
import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from sandbox.story import checks
from sandbox.story.answering import Tally
from sandbox.story.behaviour import Sheet, Tap
from sandbox.story.faults import StoryFault
from sandbox.story.measured import release_of
from sandbox.story.outcome import Outcome, WavePlayed
from sandbox.story.plan import load_bank
from sandbox.story.programme import Programme, line_of
from sandbox.story.screen import read_screen
from sandbox.story.simulation import SimulatedWave, simulation_of
from sandbox.story.truth import true_scores
from services.contracts.base import TextLanguage
from services.metrics.released.documents import Document

ITEMS = tuple(load_bank().by_id[item] for item in ("A1", "A2"))


def message(language: TextLanguage, *, order: int = 1) -> dict[str, object]:
    item = ITEMS[0]
    labels = [label.in_language(language) for label in item.scale][::order]
    buttons = [
        {"type": "button", "action_id": f"a.{x}", "text": {"type": "plain_text", "text": label}}
        for x, label in enumerate(["Rather not", *labels])
    ]
    link = {"type": "button", "action_id": "l", "url": "https://x", "text": {"type": "plain_text", "text": "Uitleg"}}
    words = {"type": "mrkdwn", "text": f"*{item.text.in_language(language)}*"}
    return {
        "blocks": [
            {"type": "section", "text": words},
            {"type": "actions", "block_id": "b", "elements": [*buttons, link]},
        ]
    }


@pytest.mark.parametrize("language", TextLanguage)
def test_the_question_and_the_button_are_found_by_their_words(language: TextLanguage) -> None:
    screen = read_screen(message(language), ITEMS)
    assert screen.question == ITEMS[0]
    pressed = [screen.button_for(value) for value in (1, 5, None)]
    assert [button and button.action_id for button in pressed] == ["a.1", "a.5", "a.0"]


def test_buttons_in_another_order_are_pressed_by_what_they_say() -> None:
    button = read_screen(message(TextLanguage.NL, order=-1), ITEMS).button_for(5)
    assert button is not None
    assert button.action_id == "a.1"


def test_a_message_that_asks_nothing_has_no_question() -> None:
    words = {"type": "section", "text": {"type": "mrkdwn", "text": "Dank je wel"}}
    screen = read_screen({"blocks": [words]}, ITEMS)
    assert screen.question is None
    assert screen.button_for(1) is None


def altered(document: Document, **changes: object) -> Document:
    return Document.model_validate(document.model_dump() | changes)


def played(wave: SimulatedWave) -> WavePlayed:
    document = Document.model_validate_json(release_of(wave).published.content)
    return WavePlayed(
        wave.number, wave.id, 120, len(wave.sheets), 400, 450, 0, 2.0, 5.0, true_scores(wave), document,
        {"resistance": "no clear change"},
    )  # fmt: skip


def test_the_line_of_a_wave_names_response_both_measures_interval_and_verdict() -> None:
    line = line_of(played(simulation_of(1).wave(2)))
    assert line.startswith("wave 2: response 50-69 % | resistance ")
    assert "), no clear change | trust " in line


def test_the_ending_shows_teams_of_20_and_more_a_trend_and_how_often_the_truth_was_held() -> None:
    out = io.StringIO()
    simulation = simulation_of(1)
    waves = tuple(played(simulation.wave(number)) for number in (1, 2))
    Programme(Console(file=out, width=100), TextLanguage.NL).ending(Outcome(1, waves, 8, 60.0))
    said = out.getvalue()
    assert "Thuiszorg: resistance" in said
    assert "Cliëntadministratie: resistance" in said
    assert "Klantenservice" not in said
    assert "Proeftuin" not in said
    assert "4 of 4 published intervals hold the simulated people's true value." in said
    assert "900 presses (225 a second)" in said


def test_no_bar_is_drawn_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    programme = Programme(Console(file=out))
    with programme.shown(10):
        programme.doing("wave 1 opens")
        programme.pressed(5)
        programme.line("a line")
    assert out.getvalue() == "a line\n"


def test_a_confirmed_answer_that_was_not_meant_ends_the_story() -> None:
    sheet = Sheet("U1", 0, 0, (Tap("A1", 4, False), Tap("A2", None, False)))
    checks.all_confirmed(sheet, Tally(2, 0, {"A1": 4, "A2": None}))
    for confirmed in ({"A1": 4}, {"A1": 4, "A2": 3}):
        with pytest.raises(StoryFault, match="meant to answer 2"):
            checks.all_confirmed(sheet, Tally(2, 0, confirmed))


def test_a_release_that_is_not_what_was_answered_ends_the_story() -> None:
    wave = simulation_of(1).wave(1)
    document = played(wave).published
    checks.published_as_answered(wave, document)
    cells = tuple(
        dataclasses.replace(cell, score=cell.score + 2)
        if cell.score is not None and cell.node_id == "organisation"
        else cell
        for cell in document.cells
    )
    with pytest.raises(StoryFault, match="is published as"):
        checks.published_as_answered(wave, altered(document, cells=cells))


def test_a_release_that_shows_a_small_team_or_names_the_tryout_ends_the_story() -> None:
    wave = simulation_of(1).wave(1)
    document = played(wave).published
    checks.only_large_teams(wave, document)
    shown = next(cell for cell in document.cells if cell.score is not None)
    small = dataclasses.replace(shown, node_id="klantenservice")
    with pytest.raises(StoryFault, match="shows klantenservice"):
        checks.only_large_teams(wave, altered(document, cells=(small,)))
    node = dataclasses.replace(document.nodes[0], id="proeftuin")
    with pytest.raises(StoryFault, match="names the try-out"):
        checks.only_large_teams(wave, altered(document, nodes=(node,)))


def test_a_second_invitation_ends_the_story() -> None:
    invitation = {"ts": "1", "blocks": [{"type": "section", "block_id": "invitation:w1"}]}
    reminder = {"ts": "2", "blocks": [{"type": "section", "block_id": "reminder:w1"}]}
    checks.one_invitation("U1", (invitation, reminder), "w1")
    with pytest.raises(StoryFault, match="2 invitations"):
        checks.one_invitation("U1", (invitation, invitation), "w1")


def test_an_announcement_is_published_at_its_moment_of_campaign_time() -> None:
    simulation = simulation_of(1)
    faster = next(event for event in simulation.events if event.id == "faster")
    published = faster.published(simulation.organisation.plan)
    assert published.published_at == datetime(2026, 3, 17, 10, 0, tzinfo=UTC)
    assert published.figure is not None
    assert published.figure.value == 30.0
