"""Rows of the API: with which wave a wave is compared, and what a change is made of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts.base import TextLanguage
from services.contracts.survey import Item, Measure
from services.metrics.release.ballots import count
from services.metrics.release.compute import compute
from services.metrics.released.documents import Document, Released
from services.metrics.released.periods import History
from services.metrics.released.rows import Row, trend
from tests.unit.metrics.organisations import PULSE, Spec, ballots_of, closed_wave, item, nodes_of

TEAMS: Spec = {"a": (50, 40), "b": (50, 40)}
OTHER_BLOCK = (
    *PULSE[:2],
    item("JS1", Measure.RESISTANCE, "job_security"),
    item("JS3", Measure.RESISTANCE, "job_security"),
)


def document(
    number: int, value: int = 3, items: tuple[Item, ...] = PULSE, teams: Spec = TEAMS, campaign: str = "zorg"
) -> Document:
    nodes = nodes_of(teams)
    plain = closed_wave(nodes, items)
    wave = replace(
        plain,
        wave_id=f"{campaign}-w{number:02d}",
        campaign_id=campaign,
        closed_at=plain.closed_at + timedelta(weeks=2 * number),
    )
    published = compute(wave, count(nodes, items, ballots_of(teams, items, value))).published
    return Released.of(published.content, published.sha256).document


def one(documents: list[Document], team: str = "a", measure: str = "trust") -> Row:
    """The row of the document that was given last."""
    found = trend(History(documents), [measure], [team], TextLanguage.EN)
    return next(row for row in found if row.wave == documents[-1].wave)


def before(documents: list[Document], document: Document, measure: str) -> str | None:
    """The wave with which a document is compared."""
    history = History(documents)
    found = history.before(history.by_id[document.wave], measure)
    return found.id if found else None


def test_a_driver_is_compared_only_with_the_last_wave_that_asked_the_same_items() -> None:
    documents = [document(1), document(2, items=OTHER_BLOCK), document(3)]
    assert before(documents, documents[2], "job_security") == "zorg-w01"
    assert before(documents, documents[2], "trust") == "zorg-w02"
    assert before(documents, documents[1], "job_security") is None


def test_a_wave_is_never_compared_with_another_campaign_or_a_later_wave() -> None:
    documents = [document(1, campaign="elders"), document(2)]
    assert before(documents, documents[1], "trust") is None
    assert before([document(2), document(1)], documents[1], "trust") == "zorg-w01"
    assert before([document(2), document(1)], document(1), "trust") is None


def test_the_first_wave_has_no_verdict_and_the_second_has_one() -> None:
    assert (one([document(1)]).verdict, one([document(1)]).change) == (None, None)
    second = one([document(1, value=2), document(2, value=4)])
    assert (second.change, second.verdict) == (52.0, "clearly up"), "25 and 75 in steps of two are 24 and 76"
    assert second.change_low is not None
    assert second.change_low < 52.0


@pytest.mark.parametrize("earlier", [{"b": (50, 40)}, {"a": (50, 3), "b": (50, 40)}])
def test_without_the_team_in_the_wave_before_the_change_cannot_be_told(earlier: Spec) -> None:
    found = one([document(1, teams=earlier), document(2)])
    assert (found.change, found.verdict, found.score) == (None, "too few answers", 50.0)


def test_at_the_ends_of_the_scale_a_change_may_be_larger_than_what_is_shown() -> None:
    found = one([document(1, value=5), document(2, value=3)])
    assert found.change == -45.0
    assert found.change_low is not None
    assert found.change_high is not None
    assert -45.0 - found.change_low == pytest.approx(5 + found.change_high + 45.0, abs=0.11)


def test_a_trend_is_ordered_by_time_and_holds_only_what_was_asked() -> None:
    documents = [document(1), document(2, items=OTHER_BLOCK)]
    rows = trend(History(documents), ["usage", "trust"], ["a", "organisation"], TextLanguage.NL)
    assert [(r.wave[-3:], r.measure, r.team) for r in rows] == [
        ("w01", "usage", "a"),
        ("w01", "usage", "organisation"),
        ("w01", "trust", "a"),
        ("w01", "trust", "organisation"),
        ("w02", "trust", "a"),
        ("w02", "trust", "organisation"),
    ]
