"""Names of colleagues and long numbers taken out of what people write freely. A pure function."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

MARK: Final = "[…]"
"""What stands in the place of a name or number."""

_LONG_NUMBER: Final = re.compile(r"(?<!\w)\+?\d(?:[\s().\-/]{0,2}\d){5,}(?!\w)")
"""Six digits or more, with what people write between them: telephone, staff and citizen numbers, dates of birth."""

_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MENTION: Final = re.compile(r"<[@!#][^>]*>")
_HANDLE: Final = re.compile(r"@\w[\w.\-]*")
_BETWEEN: Final = frozenset({"van", "der", "den", "het", "ten", "ter", "von", "dos", "das", "bin"})
_SHORTEST: Final = 3


@dataclass(frozen=True)
class Redaction:
    """Takes the ``names`` (full names, as Slack shows them) out of texts.

    The whole name and the given name go in any spelling of capitals; a surname goes where it is written with its
    capital, since many are ordinary words ("groen", "bakker"). Better a word too many than a colleague named.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Redaction":
        """For these people."""
        return cls(tuple(sorted({name.strip() for name in names if name.strip()})))

    def __call__(self, text: str) -> str:
        """The text without names, numbers of six digits or more, e-mail addresses and mentions."""
        for pattern in (_MENTION, _ADDRESS, _HANDLE, _LONG_NUMBER, *self._patterns):
            text = pattern.sub(MARK, text)
        return text

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        whole: set[str] = set()
        given: set[str] = set()
        family: set[str] = set()
        for name in self.names:
            words = [word for word in re.split(r"[\s,]+", name) if word]
            if len(words) > 1:
                whole.add(r"\s+".join(map(re.escape, words)))
            own = [word for word in words if len(word) >= _SHORTEST and word.casefold() not in _BETWEEN]
            if own:
                given.add(re.escape(own[0]))
                family.update(re.escape(word) for word in own[1:])
        return tuple(
            re.compile(rf"(?<!\w)(?:{'|'.join(sorted(words, key=len, reverse=True))})(?:'?s)?(?!\w)", flags)
            for words, flags in ((whole, re.IGNORECASE), (given, re.IGNORECASE), (family, re.NOFLAG))
            if words
        )
