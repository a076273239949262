"""Comments: ten or more together, after a champion's look, or never."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import orjson
import pytest

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
from services.metrics.released.documents import ReleasedComments

WAVE = CommentedWave("zorg-w01", "zorg", datetime(2026, 1, 12, 8, tzinfo=UTC), floor=10)


def comments(number: int, decision: Decision | None = Decision.PUBLISH) -> list[Comment]:
    return [Comment(f"{n:032x}", "what_appeals", f"opinion {n}", decision) for n in range(number)]


@pytest.mark.parametrize(
    ("number", "released", "status"),
    [
        (10, False, ReviewStatus.TO_REVIEW),
        (9, False, ReviewStatus.NEVER),
        (0, False, ReviewStatus.NEVER),
        (12, True, ReviewStatus.RELEASED),
    ],
)
def test_nine_comments_are_never_seen_by_anybody_and_ten_are_reviewed(
    number: int, released: bool, status: ReviewStatus
) -> None:
    assert status_of(number, 10, released=released) is status


def test_a_campaign_raises_the_floor_and_cannot_lower_it() -> None:
    assert (floor_of(3), floor_of(10), floor_of(15)) == (10, 10, 15)


def test_ten_approved_comments_are_a_document_without_ids_and_in_an_order_that_says_nothing() -> None:
    published = publishable_comments(WAVE, list(reversed(comments(10))))
    assert published == publishable_comments(WAVE, comments(10))
    assert published.sha256 == sha256(published.content).hexdigest()
    document = ReleasedComments.of(published.content, published.sha256).document
    assert [comment.text for comment in document.comments] == [f"opinion {n}" for n in range(10)]
    assert set(orjson.loads(published.content)["comments"][0]) == {"question", "text"}


def test_a_withheld_comment_is_not_published() -> None:
    withheld = replace(comments(11)[10], decision=Decision.WITHHOLD)
    published = publishable_comments(WAVE, [*comments(10), withheld])
    assert b"opinion 10" not in published.content
    assert published == publishable_comments(WAVE, comments(10)), "nor can it be told that there was one"


def test_fewer_than_ten_that_are_left_are_not_published() -> None:
    withheld = replace(comments(10)[9], decision=Decision.WITHHOLD)
    with pytest.raises(NotReleasable, match="9 comments would be left; fewer than 10 are never shown"):
        publishable_comments(WAVE, [*comments(9), withheld])


def test_a_comment_that_nobody_has_looked_at_holds_all() -> None:
    with pytest.raises(NotReleasable, match="1 of 11 comments have not been decided about"):
        publishable_comments(WAVE, [*comments(10), *comments(11, None)[10:]])
