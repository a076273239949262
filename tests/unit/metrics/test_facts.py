"""Announcements, concerns, promises, outcomes and comments as rows."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import orjson
import pytest

from sandbox.published import cell, document
from services.contracts.base import ROOT_ID, TextLanguage
from services.metrics.released.documents import CommentsDocument
from services.metrics.released.facts import Facts, MeasuredOutcome, facts_of
from services.metrics.released.periods import History
from services.metrics.released.said import (
    announcement_rows,
    comment_rows,
    concern_rows,
    outcome_rows,
    promise_rows,
    promises_kept_rows,
)

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
EN = TextLanguage.EN


def stored(event_type: str, **fields: object) -> tuple[str, str]:
    event = {"version": 1, "event_id": str(uuid4()), "type": event_type} | fields
    return event_type, orjson.dumps(event).decode()


def announcement(event_type: str = "announcement.published", title: str = "First", **fields: object) -> tuple[str, str]:
    return stored(
        event_type,
        **{
            "announcement_id": "x",
            "kind": "success",
            "title": {"nl": title, "en": title},
            "story": {"nl": "Het ging goed.", "en": "It went well."},
            "audience": [ROOT_ID],
            "published_at": AT.isoformat(),
            "figure": {"value": 30.0, "unit": "%", "period": "three months"},
        }
        | fields,
    )


def reactions(when: datetime, count: int) -> tuple[str, str]:
    return stored(
        "announcement.reactions", announcement_id="x", as_of=when.isoformat(), reactions={"tada": count, "eyes": 1}
    )


def promise(state: str, due: str, days: int, name: str = "p") -> tuple[str, str]:
    text = {"nl": "Een training", "en": "A training"}
    when = (AT + timedelta(days=days)).isoformat()
    return stored("promise.recorded", promise_id=name, text=text, owner="HR", due=due, state=state, recorded_at=when)


def facts(*payloads: tuple[str, str]) -> Facts:
    return facts_of(payloads, ())


def history(band: str = "12-19") -> History:
    return History([document(1, [cell(ROOT_ID, "trust", 50, n_band=band)], items={"A2": "trust"})])


class TestAnnouncements:
    def test_a_correction_changes_the_words_and_not_the_moment(self) -> None:
        corrected = announcement("announcement.corrected", "Second", corrected_at=(AT + timedelta(days=1)).isoformat())
        older = announcement("announcement.corrected", "Older", corrected_at=(AT + timedelta(hours=1)).isoformat())
        (row,) = announcement_rows(history(), facts(corrected, announcement(), older).announcements, EN)
        assert (row.title, row.time, row.timeEnd) == ("Second", AT, AT)
        assert row.corrected_at == AT + timedelta(days=1)
        assert (row.figure_value, row.figure_unit, row.tags) == (30, "%", ["success"])

    def test_a_draft_is_nobodys_business(self) -> None:
        draft = announcement("announcement.drafted")
        assert facts(draft).announcements == ()

    def test_reactions_are_those_counted_last(self) -> None:
        found = facts(announcement(), reactions(AT + timedelta(days=2), 7), reactions(AT + timedelta(days=1), 3))
        (row,) = announcement_rows(history(), found.announcements, EN)
        assert (row.reactions, row.reactions_by_emoji) == (8, "tada 7, eyes 1")

    @pytest.mark.parametrize(("audience", "band"), [(["a"], "12-19"), ([ROOT_ID], "8-11")])
    def test_reactions_of_a_team_or_of_few_are_never_counted(self, audience: list[str], band: str) -> None:
        found = facts(announcement(audience=audience), reactions(AT, 7))
        (row,) = announcement_rows(history(band), found.announcements, EN)
        assert (row.reactions, row.reactions_by_emoji) == (None, None)

    def test_what_cannot_be_read_costs_nothing_that_can(self) -> None:
        found = facts(
            ("announcement.published", '{"type": "announcement.published"}'), announcement(), ("new.kind", "{}")
        )
        assert [one.published.title.en for one in found.announcements] == ["First"]


class TestPromises:
    FACTS = facts(
        promise("open", "2026-02-10", 0, "training"),
        promise("kept", "2026-02-10", 5, "training"),
        promise("open", "2026-02-03", 1, "rules"),
    )

    def test_each_stands_as_it_was_recorded_last(self) -> None:
        rows = promise_rows(self.FACTS, AT + timedelta(days=10), EN)
        assert [(one.promise, one.status, one.time) for one in rows] == [
            ("training", "kept", AT),
            ("rules", "overdue", AT + timedelta(days=1)),
        ]
        assert rows[0].updated_at == AT + timedelta(days=5)

    def test_the_share_that_was_kept_is_told_as_of_each_moment(self) -> None:
        moments = [AT - timedelta(days=1), AT + timedelta(days=1), AT + timedelta(days=3), AT + timedelta(days=6)]
        rows = promises_kept_rows(self.FACTS, moments)
        assert [(one.kept, one.due, one.open, one.share) for one in rows] == [
            (0, 0, 0, None),
            (0, 0, 2, None),
            (0, 1, 1, 0.0),
            (1, 2, 0, 50.0),
        ]


def test_a_concern_stands_with_its_answer_and_nothing_of_who_raised_it() -> None:
    given = stored("concern.answered", concern_id="c", question="Why?", answer="Because.", answered_at=AT.isoformat())
    (row,) = concern_rows(facts(given, given))
    assert dict(row) == {"time": AT, "concern": "c", "question": "Why?", "answer": "Because."}


def test_outcomes_stand_at_the_end_of_their_period() -> None:
    late = MeasuredOutcome("o2", "a", "minutes", 12.5, "min", date(2026, 2, 1), date(2026, 2, 14))
    early = MeasuredOutcome("o1", "zzz", "minutes", 15, "min", date(2026, 1, 1), date(2026, 1, 14))
    found = facts_of((), (late, early))
    rows = outcome_rows(history(), found.outcomes, None, EN)
    assert [(one.outcome, one.team_name, one.time.isoformat()) for one in rows] == [
        ("o1", "zzz", "2026-01-14T00:00:00+00:00"),
        ("o2", "Team a", "2026-02-14T00:00:00+00:00"),
    ]
    assert [one.outcome for one in outcome_rows(history(), found.outcomes, ["a"], EN)] == ["o2"]


def test_comments_come_in_the_order_of_their_waves_under_the_words_of_their_question() -> None:
    def released(number: int, question: str = "OQ1") -> CommentsDocument:
        said = [{"question": question, "text": f"{number}"}]
        closed = AT + timedelta(days=number)
        return CommentsDocument.model_validate(
            {"format": 1, "wave": f"w{number}", "campaign": "zorg", "closed_at": closed, "comments": said}
        )

    assert [(one.wave, one.text) for one in comment_rows([released(2), released(1)], EN)] == [("w1", "1"), ("w2", "2")]
    found = comment_rows([released(1), released(2, "OLD")], TextLanguage.NL)
    assert [(one.question_id, one.question) for one in found] == [
        ("OQ1", "Wat spreekt je aan in AI op je werk?"),
        ("OLD", "OLD"),
    ]
