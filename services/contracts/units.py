"""The id of teams that are counted together: the same for the same teams, never too long, telling which they are."""

import re
from base64 import b32encode
from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Final

LONGEST: Final = 127
"""Characters of the longest ``Identifier``."""
JOINT: Final = "+"
"""Stands in the id of every unit that was merged."""
_MARK: Final = "_-"
_KEY: Final = 8
_SHORTEST: Final = 1 + len(_MARK) + _KEY
_UNTOLD: Final = re.compile(r"\d+teams\+[a-z2-7]{26}")


def joint_id(teams: Collection[str]) -> str:
    """The ids of the teams in their order, ``a+b``, at most 127 characters.

    Where that is too long, long ids are cut and end with 40 bits of their SHA-256; where the teams are too many for
    that, or a long id has a ``+`` itself, the id has 130 bits of the SHA-256 of all and does not tell them.
    """
    ordered = sorted(set(teams))
    whole = JOINT.join(ordered)
    if len(whole) <= LONGEST:
        return whole
    room = (LONGEST - (len(ordered) - 1)) // len(ordered)
    if room < _SHORTEST or any(len(team) > room and JOINT in team for team in ordered):
        return f"{len(ordered)}teams{JOINT}{_digest(whole, 26)}"
    return JOINT.join(team if len(team) <= room else _shortened(team, room) for team in ordered)


def team_keys(unit: str) -> frozenset[str] | None:
    """A key of each team in a unit, its own id or a joint one; equal teams have equal keys. None: it does not tell."""
    if _UNTOLD.fullmatch(unit):
        return None
    return frozenset(_key(team) for team in unit.split(JOINT))


def may_share_teams(units: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a team is in units of both, or may be: where an id does not tell its teams."""
    ours, theirs = [team_keys(unit) for unit in units], [team_keys(unit) for unit in others]
    if None in ours or None in theirs:
        return True
    return not frozenset().union(*filter(None, ours)).isdisjoint(frozenset().union(*filter(None, theirs)))


@lru_cache(50_000)
def _key(team: str) -> str:
    head, mark, key = team.rpartition(_MARK)
    return key if head and mark and len(key) == _KEY else _digest(team, _KEY)


def _shortened(team: str, room: int) -> str:
    return f"{team[: room - len(_MARK) - _KEY]}{_MARK}{_key(team)}"


def _digest(text: str, characters: int) -> str:
    return b32encode(sha256(text.encode()).digest()).decode().lower()[:characters]
