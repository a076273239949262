"""Why ingest cannot go on: what its two stores say, and what it needs of Kafka."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError
from kafka.admin import ACLOperation
from kafka.errors import KafkaError

from services.contracts.topics import TopicName
from services.ingest.rights import TOPIC_RIGHTS
from services.ingest.settings import IngestSettings
from services.runtime.causes import Cause, clickhouse, kafka
from services.runtime.causes.account import Rights
from services.runtime.causes.obstacle import Obstacle
from services.runtime.settings import SettingsFault

CONSUMER: Final[Rights] = {
    **{name: (ACLOperation.READ,) for name in TopicName if name is not TopicName.DEAD_LETTERS},
    TopicName.DEAD_LETTERS: (ACLOperation.WRITE,),
}
"""What the consumer does with topics."""

GATEWAY: Final[Rights] = dict.fromkeys((TopicName.OUTCOMES, TopicName.ANNOUNCEMENTS), (ACLOperation.WRITE,))
"""What the gateway does with them."""

RETENTION: Final[Rights] = TOPIC_RIGHTS["retention"]
"""What `draagvlak retention` does with them."""

DEAD_LETTERS: Final[Rights] = {TopicName.DEAD_LETTERS: (ACLOperation.READ,)}
"""What `draagvlak dead-letters list` and `show` do with them."""


def replaying(sources: Iterable[TopicName]) -> Rights:
    """What `draagvlak dead-letters replay` does with topics beside them; ``sources`` are those of its letters."""
    needs = dict.fromkeys(sources, (ACLOperation.WRITE,))
    return {**needs, TopicName.WAVES: (ACLOperation.READ, *needs.get(TopicName.WAVES, ()))}


@dataclass(frozen=True)
class Obstacles:
    """What keeps a running consumer from reading, and from storing what it has read."""

    reading: Obstacle
    storing: Obstacle

    @property
    def lasting(self) -> str | None:
        """For readiness: what somebody must mend. What may pass by itself is waited for, and leaves ingest ready."""
        causes = (self.reading.cause, self.storing.cause)
        return next((cause.sentence for cause in causes if cause is not None and cause.lasting), None)


def why(settings: IngestSettings, error: BaseException) -> Cause:
    """The cause of an error of ours or of a store's. May connect, and take some seconds."""
    for one in _chain(error):
        if isinstance(one, ClickHouseError):
            return clickhouse.why(settings, one)
        if isinstance(one, (KafkaError, SettingsFault)):
            return kafka.why(settings, one)
    return Cause(str(error), "run `draagvlak doctor --for ingest`", lasting=False)


def told(settings: IngestSettings, error: BaseException) -> Cause | None:
    """The cause where the error tells it by itself: connects to nothing."""
    for one in _chain(error):
        if isinstance(one, ClickHouseError) and getattr(one, "code", None) is not None:
            return clickhouse.why(settings, one)
        if isinstance(one, KafkaError):
            return kafka.told(settings, one)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
