"""What the gateway takes: no way to a person, no unknown field, no surprise in a number or a day."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.contracts import wire
from services.contracts.topics import TopicName
from services.ingest.gateway.contents import Announcement, Outcome
from services.ingest.gateway.organisation import organisation
from services.ingest.gateway.personal import fault_in_id, fault_in_text
from services.ingest.gateway.rates import Rates

OUTCOME = {
    "outcome_id": "minutes-2026-03-thuiszorg",
    "node_id": "thuiszorg",
    "measure": "minutes_per_file",
    "value": 21.5,
    "unit": "minutes",
    "period_start": "2026-03-01",
    "period_end": "2026-03-31",
}
ANNOUNCEMENT = {
    "announcement_id": "success-1",
    "kind": "success",
    "title": {"nl": "30 % sneller", "en": "30 % faster"},
    "story": {"nl": "Het verslag schrijft zich half zelf.", "en": "The report half writes itself."},
    "audience": ["thuiszorg"],
    "figure": {"value": 30, "unit": "percent", "period": "maart tot mei"},
}


@pytest.mark.parametrize(
    "text",
    [
        "Vraag het jan.jansen@voorbeeld.nl",
        "Ask ａnn＠example.org",  # full-width letters are letters
        "Met dank aan @jan",
        "Met dank aan <@U012AB3CD>",
        "Lees verder in <#C012AB3CD|nieuws>",
        "<!channel> lees dit",
        "U012AB3CD heeft het gemeten",
        "Bel 06-12345678",
        "Bel 06 12 34 56 78",
        "Bel +31 (0)6 1234 5678",
        "Bel 030 - 123 45 67",
        "Bel ０６１２３４５６７８",
        "BSN 123456782",
        "BSN 1234.56.782",
        "BSN 111.222.333",  # passes the eleven test
        "geboren 12-05-1985",
        "geboren 19850512",
        "zichtbaar\u0000niet",
        "links\u202erechts",
    ],
)
def test_a_text_that_could_lead_to_a_person_is_found(text: str) -> None:
    fault = fault_in_text(text)
    assert fault is not None
    assert text not in fault


@pytest.mark.parametrize(
    "text",
    [
        "Van 30 naar 21 minuten per dossier, in 2026.",
        "Van 1-3-2026 tot en met 31-03-2026, dus 2026-03-01 - 2026-03-31.",
        "Meting 20260331, jaren 2025-2026 en 2026/2027",
        "€ 12.500.000 minder; 1.250 dossiers; 3,5 uur",
        "MOMENTS en GESPREK: 100 % van TEAMOVERLEG",
        "Regel 1\nRegel 2 👩‍💻",
    ],
)
def test_figures_days_and_years_are_no_numbers_of_people(text: str) -> None:
    assert fault_in_text(text) is None


@pytest.mark.parametrize(
    "identifier", ["12345678-1234-4123-8123-123456789012", "minutes-2026-03-31", "a+b", "x.20260331"]
)
def test_ids_of_systems_are_taken(identifier: str) -> None:
    assert fault_in_id(identifier) is None


@pytest.mark.parametrize("identifier", ["123456782", "U012AB3CD", "file-0612345678", "12345678-1234"])
def test_ids_of_people_are_not(identifier: str) -> None:
    assert fault_in_id(identifier) is not None


def test_the_events_are_those_of_the_topics_and_the_same_report_is_the_same_event() -> None:
    for topic, event in (
        (TopicName.OUTCOMES, Outcome.model_validate(OUTCOME).event()),
        (TopicName.ANNOUNCEMENTS, Announcement.model_validate(ANNOUNCEMENT).event()),
    ):
        parsed = wire.parse(topic, wire.encode(event))
        assert (parsed.event, parsed.unknown_fields) == (event, ())
    assert Outcome.model_validate(OUTCOME).event() == Outcome.model_validate(OUTCOME).event()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"member": "U1"}, "member"),
        ({"value": "21"}, "value"),
        ({"value": float("nan")}, "value"),
        ({"value": True}, "value"),
        ({"value": 1e300}, "value"),
        ({"unit": "jansen"}, "unit"),
        ({"measure": "Jan Jansen"}, "measure"),
        ({"period_start": 0}, "period_start"),
        ({"period_start": "2026-03-01T10:00:00"}, "period_start"),
        ({"period_start": "1900-01-01"}, "period_start"),
        ({"period_start": "2026-04-01"}, ""),
        ({"outcome_id": "0612345678"}, "outcome_id"),
        ({"outcome_id": ""}, "outcome_id"),
    ],
)
def test_an_outcome_of_another_shape_is_refused_where_it_is_wrong(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Outcome.model_validate(OUTCOME | change)
    assert [".".join(map(str, fault["loc"])) for fault in refused.value.errors()] == [where]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"author": "Jan"}, "author"),
        ({"kind": "promise"}, "kind"),  # a promise has an owner and a day, and is made in Slack
        ({"title": {"nl": "Alleen Nederlands"}}, "title.en"),
        ({"title": {"nl": "x" * 151, "en": "x"}}, "title.nl"),
        ({"story": {"nl": "bel 0612345678", "en": "x"}}, "story.nl"),
        ({"story": {"nl": "x", "en": " "}}, "story.en"),
        ({"audience": []}, "audience"),
        ({"figure": {"value": 1, "unit": "minutes", "period": "aan @jan"}}, "figure.period"),
    ],
)
def test_a_draft_of_another_shape_is_refused_where_it_is_wrong(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Announcement.model_validate(ANNOUNCEMENT | change)
    assert [".".join(map(str, fault["loc"])) for fault in refused.value.errors()] == [where]


def test_people_are_counted_over_the_whole_subtree() -> None:
    tree = organisation(
        [("organisation", "", 0), ("care", "organisation", 2), ("home", "care", 3), ("desk", "organisation", 4)]
    )
    assert tree.invited == {"organisation": 9, "care": 5, "home": 3, "desk": 4}
    assert tree.with_outcomes == {"organisation", "care"}
    assert tree.audiences == {"organisation", "care", "home", "desk"}
    assert organisation([]).audiences == {"organisation"}
    assert organisation([]).with_outcomes == frozenset()


def test_a_caller_waits_when_it_has_sent_too_much_and_no_other_caller_does() -> None:
    now = 0.0
    rates = Rates(per_minute=60, burst=3, now=lambda: now)
    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 1]
    assert rates.take("b") == 0
    now = 0.5
    assert rates.take("a") == 1
    now = 1.0
    assert [rates.take("a") for _ in range(2)] == [0, 1]
    now = 1_000.0
    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 1], "what was not used is not saved up over the burst"
    slow = Rates(per_minute=1, burst=1, now=lambda: now)
    assert [slow.take("a"), slow.take("a")] == [0, 60]
