"""Every text exists in every language, with the same gaps to fill in."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.contracts.base import Language
from services.pulse_bot.locales import language_of, languages, translator

SOURCE = Path("services/pulse_bot")
ALIKE = {"Training", "{value} per 100"}
GAPS = re.compile(r"\{\w+\}")


def used() -> set[str]:
    """Every text that the code translates."""
    return {found[2] for found in extract_from_dir(SOURCE, method_map=[("**.py", "python")], keywords={"_": None})}


def catalogue(language: Language) -> Catalog:
    path = files("services.pulse_bot.locales").joinpath(language, "LC_MESSAGES", "pulse_bot.po")
    with path.open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", languages())
def test_a_catalogue_has_every_text_that_is_used_and_no_other(language: Language) -> None:
    entries = {entry.id: entry for entry in catalogue(language) if entry.id}
    assert set(entries) == used()
    assert [entry.id for entry in entries.values() if not entry.string or entry.fuzzy] == []


@pytest.mark.parametrize("language", languages())
def test_translations_have_the_same_gaps(language: Language) -> None:
    for entry in catalogue(language):
        if entry.id:
            assert sorted(GAPS.findall(str(entry.string))) == sorted(GAPS.findall(str(entry.id)))


def test_dutch_is_dutch_and_english_is_english() -> None:
    assert translator(Language.NL)("Change my answers") == "Mijn antwoorden veranderen"
    assert translator(Language.EN)("Change my answers") == "Change my answers"
    dutch = {entry.id: entry.string for entry in catalogue(Language.NL) if entry.id}
    assert {text for text, words in dutch.items() if text == words} == ALIKE


@pytest.mark.parametrize(
    ("locale", "language"),
    [("nl-NL", "nl"), ("nl_BE", "nl"), ("en-GB", "en"), ("EN", "en"), ("fr-FR", "nl"), (None, "nl"), ("", "nl")],
)
def test_the_language_follows_the_locale_and_else_the_campaign(locale: str | None, language: str) -> None:
    assert language_of(locale, Language.NL) == Language(language)
