"""What the metrics API would serve of a simulated organisation: its releases, and what was said and done in it.

Straight from the people's minds through the release, without Slack, Kafka or ClickHouse. For dashboards: their contract
test, their previews and their benchmark.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Final

from sandbox.story.measured import release_of
from sandbox.story.simulation import SimulatedWave, Simulation
from services.contracts.base import ROOT_ID, Text
from services.contracts.events import AnnouncementPublished, ConcernAnswered, PromiseRecorded, PromiseState
from services.contracts.figure_units import Unit
from services.contracts.floors import WINDOW_WAVES
from services.metrics.release.arms import Announcement
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.compute import Beside, Heard, Release, UnfinishedWindow
from services.metrics.release.earlier import WAVES_AROUND
from services.metrics.released.copies import Copy, KnownWave
from services.metrics.released.documents import Released, ReleasedComments
from services.metrics.released.facts import Announced, Facts, MeasuredOutcome

_COMMENTS: Final = (
    "Het scheelt me de brieven waar ik nooit aan toekwam.",
    "Meer tijd voor cliënten, daarvoor werk ik hier.",
    "Fijn dat ik een voorstel ook gewoon kan negeren.",
    "’s Avonds verslagen schrijven is voorbij.",
    "Een goed begin voor een tekst, ik controleer alles nog.",
    "Fijn dat een collega het liet zien en geen adviseur.",
    "Het rooster is sneller klaar.",
    "Ik kan eindelijk mijn eigen aantekeningen lezen.",
    "It helps with Dutch, which is not my first language.",
    "Minder papier. Ga zo door!",
    "Het legt woorden uit waar ik niet naar zou durven vragen.",
    "Ik ben benieuwd wat er nog komt.",
)
_MINUTES: Final = (30.0, 27.0, 24.0, 21.0)
"""Minutes of paperwork a file in the pilot teams, before the pilot and after each round of it: 30 % less in the end."""


def story_copy(simulation: Simulation, numbers: Sequence[int], *, with_facts: bool = True) -> Copy:
    """What is served after these waves (from 1) have been released; without facts nothing was said or measured."""
    plan = simulation.organisation.plan
    schedule = plan.campaign.schedule
    waves, releases, phases = [], {}, {}
    events = [event.published(plan) for event in simulation.events]
    history = _Released(numbers, events)
    for number in numbers:
        wave = simulation.wave(number)
        published = history.release(wave).published
        releases[wave.id] = Released.of(published.content, published.sha256)
        phases[wave.id] = {
            node.id: node.phase.value if node.phase else None for node in plan.campaign_in(number).tree.nodes
        }
        waves.append(
            KnownWave(
                wave.id,
                plan.campaign.id,
                plan.campaign.title_of(number),
                schedule.opens_at(number),
                schedule.closes_at(number),
                schedule.closes_at(number),
            )
        )
    if not (with_facts and numbers):
        return Copy(waves=tuple(waves), releases=releases, phases=phases)
    return Copy(
        waves=tuple(waves),
        releases=releases,
        phases=phases,
        comments={waves[-1].wave_id: _comments(waves[-1])},
        facts=_facts(simulation, waves),
    )


class _Released:
    """Releases one after the other, each with what it needs of those before: windows, and arms of announcements."""

    def __init__(self, numbers: Sequence[int], announcements: Sequence[AnnouncementPublished]) -> None:
        self._numbers = list(numbers)
        self._announcements = announcements
        self._tables: dict[int, WaveClasses] = {}
        self._told: set[tuple[str, int]] = set()

    def release(self, wave: SimulatedWave) -> Release:
        """The release of the next wave."""
        release = release_of(wave, Beside(self._window(wave), tuple(self._heard(wave))))
        self._tables[wave.number] = release.tables
        return release

    def _window(self, wave: SimulatedWave) -> UnfinishedWindow | None:
        place = self._numbers.index(wave.number)
        if (place + 1) % WINDOW_WAVES:
            return None
        before = self._numbers[place + 1 - WINDOW_WAVES : place]
        campaign = wave.organisation.plan.campaign.id
        window = f"{campaign}-window-{place // WINDOW_WAVES + 1:02d}"
        return UnfinishedWindow(window, tuple(self._tables[number] for number in before), ())

    def _heard(self, wave: SimulatedWave) -> Iterable[Heard]:
        closes_at = wave.organisation.plan.campaign.schedule.closes_at
        for announcement in self._announcements:
            before = [number for number in self._numbers if closes_at(number) <= announcement.published_at]
            after = [number for number in self._numbers if number not in before][:WAVES_AROUND]
            if wave.number not in after:
                continue
            key = announcement.announcement_id
            around = [
                number
                for number in (*before[-WAVES_AROUND:], *after)
                if number in self._tables and (key, number) not in self._told
            ]
            self._told |= {(key, number) for number in (*around, wave.number)}
            yield Heard(
                Announcement(key, frozenset(announcement.audience)), tuple(self._tables[number] for number in around)
            )


def _facts(simulation: Simulation, waves: Sequence[KnownWave]) -> Facts:
    plan = simulation.organisation.plan
    end = waves[-1].closes_at
    announced = (event.published(plan) for event in simulation.events)
    return Facts(
        announcements=tuple(
            Announced(one, reactions={"tada": 31, "heart": 17} if ROOT_ID in one.audience else None)
            for one in announced
            if one.published_at <= end
        ),
        concerns=_concerns(waves),
        promises=tuple(_promises(waves)),
        outcomes=tuple(_outcomes(plan.pilots, waves)),
    )


def _concerns(waves: Sequence[KnownWave]) -> tuple[ConcernAnswered, ...]:
    said = (
        (
            "Wordt het team kleiner als de administratie minder tijd kost?",
            "Nee. De tijd gaat naar cliënten. Dat hebben we op papier gezet.",
        ),
        ("Wie ziet wat ik erin typ?", "Alleen jij. Na de sessie wordt er niets bewaard, en niemand leest mee."),
    )
    return tuple(
        ConcernAnswered(
            concern_id=f"concern-{at}",
            question=question,
            answer=answer,
            answered_at=waves[min(at, len(waves) - 1)].closes_at + timedelta(days=1),
        )
        for at, (question, answer) in enumerate(said, start=1)
    )


def _promises(waves: Sequence[KnownWave]) -> Iterable[PromiseRecorded]:
    first, last = waves[0].closes_at, waves[-1].closes_at
    made = (
        ("training", "Everyone gets two hours of training in working time", "HR", 40, PromiseState.KEPT),
        ("rules", "Clear rules on what AI may be used for", "Directeur", 60, PromiseState.KEPT),
        ("planning", "No planning by AI without the team's consent", "Locatiemanagers", 75, PromiseState.OPEN),
        ("evaluation", "We decide together whether the pilot goes on", "Directeur", 160, PromiseState.OPEN),
    )
    texts = {
        "training": "Iedereen krijgt twee uur training in werktijd",
        "rules": "Duidelijke regels waar AI voor gebruikt mag worden",
        "planning": "Geen planning door AI zonder instemming van het team",
        "evaluation": "We besluiten samen of de proef doorgaat",
    }
    recorded = []
    for name, english, owner, days, state in made:
        promise = PromiseRecorded(
            promise_id=name,
            text=Text(nl=texts[name], en=english),
            owner=owner,
            due=(first + timedelta(days=days)).date(),
            state=PromiseState.OPEN,
            recorded_at=first + timedelta(days=2),
        )
        recorded.append(promise)
        if state is not PromiseState.OPEN:
            recorded.append(promise.model_copy(update={"state": state, "recorded_at": last - timedelta(days=1)}))
    return sorted(recorded, key=lambda one: one.recorded_at)


def _outcomes(pilots: Sequence[str], waves: Sequence[KnownWave]) -> Iterable[MeasuredOutcome]:
    closed = [wave.closes_at.date() for wave in waves[-len(_MINUTES) :]]
    for team in pilots:
        for end, minutes in zip(closed, _MINUTES, strict=False):
            yield MeasuredOutcome(
                f"{team}-{end}", team, "tijd_per_dossier", minutes, Unit.MINUTES, end - timedelta(days=14), end
            )


def _comments(wave: KnownWave) -> ReleasedComments:
    content = json.dumps(
        {
            "format": 1,
            "wave": wave.wave_id,
            "campaign": wave.campaign_id,
            "closed_at": wave.closes_at.isoformat(),
            "comments": [{"question": "OQ1", "text": text} for text in _COMMENTS],
        }
    ).encode()
    return ReleasedComments.of(content, sha256(content).hexdigest())
