"""Finding what could lead to a person in a text that a business system sends: the gateway takes none of it.

Names cannot be found by a rule; a champion reads every draft before anybody else does. What can be found is refused:
addresses, mentions, ids of Slack, and strings of digits as long as a phone number or a citizen's number.
"""

import re
import unicodedata
from datetime import date
from typing import Final

LONGEST_DIGITS: Final = 7
"""Digits in a row, separators between them or not, that no phone or citizen's number is as short as."""

_UUID: Final = re.compile(r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_SLACK_ID: Final = re.compile(r"(?<![A-Za-z0-9])[BCDEFGTUW](?=[A-Z]*[0-9])[A-Z0-9]{7,20}(?![A-Za-z0-9])")
_SLACK_MARK: Final = re.compile(r"<[!#]")
_DIGITS: Final = re.compile(r"[0-9](?:[ .\-/()+]{0,3}[0-9])*")
_DAY_FIRST: Final = re.compile(r"(?<![0-9])(?P<day>\d{1,2})[-./ ](?P<month>\d{1,2})[-./ ](?P<year>20\d\d)(?![0-9])")
_YEAR_FIRST: Final = re.compile(
    r"(?<![0-9])(?P<year>20\d\d)(?P<between>[-./]?)(?P<month>\d\d)(?P=between)(?P<day>\d\d)(?![0-9])"
)
_YEARS: Final = re.compile(r"(?<![0-9])20\d\d ?[-/] ?20\d\d(?![0-9])")
_THOUSANDS: Final = re.compile(r"(?<![0-9.,])\d{1,3}(?:\.\d{3})+(?:,\d{1,3})?(?![0-9.,]*[0-9])")

_EARLIEST: Final = 2015
"""The year from which eight digits are read as a date: before, they may be somebody's birthday."""


def fault_in_text(text: str) -> str | None:
    """What in ``text`` could lead to a person, in words that repeat none of it; None where nothing was found."""
    plain = unicodedata.normalize("NFKC", text)
    if "@" in plain:
        return "holds an @: no e-mail addresses and no mentions"
    if _SLACK_MARK.search(plain) or _SLACK_ID.search(plain):
        return "holds an id of Slack: nobody and no channel is named by id"
    if any(_is_control(character) for character in plain):
        return "holds control characters"
    if _has_number_of_a_person(plain):
        return f"holds more than {LONGEST_DIGITS} digits in a row, as a phone or citizen's number does"
    return None


def fault_in_id(identifier: str) -> str | None:
    """The same for an id; a UUID is none of it."""
    return None if _UUID.match(identifier) else fault_in_text(identifier)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Cf"} and character not in "\n\u200d"


def _has_number_of_a_person(text: str) -> bool:
    without_dates = _YEARS.sub("x", _YEAR_FIRST.sub(_date_or_itself, _DAY_FIRST.sub(_date_or_itself, text)))
    rest = _THOUSANDS.sub(_amount_or_itself, without_dates)
    return any(_count(found.group()) > LONGEST_DIGITS for found in _DIGITS.finditer(rest))


def _date_or_itself(found: re.Match[str]) -> str:
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    try:
        date(year, month, day)
    except ValueError:
        return found.group()
    return "x" if year >= _EARLIEST else found.group()


def _amount_or_itself(found: re.Match[str]) -> str:
    digits = found.group().partition(",")[0].replace(".", "")
    return found.group() if _passes_eleven_test(digits) else "x"


def _passes_eleven_test(digits: str) -> bool:
    """Whether nine digits could be a Dutch citizen's number (BSN)."""
    if len(digits) != 9:
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 == 0


def _count(text: str) -> int:
    return sum(character.isdigit() for character in text)
