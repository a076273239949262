"""The base of every value in the contracts, and the identifiers they share."""

import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,126}$")]
"""A node, campaign, announcement or outcome: letters, digits, ``_ . + -``, 1 to 127 characters."""

WaveId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""A wave: lower-case letters, digits and ``-``, 1 to 63 characters."""

ItemId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]
"""An item: a letter, then letters, digits or ``_``, 1 to 32 characters."""

BallotId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""128 bits in lower-case hexadecimal."""

ROOT_ID = "organisation"
"""The id of the root of every tree."""

LONGEST_TEXT: Final = 3000
"""Characters of a text in one language."""


class Value(BaseModel):
    """A frozen value; fields that it does not know are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


_CODE: Final = re.compile(r"[a-z]{2}")


class Language(str):
    """A language that somebody reads, by its code of ISO 639-1: ``nl``. Which ones there are, the bot's catalogues say.

    Raises ValueError for what is no such code.
    """

    __slots__ = ()
    NL: ClassVar["Language"]
    EN: ClassVar["Language"]

    def __new__(cls, code: str) -> Self:
        if not _CODE.fullmatch(code):
            raise ValueError(f"{code!r} is no code of a language, such as nl or en")
        return super().__new__(cls, code)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        code = core_schema.str_schema(pattern=f"^{_CODE.pattern}$")
        return core_schema.no_info_after_validator_function(cls, code)


Language.NL, Language.EN = Language("nl"), Language("en")


class TextLanguage(StrEnum):
    """The languages of every ``Text``, of the metrics API and of the dashboards."""

    NL = "nl"
    EN = "en"


class Text(Value):
    """One text in the two languages of everything that services tell each other."""

    nl: str = Field(min_length=1, max_length=LONGEST_TEXT)
    en: str = Field(min_length=1, max_length=LONGEST_TEXT)

    def in_language(self, language: Language | TextLanguage) -> str:
        """The text in ``language``; in English where it is neither."""
        return self.nl if language == TextLanguage.NL.value else self.en
