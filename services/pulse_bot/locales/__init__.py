"""The product's words in every language: gettext catalogues, one folder a language. Message ids are the English texts.

A further language is one more ``<code>/LC_MESSAGES/pulse_bot.po`` and nothing else (docs/languages.md). Names, dates
and numbers of a language are babel's. What people write to one another is Dutch or English, and English is read where
somebody reads a third language.
"""

from collections.abc import Callable, Sequence
from functools import cache

from services.contracts.base import Language, Text
from services.pulse_bot.locales.catalogues import CatalogueFault, Catalogues, read

Translate = Callable[[str], str]
"""Gives the text of a message id in one language."""


@cache
def _read() -> Catalogues:
    return read()


@cache
def languages() -> tuple[Language, ...]:
    """Those that people can choose: Dutch, English, and every further one whose catalogue can be read."""
    return tuple(dict.fromkeys((Language.NL, Language.EN, *_read().texts)))


def faults() -> Sequence[CatalogueFault]:
    """What is wrong with the catalogues: for the log of a start, and for the doctor."""
    return _read().faults


@cache
def translator(language: Language) -> Translate:
    """The words in ``language``; in English where its catalogue has none."""
    texts = _read().texts.get(language, {})
    return lambda english: texts.get(english, english)


def asked(text: Text, language: Language, at_most: int | None = None) -> str:
    """A text of the survey: in a third language as its catalogue has it under the English words, else in English.

    A translation of more than ``at_most`` characters is not shown.
    """
    own = text.in_language(language)
    if language in (Language.NL, Language.EN):
        return own
    translated = translator(language)(own)
    return own if at_most is not None and len(translated) > at_most else translated


def known(code: str | None) -> Language | None:
    """The language of a code that was kept; None where its catalogue is there no longer."""
    return next((language for language in languages() if language == code), None)


def spoken(code: str) -> Language:
    """The language of a code; English where there is no catalogue of it."""
    return known(code) or Language.EN


def language_of(locale: str | None, otherwise: Language) -> Language:
    """The language of a Slack locale such as ``nl-NL``; ``otherwise`` where it is none of ours."""
    return known((locale or "").replace("_", "-").split("-")[0].lower()) or otherwise
