"""What keeps the bot from writing to a topic, as Kafka tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kafka import KafkaProducer
from kafka.admin import ACLOperation

from services.contracts.topics import TopicName
from services.runtime.causes import Cause, account
from services.runtime.causes.account import lack
from services.runtime.causes.kafka import told, why
from services.runtime.causes.obstacle import Obstacle
from services.runtime.settings import KafkaSettings

WRITES: Final[account.Rights] = dict.fromkeys(
    (TopicName.ANSWERS, TopicName.COMMENTS, TopicName.WAVES, TopicName.ANNOUNCEMENTS), (ACLOperation.WRITE,)
)
"""What the bot does with these topics."""


@dataclass(frozen=True)
class Lacking:
    """The topics that cannot be written to, each with its cause; ``all_of_it`` is one sentence on all, None on none."""

    topics: Mapping[TopicName, Cause] = field(default_factory=dict)
    all_of_it: Cause | None = None

    def and_of(self, topic: TopicName, cause: Cause) -> "Lacking":
        """The same, with one topic more."""
        return Lacking({**self.topics, topic: cause}, self.all_of_it or cause)


class Rights:
    """Asks Kafka, on connections of its own, beside the producer that writes. Its methods block."""

    def __init__(self, settings: KafkaSettings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._last = Lacking()
        self._obstacle = Obstacle("the list of our rights in Kafka", lambda error: why(settings, error))

    def ask(self) -> Lacking:
        """What Kafka told, now or else the last time: that it does not tell keeps nobody from writing."""
        try:
            self._last = self._look()
            self._obstacle.gone()
        except Exception as error:  # kafka-python's admin client raises more than its own errors
            self._obstacle.met(error)
        return self._last

    def learn(
        self, producer: KafkaProducer, known: Mapping[TopicName, frozenset[int]]
    ) -> tuple[dict[TopicName, frozenset[int]], Lacking]:
        """The partitions of all that can be written to, beside those ``known`` to the producer, and what lacks."""
        lacking, partitions = self.ask(), dict(known)
        for topic in WRITES:
            if topic in known or topic in lacking.topics:
                continue
            try:
                partitions[topic] = frozenset(producer.partitions_for(topic.value))
            except Exception as error:  # it is told, and asked again
                unknown = Cause(f"Kafka tells nothing of {topic} ({type(error).__name__})", "it is asked again", False)
                lacking = lacking.and_of(topic, told(self._settings, error) or unknown)
        return partitions, lacking

    def _look(self) -> Lacking:
        all_of_it = lack(self._settings, self._client_id, WRITES)
        if all_of_it is None:
            return Lacking()
        each = {topic: lack(self._settings, self._client_id, {topic: needed}) for topic, needed in WRITES.items()}
        return Lacking({topic: cause for topic, cause in each.items() if cause is not None}, all_of_it)
