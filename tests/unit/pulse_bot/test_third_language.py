"""A third language is one file, and one that is broken or incomplete fails nobody."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests.unit.pulse_bot.third_language import CODE, NAME, add, catalogue, copied, own, run, stretched

EVERY_SURFACE = """
from services.pulse_bot.locales import faults, languages
from tests.unit.pulse_bot.every_surface import SAMPLES, every_line, every_message, every_view
from tests.unit.pulse_bot.test_every_surface import check

assert "fy" in languages() and not faults(), (languages(), faults())
language = languages()[2]
for sample in SAMPLES:
    check(language, sample)
print(sum(len(list(every(language, "x"))) for every in (every_line, every_message, every_view)))
"""

SAID = """
import json
from datetime import UTC, date, datetime, time
from services.contracts.files import load_items
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.locales import faults, known, language_of, languages, spoken
from services.pulse_bot.messages import preferences, pulse
from pathlib import Path

bank = load_items(Path("surveys/items.yaml"))
language = spoken("fy")
asked = pulse.Pulse(MessageKind.INVITATION, "w1", bank.items, language, "OQ1")
shown = pulse.invitation(asked, datetime(2026, 3, 2, 10, tzinfo=UTC), 5)
chosen = preferences.preferences_modal(Preferences(), time(10), language)
print(json.dumps({
    "languages": languages(),
    "faults": [[fault.code, fault.said, fault.unusable] for fault in faults()],
    "of the locale": language_of("fy-NL", languages()[0]),
    "kept": known("fy"),
    "offered": [choice["text"]["text"] for choice in chosen["blocks"][0]["element"]["options"]],
    "words": shown.text,
    "blocks": list(shown.blocks),
    "usage": list(pulse.question(asked, [item.id for item in bank.items].index("OU1")).blocks),
    "unknown": preferences.language_unknown(language),
    "paused": preferences.paused(date(2026, 3, 2), language),
}))
"""


def said(folder: Path, content: Catalog | bytes | None, code: str = CODE) -> dict[str, object]:
    """What a process with this one file more shows of the language ``fy``."""
    place = copied(folder)
    if content is not None:
        add(place, content, code)
    found: dict[str, object] = json.loads(run(folder, SAID))
    return found


def test_every_surface_fits_slack_where_each_translation_is_as_long_as_the_loader_takes(tmp_path: Path) -> None:
    add(copied(tmp_path), catalogue(stretched))
    assert int(run(tmp_path, EVERY_SURFACE)) > 100


def test_one_file_and_the_language_is_offered_chosen_by_slack_and_written_with_its_own_dates(tmp_path: Path) -> None:
    found = said(tmp_path, catalogue(lambda english, _limit: own(english)))
    assert found["languages"] == ["nl", "en", CODE]
    assert found["faults"] == []
    assert found["of the locale"] == found["kept"] == CODE
    assert found["offered"] == ["Nederlands", "English", NAME]
    blocks = json.dumps(found["blocks"], ensure_ascii=False)
    assert "Âll în âll: hôw dô yôû fêêl âbôût ÂÎ în yôûr wôrk?" in blocks
    assert "Strôngly âgâînst" in blocks
    assert "moandei 2 Maart" in blocks
    assert "`nl` `en` `fy`" in str(found["unknown"])
    assert "moandei 2 Maart 2026" in str(found["paused"])


def edited(change: Callable[[Catalog], None]) -> Catalog:
    made = catalogue(lambda english, _limit: own(english))
    change(made)
    return made


INVITED = "A few short questions about AI in your work are ready for you."
PAUSED = "You get no questions until {day}. Nobody is told. `/pulse pause off` ends the pause."
AGAINST = "Strongly against"
OFTEN = "A few times a week"


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        pytest.param(INVITED, "", id="absent"),
        pytest.param(INVITED, "ŵ" * 500, id="too long"),
        pytest.param(PAUSED, "Gjin fragen oant {dei}.", id="another gap"),
        pytest.param(PAUSED, "Gjin fragen oant {day!r}.", id="a gap that is shown differently"),
        pytest.param(PAUSED, "Gjin fragen oant {day.", id="a brace that is not closed"),
    ],
)
def test_a_translation_that_cannot_be_shown_is_read_in_english_and_said(
    tmp_path: Path, text: str, translation: str
) -> None:
    def change(made: Catalog) -> None:
        made[text].string = translation

    found = said(tmp_path, edited(change))
    ((code, told, unusable),) = found["faults"]  # type: ignore[attr-defined]
    assert (code, unusable) == (CODE, False)
    assert told.startswith("1 of ")
    assert text[:40] in told
    assert found["languages"] == ["nl", "en", CODE]
    english = text.format(day="moandei 2 Maart 2026")
    assert english in (found["words"], found["paused"])


def test_what_is_marked_as_doubtful_is_read_in_english(tmp_path: Path) -> None:
    found = said(tmp_path, edited(lambda made: made[INVITED].flags.add("fuzzy")))
    assert found["words"] == INVITED


def test_a_label_that_no_button_holds_is_read_in_english(tmp_path: Path) -> None:
    def change(made: Catalog) -> None:
        made[OFTEN].string = "w" * 76

    found = said(tmp_path, edited(change))
    assert found["faults"] == []
    assert OFTEN in json.dumps(found["usage"])


def test_a_catalogue_without_the_survey_asks_it_in_english_and_lacks_nothing(tmp_path: Path) -> None:
    def change(made: Catalog) -> None:
        for text in ("All in all: how do you feel about AI in your work?", AGAINST):
            made.delete(text)

    found = said(tmp_path, edited(change))
    assert found["faults"] == []
    assert "All in all: how do you feel about AI in your work?" in json.dumps(found["blocks"])


@pytest.mark.parametrize(
    ("content", "code", "why"),
    [
        pytest.param(b'msgid "a"\nmsgstr "b', CODE, "no translation", id="no catalogue"),
        pytest.param(b"\xff\xfe\x00", CODE, "cannot be read", id="no text"),
        pytest.param(b'msgid ""\nmsgstr ""\n', CODE, "no translation", id="a header alone"),
        pytest.param(b"", "zz", "babel knows", id="no language of babel's"),
        pytest.param(b"", "frysk", "not called after a language", id="no code"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_said_and_its_readers_read_english(
    tmp_path: Path, content: bytes, code: str, why: str
) -> None:
    found = said(tmp_path, content, code)
    ((faulty, told, unusable),) = found["faults"]  # type: ignore[attr-defined]
    assert (faulty, unusable) == (code, True)
    assert why in told
    assert found["languages"] == ["nl", "en"]
    assert found["words"] == INVITED
    assert (found["of the locale"], found["kept"]) == ("nl", None)


def test_without_the_dutch_catalogue_people_read_english_and_nobody_is_failed(tmp_path: Path) -> None:
    found = said(tmp_path, b"nothing of gettext", "nl")
    assert [fault[0] for fault in found["faults"]] == ["nl"]  # type: ignore[attr-defined]
    assert found["languages"] == ["nl", "en"]


DOCTOR = """
import json
from services.pulse_bot import checks
from services.pulse_bot.settings import ServingSettings

(check,) = (one for one in checks.pulse_bot(ServingSettings()) if one.name == "languages")
print(json.dumps([[finding.status.value, finding.detail, finding.mend] for finding in check.run()]))
"""


def test_the_doctor_tells_which_languages_there_are_and_how_a_broken_one_is_mended(tmp_path: Path) -> None:
    place = copied(tmp_path)
    add(place, b"nothing of gettext")
    broken, there = json.loads(run(tmp_path, DOCTOR))
    assert (broken[0], there) == ("wrong", ["right", "people can choose nl, en", ""])
    assert broken[1].startswith(f"{CODE}: ")
    assert f"draagvlak slack catalogue {CODE}" in broken[2]
    add(place, catalogue(lambda english, _limit: own(english)))
    assert json.loads(run(tmp_path, DOCTOR)) == [["right", f"people can choose nl, en, {CODE}", ""]]
