"""The words of the dashboards. Message ids are the English texts; other languages are gettext catalogues."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from services.contracts.base import TextLanguage


class Words:
    """The texts of one language; called with an English text it gives that of the language."""

    def __init__(self, language: TextLanguage, translations: NullTranslations) -> None:
        self.language = language
        self._translations = translations

    def __call__(self, text: str) -> str:
        """The text in this language."""
        return self._translations.gettext(text)


@cache
def words(language: TextLanguage) -> Words:
    """The words in ``language``; compiled once a process."""
    if language is TextLanguage.EN:
        return Words(language, NullTranslations())
    source = files("grafana").joinpath("locales", language.value, "LC_MESSAGES", "grafana.po")
    with source.open("rb") as file:
        catalogue = read_po(file, locale=language.value)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Words(language, GNUTranslations(compiled))
