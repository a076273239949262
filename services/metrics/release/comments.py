"""Comments of a wave: seen by a champion first, then released once, ten or more together, or never."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

import orjson

from services.contracts.floors import DISTRIBUTION_FLOOR
from services.metrics.release.document import Published

COMMENTS_FORMAT: Final = 1


class ReviewStatus(StrEnum):
    """Where the comments of a wave stand."""

    WAITING = "waiting for the release of the wave"
    NEVER = "too few comments"
    TO_REVIEW = "to review"
    RELEASED = "released"


class Decision(StrEnum):
    """What a champion decided about a comment."""

    PUBLISH = "publish"
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the store has it; `decision` is None while no champion has looked at it."""

    comment_id: str
    question: str
    text: str
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class CommentedWave:
    """A wave whose numbers have been released, and the floor for its comments."""

    wave_id: str
    campaign_id: str
    closed_at: datetime
    floor: int


class NotReleasable(RuntimeError):
    """Comments that cannot be released as the review stands; the text says what is missing."""


def floor_of(distribution_floor: int) -> int:
    """Comments below which none is ever shown, to champions either; a campaign may raise it."""
    return max(DISTRIBUTION_FLOOR, distribution_floor)


def status_of(number: int, floor: int, *, released: bool) -> ReviewStatus:
    """Of a wave whose numbers have been released and that has so many comments."""
    if released:
        return ReviewStatus.RELEASED
    return ReviewStatus.TO_REVIEW if number >= floor else ReviewStatus.NEVER


def publishable_comments(wave: CommentedWave, comments: Sequence[Comment]) -> Published:
    """The document of the approved comments, in the order of their random ids, which it does not name.

    What is published must itself be as many as the floor. Raises NotReleasable.
    """
    undecided = sum(comment.decision is None for comment in comments)
    if undecided:
        raise NotReleasable(f"{undecided} of {len(comments)} comments have not been decided about")
    approved = [comment for comment in comments if comment.decision is Decision.PUBLISH]
    if len(approved) < wave.floor:
        raise NotReleasable(
            f"{len(approved)} comments would be left; fewer than {wave.floor} are never shown. "
            "Approve more of them, or leave them as they are: then none is ever shown"
        )
    content = orjson.dumps(
        {
            "format": COMMENTS_FORMAT,
            "wave": wave.wave_id,
            "campaign": wave.campaign_id,
            "closed_at": wave.closed_at,
            "comments": [
                {"question": comment.question, "text": comment.text}
                for comment in sorted(approved, key=lambda comment: comment.comment_id)
            ],
        },
        option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z,
    )
    return Published(content, sha256(content).hexdigest())
