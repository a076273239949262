"""How well promises are kept: a plain count, of everything that had to be done by a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.contracts.events import PromiseState


class PromiseStatus(StrEnum):
    """Where a promise stands on a day."""

    OPEN = "open"
    OVERDUE = "overdue"
    KEPT = "kept"
    NOT_KEPT = "not kept"


@dataclass(frozen=True, slots=True)
class PromisesKept:
    """`due`: kept, not kept, or past their day. `share`: kept of those, 0 to 1; None while nothing was due.

    Every promise is counted, so there is no interval: nothing was sampled.
    """

    kept: int
    due: int
    open: int
    share: float | None


def promise_status(state: PromiseState, due: date, as_of: date) -> PromiseStatus:
    """An open promise is overdue from the day after its due date on."""
    if state is PromiseState.KEPT:
        return PromiseStatus.KEPT
    if state is PromiseState.NOT_KEPT:
        return PromiseStatus.NOT_KEPT
    return PromiseStatus.OVERDUE if due < as_of else PromiseStatus.OPEN


def promises_kept(statuses: Iterable[PromiseStatus]) -> PromisesKept:
    """The count of promises as they stand. A promise that is kept early counts as kept at once."""
    found = list(statuses)
    kept = found.count(PromiseStatus.KEPT)
    still_open = found.count(PromiseStatus.OPEN)
    due = len(found) - still_open
    return PromisesKept(kept, due, still_open, kept / due if due else None)
