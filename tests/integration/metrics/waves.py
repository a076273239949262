"""A small organisation's waves, written to the store row by row as ingest writes them."""

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256

import orjson
from clickhouse_connect.driver.client import Client

from services.contracts.topics import TOPICS
from services.metrics.release.ballots import Ballot
from services.metrics.release.wave import ClosedWave
from tests.unit.metrics.organisations import PULSE, Spec, closed_wave, nodes_of

TEAMS: Spec = {"north": (40, 30), "south": (60, 45), "tiny": (7, 7), "quiet": (30, 3)}


@dataclass
class StoredWave:
    """A wave in the store. Answers are known, so what must come out can be computed beside it."""

    client: Client
    campaign: str
    number: int
    teams: Spec = field(default_factory=lambda: dict(TEAMS))

    @property
    def wave_id(self) -> str:
        return f"{self.campaign}-w{self.number:02d}"

    @property
    def wave(self) -> ClosedWave:
        plain = closed_wave(nodes_of(self.teams), PULSE)
        later = timedelta(weeks=2 * (self.number - 1))
        return replace(
            plain,
            wave_id=self.wave_id,
            campaign_id=self.campaign,
            opened_at=plain.opened_at + later,
            closed_at=plain.closed_at + later,
        )

    def ballots(self, favour: int = 3) -> list[Ballot]:
        """Seeded answers around `favour`, the same at every call; some rather not say."""
        dice = random.Random(f"{self.number} {favour}")
        return [
            Ballot(
                sha256(f"{self.wave_id}{team}{person}".encode()).hexdigest()[:32],
                team,
                {i.id: None if dice.random() < 0.05 else min(5, max(1, favour + dice.randint(-1, 1))) for i in PULSE},
            )
            for team, (_, answered) in self.teams.items()
            for person in range(answered if isinstance(answered, int) else 0)
        ]

    def open(self) -> None:
        wave = self.wave
        self._insert(
            "pulse_facts",
            "nodes",
            [
                (wave.wave_id, n.id, position, n.parent or "", n.name.nl, n.name.en, n.phase or "", n.cadence.value)
                for position, n in enumerate(wave.nodes)
            ],
        )
        self._insert("pulse_ballots", "invited", [(wave.wave_id, n.id, n.invited) for n in wave.nodes])
        items = orjson.dumps([item.model_dump() for item in wave.items]).decode()
        closes = wave.opened_at + timedelta(days=7)
        self._insert(
            "pulse_facts",
            "waves",
            [
                (
                    wave.wave_id,
                    wave.campaign_id,
                    wave.title.nl,
                    wave.title.en,
                    wave.opened_at,
                    closes,
                    items,
                    wave.score_floor,
                    wave.distribution_floor,
                    False,  # not an import
                )
            ],
        )

    def answer(self, ballots: list[Ballot], revision: int = 2) -> None:
        self._insert(
            "pulse_ballots",
            "answers",
            [
                (self.wave_id, ballot.ballot_id, ballot.unit, item, value, revision)
                for ballot in ballots
                for item, value in ballot.answers.items()
            ],
        )

    def withdraw(self, ballot: Ballot, revision: int) -> None:
        self._insert("pulse_ballots", "withdrawals", [(self.wave_id, ballot.ballot_id, revision)])

    def mark_ends(self, but: tuple[str, int] | None = None) -> None:
        """The closing marker of every partition; `but` is the topic and partition left out."""
        self._insert(
            "pulse_facts",
            "wave_ends",
            [
                (self.wave_id, topic.name.value, partition)
                for topic in TOPICS.values()
                if topic.barrier
                for partition in range(topic.partitions)
                if (topic.name.value, partition) != but
            ],
        )

    def close(self, acknowledged: dict[str, int] | None = None) -> None:
        """`acknowledged` overrides the number of ballots that the ledger knows of in a unit."""
        counts = {team: answered for team, (_, answered) in self.teams.items()} | (acknowledged or {})
        self._insert("pulse_ballots", "unit_counts", [(self.wave_id, u, n, n) for u, n in counts.items()])
        self._insert("pulse_facts", "wave_closes", [(self.wave_id, self.wave.closed_at)])

    def run(self, favour: int = 3) -> None:
        """Answers, markers, close: a wave that is ready for release."""
        self.answer(self.ballots(favour))
        self.mark_ends()
        self.close()

    def announce(self, announcement_id: str, audience: list[str], after: timedelta = timedelta(hours=1)) -> None:
        """Published so long after the close of this wave."""
        payload = orjson.dumps({"type": "announcement.published", "audience": audience}).decode()
        at = self.wave.closed_at + after
        self._insert("pulse_facts", "announcements", [(announcement_id, "announcement.published", at, payload)])

    def _insert(self, database: str, table: str, rows: list[tuple[object, ...]]) -> None:
        self.client.insert(table, rows, database=database)
