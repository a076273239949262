"""Is the clock of this machine right? Judged by the clocks of those whom we ask something anyway."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from services.runtime.doctor.findings import Finding, note, right, wrong

NOTED_SECONDS: Final = 5.0
WRONG_SECONDS: Final = 60.0
"""Slack's signatures live five minutes, and so do tokens and certificates by the clocks of two machines."""


def compared(whose: str, theirs: datetime, asked: datetime, answered: datetime, exact_to: float = 0.0) -> Finding:
    """Their clock beside ours, which stood between the two moments of asking. Times aware; ``exact_to`` in seconds."""
    if theirs < asked:
        apart = -max(0.0, (asked - theirs).total_seconds() - exact_to)
    else:
        apart = max(0.0, (theirs - answered).total_seconds() - exact_to)
    if abs(apart) < NOTED_SECONDS:
        return right("clock", f"ours and that of {whose} are less than {NOTED_SECONDS:.0f} s apart")
    told = f"ours is {abs(apart):,.0f} s {'behind' if apart > 0 else 'ahead of'} that of {whose}"
    mend = "timedatectl set-ntp true, on the machine whose clock is wrong"
    return wrong("clock", told, mend) if abs(apart) >= WRONG_SECONDS else note("clock", told, mend)


def by_header(whose: str, date: str | None, asked: datetime, answered: datetime) -> Finding | None:
    """The same from the header ``Date`` of an answer, which has whole seconds; None where there is none."""
    try:
        theirs = parsedate_to_datetime(date) if date else None
    except ValueError:
        theirs = None
    return None if theirs is None else compared(whose, theirs.astimezone(UTC), asked, answered, exact_to=1.0)
