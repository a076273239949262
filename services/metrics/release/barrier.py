"""May a closed wave be released? Every marker is there, and no ballot is missing or too many."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.contracts.topics import Topic


class Reason(StrEnum):
    """Why a closed wave is held back."""

    MARKERS_MISSING = "markers_missing"
    COUNTS_DIFFER = "counts_differ"
    WAVE_INCOMPLETE = "wave_incomplete"
    REWRITE_INCOMPLETE = "rewrite_incomplete"
    REPLICA_BEHIND = "replica_behind"
    CLAIM_UNFINISHED = "claim_unfinished"
    CLAIM_LOST = "claim_lost"
    CLAIMED_TWICE = "claimed_twice"


@dataclass(frozen=True, slots=True)
class Held:
    """A wave that must not be released yet; `detail` says what is missing and holds counts of units, for operators."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class LedgerCount:
    """What the ledger told of a unit at close: ballots acknowledged, and ballots that took a revision at all."""

    acknowledged: int
    with_revision: int


Marker = tuple[str, int]
"""Topic and partition."""


def missing_markers(topics: Iterable[Topic], seen: Collection[Marker]) -> Held | None:
    """Every partition of every topic with a barrier has its closing marker, or the wave is held."""
    missing = [
        (topic.name.value, partition)
        for topic in topics
        if topic.barrier
        for partition in range(topic.partitions)
        if (topic.name.value, partition) not in seen
    ]
    if not missing:
        return None
    named = ", ".join(f"{topic}/{partition}" for topic, partition in missing)
    return Held(Reason.MARKERS_MISSING, f"no wave.end yet from {named}")


def differing_counts(ledger: Mapping[str, LedgerCount], stored: Mapping[str, int]) -> Held | None:
    """In every unit at least the acknowledged ballots are stored and at most those with a revision.

    A timed-out answer may have landed, so the two may lie apart.
    """
    wrong = []
    for unit in sorted(ledger.keys() | stored.keys()):
        expected, found = ledger.get(unit, LedgerCount(0, 0)), stored.get(unit, 0)
        if not expected.acknowledged <= found <= expected.with_revision:
            wrong.append(
                f"{unit}: {found} ballots stored, the ledger counts {expected.acknowledged} to {expected.with_revision}"
            )
    return Held(Reason.COUNTS_DIFFER, "; ".join(wrong)) if wrong else None
