"""The product's words in every language: gettext catalogues, one folder a language, compiled when they are loaded.

A further language is one more ``<language>/LC_MESSAGES/pulse_bot.po``, and its name in ``contracts.base.Language``:
items and announcements stand in the contracts in two languages, and English is read where a third has no text.
Message ids are the English texts.
"""

from collections.abc import Callable
from functools import cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from services.contracts.base import Language

Translate = Callable[[str], str]
"""Gives the text of a message id in one language."""


@cache
def translator(language: Language) -> Translate:
    """The words in ``language``; compiled once a process."""
    source = files(__name__).joinpath(language.value, "LC_MESSAGES", "pulse_bot.po")
    with source.open("rb") as file:
        catalogue = read_po(file, locale=language.value)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled).gettext


def language_of(locale: str | None, otherwise: Language) -> Language:
    """The language of a Slack locale such as ``nl-NL``; ``otherwise`` where it is none of ours."""
    prefix = (locale or "").replace("_", "-").split("-")[0].lower()
    return Language(prefix) if prefix in {known.value for known in Language} else otherwise
