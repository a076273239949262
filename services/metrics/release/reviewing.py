"""The review of comments in ClickHouse: reading them, keeping decisions, releasing them once."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from services.metrics.release import claims, frozen
from services.metrics.release.comments import (
    Comment,
    CommentedWave,
    Decision,
    NotReleasable,
    ReviewStatus,
    floor_of,
    publishable_comments,
    status_of,
)
from services.metrics.release.document import Published
from services.runtime.clickhouse import sql

SQL = "services.metrics.release.sql"
_one_at_a_time = threading.Lock()
"""Decisions and the release of comments within this process; of several processes the first to release counts."""


class UnknownWave(LookupError):
    """A wave that was never opened."""


class UnknownComment(LookupError):
    """A decision about a comment that the wave does not have; nothing of the same request was kept."""


class AlreadyReleased(RuntimeError):
    """A decision about comments that are out, or that never come out."""


@dataclass(frozen=True, slots=True)
class Review:
    """The comments of a wave; none of them is in it unless they are to be reviewed. `sha256` once released."""

    wave_id: str
    status: ReviewStatus
    floor: int
    comments: tuple[Comment, ...] = ()
    sha256: str | None = None


def reviews(client: Client) -> tuple[Review, ...]:
    """Where the comments of every wave stand whose numbers have been released, oldest first; without any text."""
    return tuple(
        Review(wave_id, status_of(number, floor_of(floor), released=bool(sha256)), floor_of(floor), (), sha256 or None)
        for wave_id, floor, number, sha256 in client.query(sql(SQL, "comment_counts")).result_rows
    )


def review(client: Client, wave_id: str) -> Review:
    """The comments of a wave, with what was decided. Raises UnknownWave."""
    wave = _wave(client, wave_id)
    if wave is None:
        return Review(wave_id, ReviewStatus.WAITING, floor_of(0))
    released = _stored(client, wave_id)
    comments = _comments(client, wave_id)
    status = status_of(len(comments), wave.floor, released=released is not None)
    return Review(
        wave_id,
        status,
        wave.floor,
        comments if status is ReviewStatus.TO_REVIEW else (),
        released.sha256 if released else None,
    )


def decide(client: Client, wave_id: str, decisions: Mapping[str, Decision]) -> Review:
    """Keep decisions; a later one replaces an earlier one. Raises UnknownWave, UnknownComment, AlreadyReleased."""
    with _one_at_a_time:
        known = _reviewable(client, wave_id)
        if strangers := sorted(set(decisions) - {comment.comment_id for comment in known.comments}):
            raise UnknownComment(f"the wave {wave_id} has no comment {strangers[0]}")
        if decisions:
            now = datetime.now(UTC)
            client.insert(
                "comment_reviews",
                [(wave_id, comment, decision is Decision.PUBLISH, now) for comment, decision in decisions.items()],
                column_names=["wave_id", "comment_id", "publish", "decided_at"],
                database="pulse_ballots",
            )
        return review(client, wave_id)


def release_comments(client: Client, wave_id: str, now: datetime) -> Published:
    """The published comments: those stored, or else made and stored now. `now` is campaign time.

    Raises UnknownWave, AlreadyReleased where they never come out, NotReleasable.
    """
    with _one_at_a_time:
        if (already := _stored(client, wave_id)) is not None:
            return already
        known = _reviewable(client, wave_id)
        wave = _wave(client, wave_id)
        if wave is None:
            raise UnknownWave(wave_id)
        published = publishable_comments(wave, known.comments)
        client.insert(
            "comment_releases",
            [[wave_id, wave.closed_at, now, published.sha256, published.content.decode()]],
            column_names=["wave_id", "closed_at", "released_at", "sha256", "document"],
            database="pulse_release",
            settings=claims.once(wave_id),
        )
        stands = _stored(client, wave_id)  # another process may have come first: what it released stands
        if stands is None:
            raise NotReleasable("another process releases these comments just now; look again in a moment")
        return stands


def _reviewable(client: Client, wave_id: str) -> Review:
    known = review(client, wave_id)
    if known.status is not ReviewStatus.TO_REVIEW:
        raise AlreadyReleased(f"the comments of the wave {wave_id} cannot be reviewed: {known.status.value}")
    return known


def _wave(client: Client, wave_id: str) -> CommentedWave | None:
    """None while its numbers have not been released. Raises UnknownWave."""
    rows = client.query(sql(SQL, "commented_wave"), parameters={"wave": wave_id}).result_rows
    if not rows:
        raise UnknownWave(f"there is no wave {wave_id}")
    campaign, floor, closed_at, released = rows[0]
    return CommentedWave(wave_id, campaign, frozen.utc(closed_at), floor_of(floor)) if released else None


def _comments(client: Client, wave_id: str) -> tuple[Comment, ...]:
    rows = client.query(sql(SQL, "comments"), parameters={"wave": wave_id}).result_rows
    return tuple(
        Comment(comment, question, text, (Decision.PUBLISH if publish else Decision.WITHHOLD) if decided else None)
        for comment, question, text, publish, decided in rows
    )


def _stored(client: Client, wave_id: str) -> Published | None:
    rows = client.query(sql(SQL, "stored_comments"), parameters={"wave": wave_id}).result_rows
    return Published(rows[0][0].encode(), rows[0][1]) if rows else None
