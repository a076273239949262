"""What a translator begins with: every text of the bot and of the survey, as one catalogue."""

from collections.abc import Iterator
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from services.contracts.base import Language
from services.contracts.survey import LABEL_LIMIT, OPEN_QUESTIONS, ItemBank
from services.pulse_bot.locales.catalogues import at_most, is_limit, limit_of, longest, read, reference


def template(language: Language, bank: ItemBank) -> bytes:
    """A catalogue of ``language`` with what is translated already; each text with the characters that it may have."""
    made = Catalog(language, header_comment=f"# The bot's words in {language}.", fuzzy=False, charset="utf-8")
    texts = read().texts.get(language, {})
    for english, comments in (*_bot(), *_survey(bank)):
        made.add(english, texts.get(english, ""), auto_comments=comments)
    written = BytesIO()
    write_po(written, made, width=120)
    return written.getvalue()


def _bot() -> Iterator[tuple[str, list[str]]]:
    for entry in reference():
        told = [comment for comment in entry.auto_comments if not is_limit(comment)]
        yield str(entry.id), [*told, at_most(limit_of(entry))]


def _survey(bank: ItemBank) -> Iterator[tuple[str, list[str]]]:
    for item in bank.items:
        yield item.text.en, [at_most(longest(item.text.en))]
        yield from ((label.en, [at_most(LABEL_LIMIT)]) for label in item.scale)
    yield from ((question.en, [at_most(longest(question.en))]) for question in OPEN_QUESTIONS.values())
