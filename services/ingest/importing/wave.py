"""An existing survey as the events of a wave."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from services.contracts.base import Text
from services.contracts.events import AnswerGiven, UnitCount, WaveClosed, WaveOpened
from services.contracts.survey import Survey
from services.ingest.importing.answers import Ballot
from services.ingest.importing.roster import Roster

REVISION = 1


class WrongDates(ValueError):
    """The dates of an import make no wave."""


@dataclass(frozen=True)
class ImportedWave:
    """Everything that is sent: the opening, the answers in an order that tells nothing, the close."""

    opened: WaveOpened
    answers: tuple[AnswerGiven, ...]
    closed: WaveClosed


def period(opened: date, closed: date, today: date) -> tuple[datetime, datetime]:
    """The first moment of ``opened`` and the last second of ``closed``, in UTC. Raises WrongDates."""
    if closed < opened:
        raise WrongDates(f"the survey closed on {closed}, before it opened on {opened}")
    if closed > today:
        raise WrongDates(f"the survey closes on {closed}, which is still to come (today is {today})")
    return datetime.combine(opened, time(), UTC), datetime.combine(closed, time(23, 59, 59), UTC)


def opening(
    wave_id: str, campaign_id: str, survey: Survey, roster: Roster, dates: tuple[datetime, datetime]
) -> WaveOpened:
    """The event that opens the wave."""
    return WaveOpened(
        wave_id=wave_id,
        campaign_id=campaign_id,
        title=survey.title or Text(nl=wave_id, en=wave_id),
        opens_at=dates[0],
        closes_at=dates[1],
        items=survey.items,
        nodes=roster.merged.wave_nodes(),
        imported=True,
    )


def wave(opened: WaveOpened, ballots: Sequence[Ballot]) -> ImportedWave:
    """The whole wave. The order of the answers is random and unlike that of the file."""
    answers = [
        AnswerGiven(
            wave_id=opened.wave_id,
            ballot_id=ballot.ballot_id,
            node_id=ballot.unit,
            item_id=item_id,
            value=value,
            revision=REVISION,
        )
        for ballot in ballots
        for item_id, value in ballot.values.items()
    ]
    secrets.SystemRandom().shuffle(answers)
    count = Counter(ballot.unit for ballot in ballots)
    units = tuple(
        UnitCount(node_id=node.id, acknowledged=count[node.id], with_revision=count[node.id])
        for node in opened.nodes
        if node.invited
    )
    return ImportedWave(
        opened, tuple(answers), WaveClosed(wave_id=opened.wave_id, closed_at=opened.closes_at, units=units)
    )
