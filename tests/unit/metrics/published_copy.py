"""A copy with something for every endpoint: eight waves, a large team, a hidden and a small one, facts of all kinds."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sandbox.published import (
    FIRST_OPENING,
    Fields,
    arm,
    cell,
    distribution,
    document,
    released,
    wave_id,
    window,
    window_cell,
)
from services.contracts.base import ROOT_ID, Text
from services.contracts.events import (
    AnnouncementKind,
    AnnouncementPublished,
    ConcernAnswered,
    Figure,
    PromiseRecorded,
    PromiseState,
)
from services.metrics.released.copies import Copy, KnownWave
from services.metrics.released.documents import CommentsDocument, Document, ReleasedComments
from services.metrics.released.facts import Announced, Facts, MeasuredOutcome

WAVES: Final = 8
ANNOUNCEMENT: Final = "zorg-training"
_TEAMS: Final = {"a": "wave", "h": "wave", "s": "window"}
_BLOCKS: Final = ("job_security", "competence")


def whole_copy() -> Copy:
    """The copy."""
    documents = [_document(number) for number in range(1, WAVES + 1)]
    closed = {one.wave: one for one in documents}
    return Copy(
        waves=(*(_known(one) for one in documents), _open_wave()),
        releases=released(documents),
        comments={wave_id(1): _comments(closed[wave_id(1)])},
        phases={one.wave: {"a": "pilot", "h": "not_started", "s": None} for one in documents},
        facts=_facts(),
    )


def _document(number: int) -> Document:
    driver = _BLOCKS[number % 2]
    items = {"A1": "resistance", "A2": "trust", "X1": driver, "X2": driver}
    scores: dict[str, float] = {"resistance": 60 - 2 * number, "trust": 40 + 2 * number, driver: 55}
    cells = [cell(ROOT_ID, name, score, 2.0, n=120, n_band="50+") for name, score in scores.items()]
    cells += [cell("a", name, score + 4) for name, score in scores.items()]
    cells += [cell("h", name, None) for name in scores]
    closing = number % 3 == 0
    name = f"zorg-v{number // 3:02d}"
    pair = {"first": "X1", "second": "X2", "correlation": 0.5}
    windows: list[Fields] = []
    if closing:
        windows = [window(number // 3, range(number - 2, number + 1), measures=("resistance", "trust"))]
    return document(
        number,
        cells,
        teams=_TEAMS,
        items=items,
        response={ROOT_ID: "50-69 %", "a": "70+ %"},
        windows=windows,
        window_cells=[
            window_cell(name, node, measure, None if node == "h" else 45)
            for node in (ROOT_ID, *_TEAMS)
            for measure in ("resistance", "trust")
            if closing
        ],
        distributions=[distribution(ROOT_ID, "A1", 20, 5), distribution(ROOT_ID, "A2", None, 5)],
        arms=_arms(number),
        reliability=[{"measure": driver, "items": ["X1", "X2"], "alpha": 0.7, "n": 110, "correlations": [pair]}],
    )


def _arms(number: int) -> list[Fields]:
    found = []
    for measure, score in (("resistance", 60 - 3 * number), ("trust", 40 + 3 * number)):
        found += [arm(None, "pilot", wave_id(number), measure, score)]
        found += [arm(None, "not_started", wave_id(number), measure, None)]
        found += [arm(ANNOUNCEMENT, "reached", wave_id(number), measure, score)]
        found += [arm(ANNOUNCEMENT, "not_reached", wave_id(number), measure, 50)]
    return found


def _known(document: Document) -> KnownWave:
    return KnownWave(
        document.wave,
        document.campaign,
        document.title,
        document.opened_at,
        document.opened_at + timedelta(days=7),
        document.closed_at,
    )


def _open_wave() -> KnownWave:
    opens = FIRST_OPENING + timedelta(weeks=2 * WAVES)
    title = Text(nl="Zorg · nu", en="Care · now")
    return KnownWave(wave_id(WAVES + 1), "zorg", title, opens, opens + timedelta(days=7), None)


def _comments(document: Document) -> ReleasedComments:
    said = CommentsDocument(
        format=1,
        wave=document.wave,
        campaign=document.campaign,
        closed_at=document.closed_at,
        comments=tuple({"question": "OPEN1", "text": f"Ik zie {n} kansen"} for n in range(10)),  # type: ignore[arg-type]
    )
    return ReleasedComments(content=b"{}", sha256="0" * 64, document=said)


def _facts() -> Facts:
    at = FIRST_OPENING + timedelta(weeks=6)
    event = AnnouncementPublished(
        event_id=UUID(int=1),
        announcement_id=ANNOUNCEMENT,
        kind=AnnouncementKind.TRAINING,
        title=Text(nl="Training", en="Training"),
        story=Text(nl="Er is een training geweest.", en="There was a training."),
        audience=("a",),
        figure=Figure(value=30, unit="%", period="3 months"),
        published_at=at,
    )
    promise = PromiseRecorded(
        event_id=UUID(int=2),
        promise_id="p1",
        text=Text(nl="Iedereen krijgt training.", en="Everyone gets a training."),
        owner="HR",
        due=date(2026, 3, 1),
        state=PromiseState.OPEN,
        recorded_at=at,
    )
    concern = ConcernAnswered(
        event_id=UUID(int=3), concern_id="c1", question='=HYPERLINK("x")', answer="Goede vraag.", answered_at=at
    )
    outcome = MeasuredOutcome("o1", "a", "minutes", 12.5, "min", date(2026, 2, 1), date(2026, 2, 14))
    return Facts((Announced(event),), (concern,), (promise,), (outcome,))
