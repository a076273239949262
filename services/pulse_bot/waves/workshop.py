"""What the steps of a tick work with, and what stops one."""

from collections.abc import Collection
from dataclasses import dataclass

from services.contracts.faults import FileFaults
from services.contracts.tree import TreeError
from services.pulse_bot.answers.records import KafkaAway, RecordWriter
from services.pulse_bot.ledger import leases
from services.pulse_bot.ledger.closing import ErasureIncomplete
from services.pulse_bot.ledger.keys import WaveKeys
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.writer import LedgerAway
from services.pulse_bot.roster.faults import RosterSourceGone
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.slack import Slack
from services.pulse_bot.slack_faults import SlackFault
from services.pulse_bot.telemetry import Telemetry
from services.runtime.clock import Clock, ClockUnavailable
from services.runtime.settings import SettingsFault

KAFKA_SECONDS = 30.0
"""Longest wait for Kafka's acknowledgement of a wave's events: the delivery timeout of the producer."""

CLAIM_SECONDS = 10.0
"""A claim is not posted after so long (the process was suspended): it is left to be settled."""


class LeaseLost(RuntimeError):
    """Another process ticks now; this one stops at once."""


class PeopleElsewhere(RuntimeError):
    """Somebody whom a wave would invite is in one of ``waves``, so it does not open yet; the text tells how many."""

    def __init__(self, waves: Collection[str], text: str) -> None:
        super().__init__(text)
        self.waves = frozenset(waves)


EXPECTED_FAULTS = (
    KafkaAway,
    LedgerAway,
    SlackFault,
    FileFaults,
    TreeError,
    ClockUnavailable,
    ErasureIncomplete,
    PeopleElsewhere,
    RosterSourceGone,
    SettingsFault,
    OSError,
)
"""Faults of the surroundings: the step is tried again with the next tick. None of their texts names a person."""


@dataclass(frozen=True)
class Workshop:
    """The tools of a tick. ``holder`` is the name under which this process holds the lease."""

    settings: BotSettings
    ledger: Ledger
    keys: WaveKeys
    records: RecordWriter
    slack: Slack
    clock: Clock
    telemetry: Telemetry
    holder: str

    async def keep_lease(self) -> None:
        """Renew the lease. Raises LeaseLost."""
        other = await self.ledger.write(leases.acquire(self.holder))
        if other is not None:
            raise LeaseLost(f"{other} ticks now")
