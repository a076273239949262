"""The catalogues as they are read: which translations can be shown, and what is wrong with the others.

A translation that cannot be shown never fails anybody: its text is read in English, as is every text that has none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Formatter
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from services.contracts.base import Language

_LIMIT: Final = re.compile(r"At most (\d+) characters")
_PAD: Final = 40


@dataclass(frozen=True)
class CatalogueFault:
    """What is wrong with a catalogue, as one sentence. ``unusable``: nobody can be written to in its language."""

    code: str
    said: str
    unusable: bool = False


@dataclass(frozen=True)
class Catalogues:
    """Language -> English text -> translation, for every language that can be read; and every fault found."""

    texts: Mapping[Language, Mapping[str, str]] = field(default_factory=dict)
    faults: Sequence[CatalogueFault] = ()


def read() -> Catalogues:
    """Every catalogue beside this file, ours first, then by code."""
    texts: dict[Language, Mapping[str, str]] = {}
    faults: list[CatalogueFault] = []
    room = limits()
    folder = files(__package__)
    for code in sorted(_codes(folder), key=lambda code: (code not in (Language.NL, Language.EN), code)):
        if (refused := _why_not(code)) is not None:
            faults.append(refused)
            continue
        catalogue, wrong = _opened(folder / code, code)
        usable = dict(_usable(catalogue, room))
        wrong = wrong or list(_lacking(code, usable, room))
        faults += wrong
        if not any(fault.unusable for fault in wrong):
            texts[Language(code)] = usable
    return Catalogues(texts, tuple(faults))


def limits() -> dict[str, int]:
    """Every text of the bot in English, with the longest translation that every surface has room for, in characters.

    That of the place in which the text stands, as its comment tells; else about twice the English text.
    """
    return {str(entry.id): limit_of(entry) for entry in reference()}


def reference() -> list[Message]:
    """The entries of the English catalogue, which has every text of the bot."""
    catalogue, _ = _opened(files(__package__) / "en", "en")
    return [entry for entry in catalogue if entry.id]


def limit_of(entry: Message) -> int:
    """The longest translation of a text of the bot, in characters."""
    told = _LIMIT.search(" ".join(entry.auto_comments))
    return int(told[1]) if told else longest(str(entry.id))


def at_most(limit: int) -> str:
    """The comment that tells a translator of a limit."""
    return f"At most {limit} characters"


def is_limit(comment: str) -> bool:
    """Whether a comment tells of a limit."""
    return _LIMIT.fullmatch(comment) is not None


def longest(english: str) -> int:
    """The longest translation of a text that has no limit of its own, in characters."""
    return 2 * len(english) + _PAD


def gaps(text: str) -> frozenset[str]:
    """What is filled in: ``{until}``. Raises ValueError for braces that do not match."""
    return frozenset(
        f"{name}{conversion or ''}:{spec}" for _, name, spec, conversion in Formatter().parse(text) if name is not None
    )


def _codes(folder: Traversable) -> Iterator[str]:
    for place in folder.iterdir():
        if place.is_dir() and (place / "LC_MESSAGES").is_dir():
            yield place.name


def _why_not(code: str) -> CatalogueFault | None:
    try:
        Locale.parse(Language(code))
    except ValueError:
        return CatalogueFault(code, "the folder is not called after a language (ISO 639-1: nl, en, fr)", unusable=True)
    except UnknownLocaleError:
        return CatalogueFault(code, "babel knows no dates and numbers of it here", unusable=True)
    return None


def _opened(folder: Traversable, code: str) -> tuple[Catalog, list[CatalogueFault]]:
    try:
        with (folder / "LC_MESSAGES" / "pulse_bot.po").open("rb") as file:
            return read_po(file, locale=code, abort_invalid=True), []
    except (OSError, ValueError, PoFileError) as error:
        said = f"the catalogue cannot be read ({type(error).__name__}: {error})"
        return Catalog(), [CatalogueFault(code, said, unusable=True)]


def _usable(catalogue: Catalog, limits: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for entry in catalogue:
        english, words = entry.id, entry.string
        if not isinstance(english, str) or not isinstance(words, str) or not english or not words or entry.fuzzy:
            continue
        if len(words) <= limits.get(english, longest(english)) and _same_gaps(english, words):
            yield english, words


def _same_gaps(english: str, words: str) -> bool:
    try:
        return gaps(words) == gaps(english)
    except ValueError:
        return False


def _lacking(code: str, texts: Mapping[str, str], limits: Mapping[str, int]) -> Iterator[CatalogueFault]:
    lacking = [english for english in limits if english not in texts]
    if len(lacking) == len(limits):
        yield CatalogueFault(code, "the catalogue has no translation that can be shown", unusable=True)
    elif lacking:
        shown = "; ".join(repr(english[:60]) for english in lacking[:3])
        said = f"{len(lacking)} of {len(limits)} texts are read in English: {shown}"
        yield CatalogueFault(code, f"{said}{'; …' if len(lacking) > 3 else ''}")
