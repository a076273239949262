"""The base of every value in the contracts, and the identifiers they share."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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


class Value(BaseModel):
    """A frozen value; fields that it does not know are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Language(StrEnum):
    """The languages that everything a person reads exists in."""

    NL = "nl"
    EN = "en"


class Text(Value):
    """One text in every language of the product."""

    nl: str = Field(min_length=1, max_length=3000)
    en: str = Field(min_length=1, max_length=3000)

    def in_language(self, language: Language) -> str:
        """The text in ``language``."""
        return self.nl if language is Language.NL else self.en
