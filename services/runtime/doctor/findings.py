"""What a check finds, and what a check is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CHECK_SECONDS: Final = 20.0
"""How long a check may take, unless it says otherwise."""


class Status(StrEnum):
    """How it is. Only WRONG makes the doctor's answer an unhealthy one."""

    RIGHT = "right"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``mend`` is an exact command or setting.

    No text holds a secret, a member of the workspace or an answer: they are written by us, with names of settings,
    files, hosts, topics and tables alone in them.
    """

    subject: str
    status: Status
    detail: str
    mend: str = ""


def right(subject: str, detail: str) -> Finding:
    """All is well."""
    return Finding(subject, Status.RIGHT, detail)


def note(subject: str, detail: str, mend: str = "") -> Finding:
    """Works, and somebody should know."""
    return Finding(subject, Status.NOTE, detail, mend)


def wrong(subject: str, detail: str, mend: str) -> Finding:
    """Must be mended."""
    return Finding(subject, Status.WRONG, detail, mend)


@dataclass(frozen=True)
class Check:
    """``run`` gives what it finds, one after the other, so that what was found before a silence is not lost."""

    name: str
    run: Callable[[], Iterable[Finding]]
    seconds: float = CHECK_SECONDS
